// A field of 512² unknowns, 10^4 steps to 1e-8, by exponentials, against reading and writing an array as large as its state.

#include <almanac/compute/grunwald.hpp>
#include <almanac/compute/history.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

namespace almanac::bench {
namespace {

constexpr std::int64_t kUnknowns = 512 * 512, kSteps = 10'000, kStepsAtOnce = 32, kPatterns = 5;
constexpr double kOrder = 0.8;
constexpr std::uint64_t kMostBytes = 200'000'000;

compute::HistoryProblem field_problem() {
  compute::HistoryProblem problem;
  problem.alpha = kOrder;
  problem.unknowns = kUnknowns;
  problem.steps = kSteps;
  problem.tolerance = 1e-8;
  return problem;
}

/// v_n, one of a few arrays by turns: making values is not what is timed.
const std::vector<double>& level(std::int64_t n) {
  static const std::vector<std::vector<double>> kLevels = [] {
    std::vector<std::vector<double>> levels;
    for (std::int64_t p = 0; p < kPatterns; ++p) {
      levels.emplace_back(kUnknowns);
      for (std::int64_t u = 0; u < kUnknowns; ++u)
        levels.back()[static_cast<std::size_t>(u)] = std::sin(static_cast<double>(u * (p + 1)) * 1e-3);
    }
    return levels;
  }();
  return kLevels[static_cast<std::size_t>(n % kPatterns)];
}

/// The sums of step n against each term, at some unknowns.
void verify_field(const compute::History& history, const std::vector<double>& sums, std::int64_t n) {
  std::vector<double> w(static_cast<std::size_t>(n) + 1);
  compute::grunwald_weights(kOrder, 0, w);
  for (std::size_t u = 0; u < static_cast<std::size_t>(kUnknowns); u += 10'007) {
    double exact = 0.0;
    for (std::int64_t k = n; k >= 1; --k) exact += w[static_cast<std::size_t>(k)] * level(n - k)[u];
    if (!(std::abs(sums[u] - exact) <= history.choice().bound())) {
      fmt::print(stderr, "Field: the sum of unknown {} in step {} is off by {:.3g}, more than {:.3g}\n", u, n, sums[u] - exact,
                 history.choice().bound());
      std::exit(1);
    }
  }
}

void Field(benchmark::State& state) {
  compute::HistoryProblem asked = field_problem();
  asked.threads = static_cast<int>(state.range(0));
  const auto history = make_history(asked);
  if (history->choice().bytes > kMostBytes) {
    fmt::print(stderr, "Field: {} bytes of state\n", history->choice().bytes);
    std::exit(1);
  }
  std::vector<double> sums(static_cast<std::size_t>(kUnknowns));
  const auto steps = [&] {
    for (std::int64_t i = 0; i < kStepsAtOnce; ++i) {
      history->sum(sums);
      history->push(level(history->step()));
    }
  };
  for (int i = 0; i < 3; ++i) steps();
  history->sum(sums);
  verify_field(*history, sums, history->step());
  for (auto _ : state) steps();
  history->sum(sums);
  verify_field(*history, sums, history->step());
  state.counters["MB"] = static_cast<double>(history->choice().bytes) * 1e-6;
  state.counters["nodes"] = static_cast<double>(history->choice().terms);
}
BENCHMARK(Field)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(6)->Repetitions(3);

/// As many passes over an array of the state's size as Field does steps at a time.
void ReadAndWrite(benchmark::State& state) {
  std::vector<double> array(static_cast<std::size_t>(choose_history(field_problem()).bytes / sizeof(double)), 1.0);
  for (auto _ : state)
    for (std::int64_t i = 0; i < kStepsAtOnce; ++i) {
      for (double& value : array) value *= 0.999;
      benchmark::ClobberMemory();
    }
}
BENCHMARK(ReadAndWrite)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)->Repetitions(3);

}  // namespace
}  // namespace almanac::bench
