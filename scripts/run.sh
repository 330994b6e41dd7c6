#!/usr/bin/env bash
# Sets up and builds what is missing, then runs a mission.
#
#   scripts/run.sh [MISSION.toml] [option of `almanac run`…]
#
# Without a mission, data/missions/photograph.toml. Called again it starts at once.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
mission=$root/data/missions/photograph.toml
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "$0"
  exit 0
fi
if (($#)) && [[ $1 != -* ]]; then
  mission=$1
  shift
fi

"$root/scripts/build.sh" almanac_cli
exec "$root/build/release/bin/almanac" run "$mission" "$@"
