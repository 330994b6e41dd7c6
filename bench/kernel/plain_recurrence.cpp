// The loop everybody writes: w_k = w_(k-1) (1 - (alpha+1)/k).

#include "weights.hpp"

#include <almanac/compute/grunwald.hpp>

#include <cmath>

namespace almanac::bench {
namespace {

void PlainRecurrence(benchmark::State& state) {
  const auto out = output(state.range(0));
  compute::grunwald_recurrence(kAlpha, out);
  // Its roundings, 2^-53 each in product and difference, add up like a random walk, as a rule; five deviations.
  verify("PlainRecurrence", out, 5 * std::sqrt(2.0 * static_cast<double>(out.size())) * 0x1p-53 + 100 * 0x1p-53);
  for (auto _ : state) {
    compute::grunwald_recurrence(kAlpha, out);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}
BENCHMARK(PlainRecurrence)->Apply(lengths);

}  // namespace
}  // namespace almanac::bench
