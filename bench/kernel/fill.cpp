// The least a table can cost: writing one number everywhere.

#include "weights.hpp"

#include <algorithm>

namespace almanac::bench {
namespace {

void Fill(benchmark::State& state) {
  const auto out = output(state.range(0));
  double value = 0.5;
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    std::fill(out.begin(), out.end(), value);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}
BENCHMARK(Fill)->Apply(lengths);

}  // namespace
}  // namespace almanac::bench
