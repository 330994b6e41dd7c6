// The formula everybody finds: w_k = Gamma(k-alpha) / (Gamma(-alpha) Gamma(k+1)) by the C library's lgamma.

#include "weights.hpp"

#include <cmath>

namespace almanac::bench {
namespace {

void by_log_gamma(std::span<double> out) {
  const double before = 1.0 / std::tgamma(-kAlpha);
  out[0] = 1.0;
  for (std::size_t i = 1; i < out.size(); ++i) {
    const auto k = static_cast<double>(i);
    out[i] = before * std::exp(std::lgamma(k - kAlpha) - std::lgamma(k + 1.0));
  }
}

void LogGamma(benchmark::State& state) {
  const auto out = output(state.range(0));
  by_log_gamma(out);
  // The logarithms reach n log n; each is off by some ulp of that.
  const auto length = static_cast<double>(out.size());
  verify("LogGamma", out, 4 * 0x1p-52 * length * std::log(length));
  for (auto _ : state) {
    by_log_gamma(out);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}
BENCHMARK(LogGamma)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace almanac::bench
