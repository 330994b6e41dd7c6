#!/usr/bin/env bash
# Sets up and builds what is missing, then runs the benchmarks, one program after the other.
#
#   scripts/bench.sh [--only NAME] [option of Google Benchmark…]
#
# --only runs one program, e.g. kernel. Leave the machine alone meanwhile.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
only='*'
arguments=()
while (($#)); do
  case $1 in
    --only)
      only=${2:?"bench.sh: --only needs a name"}
      shift
      ;;
    -h | --help)
      sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "$0"
      exit 0
      ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

"$root/scripts/build.sh" --bench bench/all
found=no
worst=0
# shellcheck disable=SC2231  # $only is a pattern
for program in "$root"/build/release/bin/bench_$only; do
  [[ -x $program ]] || continue
  found=yes
  echo "== $(basename -- "$program")"
  "$program" ${arguments[@]+"${arguments[@]}"} || worst=$?
done
[[ $found == yes ]] || {
  echo "bench.sh: no benchmark bench_$only in build/release/bin" >&2
  exit 2
}
exit "$worst"
