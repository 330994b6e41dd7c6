// What everybody writes who takes care: each step one dot product of the weights, turned round beforehand, with all older values,
// both read forwards and with as many accumulators as hide the latency of an addition.

#include "scalar.hpp"

#include <almanac/compute/grunwald.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace almanac::bench {
namespace {

__attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3"))) double dot(const double* a, const double* b,
                                                                                        std::int64_t n) {
  constexpr int kAccumulators = 32;
  double sum[kAccumulators] = {};
  std::int64_t i = 0;
  for (; i + kAccumulators <= n; i += kAccumulators)
    for (int k = 0; k < kAccumulators; ++k) sum[k] += a[i + k] * b[i + k];
  double total = 0.0;
  for (; i < n; ++i) total += a[i] * b[i];
  for (const double s : sum) total += s;
  return total;
}

double by_dot_products(std::int64_t steps) {
  const auto n = static_cast<std::size_t>(steps);
  std::vector<double> turned(n + 1), v(n + 1, 0.0);
  compute::grunwald_weights(kAlpha, 0, turned);
  std::reverse(turned.begin(), turned.end());  // w_k at steps - k
  const double rate = kLambda / std::sqrt(static_cast<double>(steps));
  for (std::size_t m = 1; m <= n; ++m)
    v[m] = (rate - dot(turned.data() + (n - m), v.data(), static_cast<std::int64_t>(m))) / (1.0 - rate);
  return 1.0 + v[n];
}

void PlainSum(benchmark::State& state) {
  const std::int64_t steps = state.range(0);
  double u = 0.0;
  for (auto _ : state) u = by_dot_products(steps);
  verify("PlainSum", steps, u, tolerance_of(steps, 0.0));
}
BENCHMARK(PlainSum)->Arg(65'536)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)->Repetitions(3);
BENCHMARK(PlainSum)->Arg(262'144)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)->Repetitions(2);

}  // namespace
}  // namespace almanac::bench
