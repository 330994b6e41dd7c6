// The definition, in long double, where it converges at all: |x| ≤ 4, a corner of the spectrum.

#include "spectrum.hpp"

#include <almanac/compute/mittag_leffler.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace almanac::bench {
namespace {

double by_series(double alpha, double x) {
  long double sum = 0, power = 1;
  for (int k = 0; k < 1000; ++k) {
    const long double term = power / std::tgamma(static_cast<long double>(alpha) * k + 1);
    sum += term;
    if (k > 5 && std::abs(term) < 1e-20L) return static_cast<double>(sum);
    power *= static_cast<long double>(x);
  }
  return static_cast<double>(sum);
}

void PlainSeries(benchmark::State& state) {
  const double x = -3.0, wanted = compute::mittag_leffler(kAlpha, 1.0, x);
  if (!(std::abs(by_series(kAlpha, x) - wanted) <= 1e-14 * wanted)) {
    fmt::print(stderr, "PlainSeries: {} instead of {}\n", by_series(kAlpha, x), wanted);
    std::exit(1);
  }
  for (auto _ : state) benchmark::DoNotOptimize(by_series(kAlpha, x));
}
BENCHMARK(PlainSeries)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace almanac::bench
