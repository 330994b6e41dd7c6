// What people run today: the inverse Laplace transform of each value by itself, along a parabola with 16 nodes a side in
// double precision, after R. Garrappa 2015, SIAM J. Numer. Anal. 53, 1350 (no branch is near for alpha < 1 and x < 0).

#include "spectrum.hpp"

#include <complex>
#include <numbers>

namespace almanac::bench {
namespace {

double by_contour(double alpha, double x) {
  constexpr int nodes = 16;
  constexpr double mu = 4.0, h = 3.0 / nodes;  // balanced for rounding: e^mu is what is lost
  double sum = 0.0;
  for (int k = 0; k <= nodes; ++k) {
    const std::complex<double> direction(1.0, k * h), s = mu * direction * direction;
    const std::complex<double> power = std::pow(s, alpha);
    const double term = (direction * std::exp(s) * power / (s * (power - x))).real();
    sum += k == 0 ? term : 2.0 * term;
  }
  return sum * h * mu / std::numbers::pi;
}

void ContourPerValue(benchmark::State& state) {
  const auto x = eigenvalues();
  const auto out = output();
  const auto all = [&] {
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = by_contour(kAlpha, x[i]);
  };
  all();
  verify("ContourPerValue", out, 1e-7);  // no better: the nodes are few, and small values cancel
  for (auto _ : state) {
    all();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK(ContourPerValue)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace almanac::bench
