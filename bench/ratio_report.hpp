#pragma once

#include <initializer_list>
#include <string>

namespace almanac::bench {

/// One line of the table at the end: the time of `ours` against that of `theirs`, both measured in this run.
struct Ratio {
  std::string what;
  std::string ours;     ///< name of a benchmark; several joined by '+' are summed
  std::string theirs;   ///< empty: a time in nanoseconds is asked, not a ratio
  double asked;         ///< at_least: theirs / ours should reach this; at_most: ours / theirs should stay below it;
                        ///< at_most_more: ours - theirs, in nanoseconds, should
  enum class Sense { at_least, at_most, at_most_more } sense = Sense::at_least;
};

/// Runs the registered benchmarks, each several times in random order, and prints the ratios of their best times with
/// what is asked. Gives the exit code: 0, or 1 where a ratio misses what is asked (only with --strict).
int run_and_compare(int argc, char** argv, std::initializer_list<Ratio> ratios);

}  // namespace almanac::bench
