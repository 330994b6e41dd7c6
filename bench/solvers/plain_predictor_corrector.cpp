// What is written from the papers: fractional Adams–Bashforth–Moulton, both sums over the whole past in each step, the weights by the
// formulas as they stand. Taking care: weights turned round, unknowns one array each, one pass for both sums, as many accumulators as
// hide the latency of an addition.
// Source: Diethelm, Ford, Freed 2002, Nonlinear Dynam. 29, 3, equations (10)–(14)

#include "problems.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

namespace almanac::bench {
namespace {

struct Sums {
  double predictor, corrector;
};

/// As many numbers as the widest registers hold, in any place; narrower ones take them in parts.
using Lanes = double __attribute__((vector_size(64), aligned(8), may_alias));
constexpr std::int64_t kLanes = sizeof(Lanes) / sizeof(double);

__attribute__((target_clones("avx512f", "avx2", "default"))) Sums both_sums(const double* b, const double* a, const double* f,
                                                                             std::int64_t n) {
  Lanes predictor[2] = {}, corrector[2] = {};
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes)
    for (int k = 0; k < 2; ++k) {
      const std::int64_t at = i + k * kLanes;
      const Lanes values = *reinterpret_cast<const Lanes*>(f + at);
      predictor[k] += *reinterpret_cast<const Lanes*>(b + at) * values;
      corrector[k] += *reinterpret_cast<const Lanes*>(a + at) * values;
    }
  Sums total = {};
  for (; i < n; ++i) {
    total.predictor += b[i] * f[i];
    total.corrector += a[i] * f[i];
  }
  for (int k = 0; k < 2; ++k)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      total.predictor += predictor[k][lane];
      total.corrector += corrector[k][lane];
    }
  return total;
}

State by_predictor_corrector(const Problem& problem, std::int64_t steps) {
  const double alpha = problem.alpha, h = problem.end / static_cast<double>(steps);
  const double predicts = std::pow(h, alpha) / std::tgamma(alpha + 1), corrects = std::pow(h, alpha) / std::tgamma(alpha + 2);
  const auto size = static_cast<std::size_t>(steps);
  std::vector<double> b(size), a(size), first(size);  // b, a of lag k at steps - k; a of the value at 0 in step n at n - 1
  for (std::int64_t k = 1; k <= steps; ++k) {
    const auto n = static_cast<double>(k);
    b[static_cast<std::size_t>(steps - k)] = std::pow(n, alpha) - std::pow(n - 1, alpha);
    a[static_cast<std::size_t>(steps - k)] = std::pow(n + 1, alpha + 1) - 2 * std::pow(n, alpha + 1) + std::pow(n - 1, alpha + 1);
    first[static_cast<std::size_t>(k - 1)] = std::pow(n - 1, alpha + 1) - (n - 1 - alpha) * std::pow(n, alpha);
  }
  std::array<std::vector<double>, kMostUnknowns> f;
  for (auto& values : f) values.resize(size + 1);
  State y = problem.initial, side = {}, corrector = {};
  const auto unknowns = static_cast<std::size_t>(problem.unknowns);
  problem.side(y.data(), side.data());
  for (std::size_t i = 0; i < unknowns; ++i) f[i][0] = side[i];
  for (std::int64_t n = 1; n <= steps; ++n) {
    const auto at = static_cast<std::size_t>(n);
    for (std::size_t i = 0; i < unknowns; ++i) {
      // the value at 0 has a weight of its own in the corrector; lag n is its place
      const Sums sums = both_sums(b.data() + (steps - n), a.data() + (steps - n), f[i].data(), n);
      const double other = first[at - 1] - a[static_cast<std::size_t>(steps - n)];
      y[i] = problem.initial[i] + predicts * sums.predictor;
      corrector[i] = problem.initial[i] + corrects * (sums.corrector + other * f[i][0]);
    }
    problem.side(y.data(), side.data());
    for (std::size_t i = 0; i < unknowns; ++i) y[i] = corrector[i] + corrects * side[i];
    problem.side(y.data(), side.data());
    for (std::size_t i = 0; i < unknowns; ++i) f[i][at] = side[i];
  }
  return y;
}

void PlainPredictorCorrector(benchmark::State& state, const Problem& problem) {
  State y = {};
  for (auto _ : state) y = by_predictor_corrector(problem, problem.plain_steps);
  state.counters["error"] = verify("PlainPredictorCorrector", problem, y);
}
BENCHMARK_CAPTURE(PlainPredictorCorrector, Logistic, kLogistic)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)->Repetitions(3);
BENCHMARK_CAPTURE(PlainPredictorCorrector, Lorenz, kLorenz)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)->Repetitions(3);

}  // namespace
}  // namespace almanac::bench
