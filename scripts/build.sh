#!/usr/bin/env bash
# Sets up, configures when that is needed, and builds. Silent and quick when there is nothing to do.
#
#   scripts/build.sh [--preset NAME] [--tests] [--bench] [TARGET…]
#
# The preset is one of CMakePresets.json (release); its tree is build/NAME. Tests and benchmarks, and the packages only
# they need, are left out until somebody asks for them. Without a target, everything that is configured is built.
# ALMANAC_JOBS sets how many compilers run at once.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
preset=release
groups=(build)
options=()
targets=()
while (($#)); do
  case $1 in
    --preset)
      preset=${2:?"build.sh: --preset needs a name"}
      shift
      ;;
    --tests)
      groups+=(test)
      options+=(ALMANAC_BUILD_TESTS)
      ;;
    --bench)
      groups+=(bench)
      options+=(ALMANAC_BUILD_BENCH)
      ;;
    -h | --help)
      sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "$0"
      exit 0
      ;;
    -*)
      echo "build.sh: unknown option '$1'; allowed: --preset --tests --bench" >&2
      exit 2
      ;;
    *) targets+=("$1") ;;
  esac
  shift
done
((${#targets[@]})) || targets=(all)
case $preset in asan | tsan | fuzz) groups+=(clang) ;; esac
tree=$root/build/$preset

# Where ccache is, what it knows of one checkout serves another.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

"$root/scripts/setup.sh" "${groups[@]}"

# One compiler a core, as long as each has 1.5 GB of memory.
jobs_for_this_machine() {
  local kilobytes by_memory cores
  kilobytes=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo 2>/dev/null || true)
  cores=$(nproc)
  by_memory=$((${kilobytes:-4000000} / 1500000))
  ((by_memory < cores)) && cores=$by_memory
  echo $((cores > 0 ? cores : 1))
}

cached() { # the value of a variable in CMake's cache
  sed -n "s/^$1:[A-Z]*=//p" "$tree/CMakeCache.txt" 2>/dev/null || true
}

configure() {
  local arguments=(--preset "$preset") option log
  # From the start in a new tree, in one that was copied or moved with its checkout, and where presets may name another compiler.
  if [[ ! -f $tree/build.ninja || $root/CMakePresets.json -nt $tree/build.ninja || $(cached CMAKE_HOME_DIRECTORY) != "$root" ]]; then
    arguments+=(--fresh -D ALMANAC_BUILD_TESTS=OFF -D ALMANAC_BUILD_BENCH=OFF)
  fi
  for option in ${options[@]+"${options[@]}"}; do
    arguments+=(-D "$option=ON")
  done
  log=$tree.configure.log
  echo "configuring build/$preset" >&2
  if ! (cd "$root" && cmake "${arguments[@]}" >"$log" 2>&1); then
    rm -f "$tree/build.ninja"  # so that the next call configures again
    cat "$log" >&2
    exit 3
  fi
}

needs_configuring() {
  local option
  [[ -f $tree/build.ninja && ! $root/CMakePresets.json -nt $tree/build.ninja ]] || return 0
  [[ $(cached CMAKE_HOME_DIRECTORY) == "$root" ]] || return 0
  for option in ${options[@]+"${options[@]}"}; do
    [[ $(cached "$option") == ON ]] || return 0
  done
  return 1
}

# Two of us on one tree would build the same files at once.
mkdir -p "$root/build"
exec 9>"$tree.lock"
flock 9

if needs_configuring; then
  configure
fi
if ! ninja -C "$tree" -n "${targets[@]}" 2>&1 | tail -n 1 | grep -qx 'ninja: no work to do\.'; then
  echo "building build/$preset" >&2
  cmake --build "$tree" --parallel "${ALMANAC_JOBS:-$(jobs_for_this_machine)}" --target "${targets[@]}" >&2
fi
