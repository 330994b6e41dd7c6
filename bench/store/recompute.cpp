// No cache at all.

#include "table.hpp"

#include <almanac/compute/grunwald.hpp>

#include <benchmark/benchmark.h>

namespace almanac::bench {
namespace {

void Recompute(benchmark::State& state) {
  const std::int64_t length = state.range(0);
  for (auto _ : state) {
    std::vector<double> values(static_cast<std::size_t>(length));
    compute::grunwald_weights(kAlpha, 0, values);
    benchmark::DoNotOptimize(touch(values));
  }
}
BENCHMARK(Recompute)->Arg(kSmall)->Arg(kLarge);

}  // namespace
}  // namespace almanac::bench
