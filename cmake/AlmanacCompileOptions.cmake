# Warnings, sanitizers and the launcher: what every target is compiled with.

add_library(almanac_options INTERFACE)
target_compile_options(almanac_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Wno-missing-field-initializers)  # what a designated initializer leaves out has its default

# g++ 12 reports overlaps in std::string that are not there (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(almanac_options INTERFACE -Wno-restrict)
endif()

# Which lock guards what, as libcache's mutex.hpp says it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(almanac_options INTERFACE -Wthread-safety)
endif()

# Bits are part of the contract: no contraction or reassociation the source does not ask for.
target_compile_options(almanac_options INTERFACE -ffp-contract=off)

# Calls within a library are bound when it is linked and those out of it when it is loaded, as FFTW's are on Debian: not one by
# one in the first request of a process.
function(almanac_bind_early target)
  target_link_options(${target} PRIVATE LINKER:-Bsymbolic-functions LINKER:-z,relro LINKER:-z,now)
endfunction()

if(ALMANAC_SANITIZE)
  add_compile_options(-fsanitize=${ALMANAC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ALMANAC_SANITIZE})
endif()

if(ALMANAC_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)  # what tells libFuzzer where an input went; its main() is for the fuzzers alone
endif()

find_program(ALMANAC_CCACHE ccache)
if(ALMANAC_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ALMANAC_CCACHE})
endif()
