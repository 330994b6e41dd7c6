# Builds the consumer against the installed package and runs it in two processes over one new cache.
#   cmake -D WAY=find_package|pkg_config -D PREFIX=… -D LIBRARY_FOLDER=… -D WORK=… -D COMPILER=… -D GENERATOR=…
#         -P consume.cmake
cmake_minimum_required(VERSION 3.25)
set(here ${CMAKE_CURRENT_LIST_DIR})
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

if(WAY STREQUAL "find_package")
  # Without pkg-config: nothing but Eigen may be asked of who links the shared libraries.
  execute_process(
    COMMAND ${CMAKE_COMMAND} -G ${GENERATOR} -S ${here}/find_package -B ${WORK}/build
            -D CMAKE_PREFIX_PATH=${PREFIX} -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
  set(program ${WORK}/build/consumer)
else()
  set(ENV{PKG_CONFIG_PATH} ${LIBRARY_FOLDER}/pkgconfig)
  execute_process(COMMAND pkg-config --cflags --libs almanac OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  set(program ${WORK}/consumer)
  execute_process(
    COMMAND ${COMPILER} -std=c++20 ${here}/main.cpp ${flags} -Wl,-rpath,${LIBRARY_FOLDER} -o ${program}
    COMMAND_ERROR_IS_FATAL ANY)
endif()

# One process computes the table and keeps it, the next one finds it.
set(ENV{ALMANAC_DIR} ${WORK}/cache)
set(ENV{XDG_CONFIG_HOME} ${WORK})
foreach(expected "computed -1.5\nmemory -1.5\n" "disk -1.5\nmemory -1.5\n")
  execute_process(COMMAND ${program} WORKING_DIRECTORY ${WORK} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
  if(NOT printed STREQUAL expected)
    message(FATAL_ERROR "the consumer printed\n${printed}where this was expected\n${expected}")
  endif()
endforeach()
