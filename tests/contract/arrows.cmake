# The house keeps its shape: arrows point one way, and third-party headers stay inside their rooms.
#   cmake -D SOURCE=<checkout> -P arrows.cmake
cmake_minimum_required(VERSION 3.25)

# includes(ROOM MAY pattern… [NEVER pattern…]): what the #include lines of the room's files may name, as regular expressions.
function(includes room)
  cmake_parse_arguments(PARSE_ARGV 1 rule "" "" "MAY;NEVER")
  list(JOIN rule_MAY "|" may)
  list(JOIN rule_NEVER "|" never)
  file(GLOB_RECURSE files ${SOURCE}/${room}/*.hpp ${SOURCE}/${room}/*.cpp)
  if(NOT files)
    message(SEND_ERROR "${room} holds no sources: is SOURCE a checkout?")
  endif()
  foreach(file ${files})
    file(STRINGS ${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]")
    foreach(line ${lines})
      string(REGEX REPLACE "^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"]*[>\"]).*" "\\1" included "${line}")
      if(NOT included MATCHES "^(${may})$" OR (never AND included MATCHES "^(${never})$"))
        message(SEND_ERROR "${file} includes ${included}, which has no place in ${room}")
      endif()
    endforeach()
  endforeach()
endfunction()

set(standard "<[a-z_0-9]+>")
set(posix "<(cpuid|dirent|dlfcn|errno|fcntl|grp|malloc|poll|pthread|pwd|sched|signal|spawn|termios|unistd|sys/platform/x86|(sys|linux)/[a-z]+)\\.h>")
set(sibling "\"[a-z_0-9/-]+\\.(hpp|cpp)\"")

# Public headers show the standard library, and Eigen where a matrix is the answer.
includes(libcompute/include MAY ${standard} "<almanac/compute/.*>" "<Eigen/.*>")
includes(libcache/include MAY ${standard} "<almanac/cache/.*>")
includes(engine/include MAY ${standard} "<almanac/.*>" "<Eigen/.*>")

# Pure numerics: no files, no cache, no printing. Then the store: no numerics, no FFTW. The engine joins them.
includes(libcompute/src
         MAY ${standard} ${posix} ${sibling} "<almanac/compute/.*>" "<Eigen/.*>" "<hwy/.*>" "<(fftw3|omp)\\.h>"
         NEVER "<(fstream|iostream|filesystem|cstdio)>")
includes(libcache/src MAY ${standard} ${posix} ${sibling} "<almanac/cache/.*>" "<(hdf5|xxhash|xxh_x86dispatch|zlib|zstd)\\.h>" "<fmt/.*>"
         NEVER "<iostream>")
includes(engine/src MAY ${standard} ${posix} ${sibling} "<almanac/.*>" "<Eigen/.*>" "<(hdf5|png)\\.h>"
                        "<toml[+][+]/.*>" "<(fmt|spdlog|nlohmann)/.*>"
         NEVER "<iostream>")
includes(engine/cli MAY ${standard} ${posix} ${sibling} "<almanac/.*>" "<CLI/.*>" "<(fmt|nlohmann)/.*>")
# What is loaded into other programs, and its parent: no library but the C library's in the one, none of FFTW's headers in either.
includes(engine/wrap MAY ${standard} ${posix} ${sibling} "<almanac/.*>" "<fmt/.*>" "<(elf|link)\\.h>"
         NEVER "<(iostream|regex)>")
