#!/usr/bin/env bash
# Sets up and builds what is missing, then runs the test suite.
#
#   scripts/test.sh [--slow] [--preset NAME] [--only LABEL]… [option of ctest…]
#
# Without options, every test but those labelled slow or thirdparty; --slow adds the slow ones. Examples:
#   scripts/test.sh --only unit          builds and runs one label of: unit contract faults threads install slow thirdparty
#   scripts/test.sh --only thirdparty    installs Octave, vips and pyFFTW, and runs them under almanac wrap
#   scripts/test.sh -R DiskTier          the tests with this in their name
#   scripts/test.sh --preset asan        under the address and undefined-behaviour sanitizers
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
preset=release
selection=(-LE '^(slow|thirdparty)$')
labels=()
arguments=()
while (($#)); do
  case $1 in
    --slow) selection=(-LE '^thirdparty$') ;;
    --preset)
      preset=${2:?"test.sh: --preset needs a name"}
      shift
      ;;
    --only)
      labels+=("${2:?"test.sh: --only needs a label"}")
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

targets=(all all_verify_interface_header_sets)
if ((${#labels[@]})); then
  targets=("${labels[@]/#/test_programs_}")
  selection=(-L "^($(IFS='|' && echo "${labels[*]}"))\$")
fi
[[ " ${labels[*]-} " != *" thirdparty "* ]] || "$root/scripts/setup.sh" thirdparty
"$root/scripts/build.sh" --preset "$preset" --tests "${targets[@]}"
exec ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error --parallel "$(nproc)" \
  ${selection[@]+"${selection[@]}"} ${arguments[@]+"${arguments[@]}"}
