// The library's own direct sums, blocked in time.

#include "scalar.hpp"

#include <benchmark/benchmark.h>

#include <cmath>

namespace almanac::bench {
namespace {

double by_direct_history(std::int64_t steps) {
  compute::HistoryProblem problem;
  problem.alpha = kAlpha;
  problem.steps = steps;
  problem.method = compute::HistoryMethod::direct;
  const auto history = make_history(problem);
  const double rate = kLambda / std::sqrt(static_cast<double>(steps));
  double sum = 0.0, v = 0.0;
  history->push({&v, 1});
  for (std::int64_t n = 1; n <= steps; ++n) {
    history->sum({&sum, 1});
    v = (rate - sum) / (1.0 - rate);
    history->push({&v, 1});
  }
  return 1.0 + v;
}

void DirectHistory(benchmark::State& state) {
  const std::int64_t steps = state.range(0);
  verify("DirectHistory", steps, by_direct_history(steps), tolerance_of(steps, 0.0));
  for (auto _ : state) benchmark::DoNotOptimize(by_direct_history(steps));
}
BENCHMARK(DirectHistory)->Arg(65'536)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)->Repetitions(3);

}  // namespace
}  // namespace almanac::bench
