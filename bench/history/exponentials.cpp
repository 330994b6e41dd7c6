// Exponentials to 1e-12, nodes and tables made anew in every run.

#include "scalar.hpp"

#include <benchmark/benchmark.h>

#include <cmath>

namespace almanac::bench {
namespace {

void Exponentials(benchmark::State& state) {
  const std::int64_t steps = state.range(0);
  state.counters["difference"] =
      verify("Exponentials", steps, relaxed(steps, compute::HistoryMethod::exponentials), tolerance_of(steps, 1e-12));
  for (auto _ : state) benchmark::DoNotOptimize(relaxed(steps, compute::HistoryMethod::exponentials));
}
BENCHMARK(Exponentials)->Arg(65'536)->Arg(100'000)->Arg(1'048'576)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The same step by step, as a scheme that is not linear has to: sum, solve, push.
double by_exponentials_in_steps(std::int64_t steps) {
  compute::HistoryProblem problem;
  problem.alpha = kAlpha;
  problem.steps = steps;
  problem.method = compute::HistoryMethod::exponentials;
  const auto history = make_history(problem);
  const double rate = kLambda * std::pow(static_cast<double>(steps), -kAlpha);
  double sum = 0.0, v = 0.0;
  history->push({&v, 1});
  for (std::int64_t n = 1; n <= steps; ++n) {
    history->sum({&sum, 1});
    v = (rate - sum) / (1.0 - rate);
    history->push({&v, 1});
  }
  return 1.0 + v;
}

void ExponentialsStepByStep(benchmark::State& state) {
  const std::int64_t steps = state.range(0);
  verify("ExponentialsStepByStep", steps, by_exponentials_in_steps(steps), tolerance_of(steps, 1e-12));
  for (auto _ : state) benchmark::DoNotOptimize(by_exponentials_in_steps(steps));
}
BENCHMARK(ExponentialsStepByStep)->Arg(65'536)->Arg(1'048'576)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace almanac::bench
