#include "ratio_report.hpp"

#include <almanac/compute/simd.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace almanac::bench {
namespace {

/// Prints as the console reporter does, and remembers the best time of each benchmark.
class BestTimes : public benchmark::ConsoleReporter {
 public:
  BestTimes() : ConsoleReporter(OO_None) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred || run.iterations == 0) continue;
      double& best = best_.try_emplace(run.run_name.str(), std::numeric_limits<double>::infinity()).first->second;
      best = std::min(best, run.real_accumulated_time / static_cast<double>(run.iterations));
    }
    ConsoleReporter::ReportRuns(runs);
  }

  /// The sum of the best times of benchmarks joined by '+'; nothing when one of them did not run.
  std::optional<double> seconds(std::string_view names) const {
    double sum = 0;
    while (!names.empty()) {
      const std::size_t cut = std::min(names.find('+'), names.size());
      const auto found = best_.find(std::string(names.substr(0, cut)));
      if (found == best_.end()) return std::nullopt;
      sum += found->second;
      names.remove_prefix(std::min(cut + 1, names.size()));
    }
    return sum;
  }

 private:
  std::map<std::string, double> best_;
};

}  // namespace

int run_and_compare(int argc, char** argv, std::initializer_list<Ratio> ratios) {
  const auto strict = std::find_if(argv, argv + argc, [](const char* word) { return std::strcmp(word, "--strict") == 0; });
  const bool is_strict = strict != argv + argc;
  std::vector<char*> words(argv, argv + argc);
  if (is_strict) words.erase(words.begin() + (strict - argv));
  // Defaults of a run that is to be compared; what the command line says comes later and wins.
  std::string repetitions = "--benchmark_repetitions=5", interleave = "--benchmark_enable_random_interleaving=true",
              seconds = "--benchmark_min_time=0.1";
  words.insert(words.begin() + 1, {repetitions.data(), interleave.data(), seconds.data()});
  int count = static_cast<int>(words.size());
  benchmark::Initialize(&count, words.data());
  if (benchmark::ReportUnrecognizedArguments(count, words.data())) return 2;
  BestTimes best;
  benchmark::RunSpecifiedBenchmarks(&best);
  benchmark::Shutdown();

  fmt::print("\n{:<58} {:>10}  {:>10}\n", fmt::format("ratio of times, {}", compute::instruction_set()), "measured", "asked");
  bool missed = false;
  for (const Ratio& ratio : ratios) {
    const auto ours = best.seconds(ratio.ours);
    const bool absolute = ratio.theirs.empty();
    const auto theirs = absolute ? std::optional(1e-9) : best.seconds(ratio.theirs);
    if (!ours || !theirs) continue;
    const bool faster = ratio.sense == Ratio::Sense::at_least;
    const bool difference = ratio.sense == Ratio::Sense::at_most_more;
    const double measured = difference ? 1e9 * (*ours - *theirs) : faster ? *theirs / *ours : *ours / *theirs;
    const char* unit = absolute || difference ? "ns" : "x";
    const bool met = faster ? measured >= ratio.asked : measured <= ratio.asked;
    missed = missed || !met;
    fmt::print("{:<58} {:>8.4g} {}  {} {:>5.4g} {}{}\n", ratio.what, measured, unit, faster ? ">=" : "<=", ratio.asked, unit,
               met ? "" : "  MISSED");
  }
  return is_strict && missed ? 1 : 0;
}

}  // namespace almanac::bench
