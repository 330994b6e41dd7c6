# The libraries Almanac stands on, by the names the folders link.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

pkg_check_modules(fftw3  REQUIRED IMPORTED_TARGET fftw3>=3.3.9)
pkg_check_modules(fftw3f REQUIRED IMPORTED_TARGET fftw3f>=3.3.9)
pkg_check_modules(fftw3l REQUIRED IMPORTED_TARGET fftw3l>=3.3.9)
pkg_search_module(hdf5   REQUIRED IMPORTED_TARGET hdf5-serial hdf5)
pkg_check_modules(hwy    REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(zstd   REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(tomlpp REQUIRED IMPORTED_TARGET tomlplusplus)

# FFTW's thread libraries have no pkg-config files.
find_library(FFTW3_OMP_LIBRARY  fftw3_omp REQUIRED)
find_library(FFTW3F_OMP_LIBRARY fftw3f_omp REQUIRED)
find_library(FFTW3L_OMP_LIBRARY fftw3l_omp REQUIRED)
find_library(FFTW3_THREADS_LIBRARY  fftw3_threads REQUIRED)
find_library(FFTW3F_THREADS_LIBRARY fftw3f_threads REQUIRED)
find_library(FFTW3L_THREADS_LIBRARY fftw3l_threads REQUIRED)

if(ALMANAC_OPENMP)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()
