#!/usr/bin/env bash
# Sets up and builds what is missing, then fuzzes the parsers of bytes that nobody has verified.
#
#   scripts/fuzz.sh [--minutes N] [TARGET…]
#   scripts/fuzz.sh --merge [TARGET…]
#
# Targets: entry_header key key_recovery lease_record trace_line wisdom; without one, all of them. entry_header gets N minutes of CPU
# time (10), the others a tenth of that each; a target that is named gets N. All cores are used. What is found stays in build/fuzz/crashes,
# new inputs in build/fuzz/corpus; --merge adds to tests/fuzz/corpus those that reach what no input there reaches.
# Exit: 0 nothing found; 1 a parser broke its promise (see build/fuzz/crashes); 2 bad usage; 3 it could not be built.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
tree=$root/build/fuzz
known=(entry_header key key_recovery lease_record trace_line wisdom)
minutes=10
merge=no
targets=()
fail() {
  echo "fuzz.sh: $2" >&2
  exit "$1"
}
while (($#)); do
  case $1 in
    --minutes)
      minutes=${2:-}
      [[ $minutes =~ ^[1-9][0-9]{0,5}$ ]] || fail 2 "--minutes needs a whole number of at least 1"
      shift
      ;;
    --merge) merge=yes ;;
    -h | --help)
      sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "$0"
      exit 0
      ;;
    *)
      [[ " ${known[*]} " == *" $1 "* ]] || fail 2 "unknown argument '$1'; allowed: --minutes --merge ${known[*]}"
      targets+=("$1")
      ;;
  esac
  shift
done

"$root/scripts/build.sh" --preset fuzz --tests fuzzers
mkdir -p "$tree/crashes" "$tree/logs"
export UBSAN_OPTIONS=print_stacktrace=1

seconds_for() { # the CPU time of a target
  if ((${#targets[@]})) || [[ $1 == entry_header ]]; then
    echo $((minutes * 60))
  else
    echo $((minutes * 6))
  fi
}

fuzz_once() { # target, number, wall seconds: one fuzzer; its CPU seconds are the last line of its log
  local log=$tree/logs/$1-$2.log status=0 TIMEFORMAT='%0U'
  { time "$tree/bin/fuzz_$1" -max_total_time="$3" -print_final_stats=1 -timeout=10 -artifact_prefix="$tree/crashes/$1-" \
    "$tree/corpus/$1" "$root/tests/fuzz/corpus/$1" >"$log" 2>&1 || status=$?; } 2>"$log.cpu"
  cat "$log.cpu" >>"$log"
  rm "$log.cpu"
  return "$status"
}

found=no
fuzz() { # target: on all cores at once, again until it had its time
  local left executions=0 spent=0 wall number process cores
  local -a processes
  cores=$(nproc)
  left=$(seconds_for "$1")
  mkdir -p "$tree/corpus/$1"
  while ((left > 0)); do
    wall=$(((left + cores - 1) / cores))
    ((wall >= 5)) || wall=5
    processes=()
    for ((number = 1; number <= cores; ++number)); do
      fuzz_once "$1" "$number" "$wall" &
      processes+=($!)
    done
    for process in "${processes[@]}"; do
      wait "$process" || found=yes
    done
    for ((number = 1; number <= cores; ++number)); do
      local log=$tree/logs/$1-$number.log cpu
      cpu=$(tail -n 1 "$log")
      spent=$((spent + cpu))
      left=$((left - cpu))
      executions=$((executions + $(sed -n 's/^stat::number_of_executed_units: *//p' "$log")))
    done
    [[ $found == no ]] || break
  done
  printf '%-13s %12d executions in %d CPU seconds, %s, %d inputs\n' "$1" "$executions" "$spent" \
    "$(grep -o 'cov: [0-9]* ft: [0-9]*' "$tree/logs/$1-1.log" | tail -n 1)" "$(find "$tree/corpus/$1" -type f | wc -l)"
}

for target in "${targets[@]:-${known[@]}}"; do
  if [[ $merge == yes ]]; then
    mkdir -p "$tree/corpus/$target"
    "$tree/bin/fuzz_$target" -set_cover_merge=1 -use_counters=0 "$root/tests/fuzz/corpus/$target" "$tree/corpus/$target" 2>&1 | tail -n 1
    continue
  fi
  fuzz "$target"
  if [[ $found == yes ]]; then
    tail -n 40 "$tree/logs/$target"-*.log >&2
    echo "fuzz.sh: $target found something; build/fuzz/bin/fuzz_$target FILE shows it again, FILE one of:" >&2
    ls -t "$tree/crashes/$target"-* >&2
    exit 1
  fi
done
