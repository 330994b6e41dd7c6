// The library's solver: the same scheme with the same steps, its sums by FFT blocks; and backward differences of order 4 with initial
// corrections, which reach the same error in fewer steps. All they need (weights, history) is made anew each time.

#include "problems.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>

namespace almanac::bench {
namespace {

using compute::FractionalScheme;

State solved(const Problem& problem, FractionalScheme scheme, std::int64_t steps) {
  compute::FractionalOptions options;
  options.scheme = scheme;
  State y = {};
  options.observer = [&](std::int64_t n, double, std::span<const double> row) {
    if (n == steps) std::ranges::copy(row, y.begin());
  };
  solve_fractional(equation_of(problem), {.end = problem.end, .steps = steps}, options).require_finished();
  return y;
}

void Solver(benchmark::State& state, const Problem& problem, FractionalScheme scheme, std::int64_t steps) {
  State y = {};
  for (auto _ : state) y = solved(problem, scheme, steps);
  state.counters["error"] = verify(to_string(scheme), problem, y);
}
#define ALMANAC_SOLVER(name, ...) BENCHMARK_CAPTURE(Solver, name, __VA_ARGS__)->Unit(benchmark::kMillisecond)->UseRealTime()

ALMANAC_SOLVER(LogisticSameScheme, kLogistic, FractionalScheme::predictor_corrector, 16'384);
ALMANAC_SOLVER(Logistic, kLogistic, FractionalScheme::bdf4, 560);
ALMANAC_SOLVER(LorenzSameScheme, kLorenz, FractionalScheme::predictor_corrector, 16'384);
ALMANAC_SOLVER(Lorenz, kLorenz, FractionalScheme::bdf4, 640);

}  // namespace
}  // namespace almanac::bench
