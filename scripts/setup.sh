#!/usr/bin/env bash
# Installs the Debian packages Almanac is built from; what is there already is left alone.
#
#   scripts/setup.sh [--check] [GROUP…]
#
# Groups: build (compiler and libraries), test, bench; without one, these three. And clang, for the sanitizers and
# scripts/fuzz.sh, and thirdparty (also written --thirdparty): programs that know only FFTW, for the tests of this label.
# --check only says what is missing.
# Exit: 0 everything is there; 1 --check found something missing; 2 bad usage; 3 it could not be installed.
set -euo pipefail

build=(
  g++ cmake ninja-build pkg-config
  libfftw3-dev        # FFT, in single, double and extended precision, with threads
  libeigen3-dev       # sparse matrices; the one library our public headers show
  libhdf5-dev         # the entries of the cache, inputs and outputs
  libhwy-dev          # SIMD with run-time dispatch
  libxxhash-dev       # XXH3 checksums
  libzstd-dev         # compressed entries in memory
  zlib1g-dev          # compressed entries on disk, as HDF5 has them
  libcli11-dev libtomlplusplus-dev nlohmann-json3-dev
  libfmt-dev libspdlog-dev
  libpng-dev          # pictures of results
)
test=(
  libgtest-dev
  python3-h5py        # an independent reader of what we write
  hdf5-tools          # another: h5dump
)
bench=(
  libbenchmark-dev
  liblmdb-dev         # a competitor of the disk tier
)
clang=(
  clang
  libclang-rt-14-dev  # libFuzzer and the sanitizers of Debian 12's clang
  libomp-dev          # its OpenMP
)
thirdparty=(
  libvips-tools       # vips fwfft: double precision, without FFTW's threads
  octave              # double precision, with threads
  python3-pyfftw      # single precision, FFTW in a module that is loaded with dlopen
  python3-numpy
  libfftw3-bin        # fftw-wisdom(1)
)

fail() {
  echo "setup.sh: $2" >&2
  exit "$1"
}

check_only=no
groups=()
for argument in "$@"; do
  case $argument in
    --check) check_only=yes ;;
    -h | --help)
      sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "$0"
      exit 0
      ;;
    build | test | bench | clang | thirdparty) groups+=("$argument") ;;
    --thirdparty) groups+=(thirdparty) ;;
    *) fail 2 "unknown argument '$argument'; allowed: --check build test bench clang thirdparty" ;;
  esac
done
((${#groups[@]})) || groups=(build test bench)

wanted=()
for group in "${groups[@]}"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    clang) wanted+=("${clang[@]}") ;;
    thirdparty) wanted+=("${thirdparty[@]}") ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "setup.sh: no Debian system: expecting to find by myself what these packages hold: ${wanted[*]}" >&2
  exit 0
fi

# What is wanted and not installed, one package a line.
missing_packages() {
  local installed package
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
  for package in "${wanted[@]}"; do
    grep -qxF "installed $package" <<<"$installed" || echo "$package"
  done
}

mapfile -t missing < <(missing_packages)
((${#missing[@]})) || exit 0
if [[ $check_only == yes ]]; then
  echo "missing: ${missing[*]}"
  exit 1
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    fail 3 "these packages are missing, and only root may install them (there is no sudo here); as root:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
fi

# Patient with a download that stumbles and with another apt at work, as on a machine that has just booted.
apt() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get -y -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2
}
echo "setup.sh: installing ${missing[*]}" >&2
apt update || echo "setup.sh: apt-get update failed; trying with the package lists there are" >&2
apt install --no-install-recommends "${missing[@]}" || fail 3 "apt-get install failed (see above)"

mapfile -t missing < <(missing_packages)
((${#missing[@]} == 0)) || fail 3 "still missing after apt-get install: ${missing[*]}"
