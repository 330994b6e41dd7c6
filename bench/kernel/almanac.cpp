// libcompute's kernel, on one thread and on two.

#include "weights.hpp"

#include <almanac/compute/grunwald.hpp>

namespace almanac::bench {
namespace {

void run(benchmark::State& state, int threads) {
  const auto out = output(state.range(0));
  compute::grunwald_weights(kAlpha, 0, out, threads);
  verify("Almanac", out, 0x1p-52);  // one ulp
  for (auto _ : state) {
    compute::grunwald_weights(kAlpha, 0, out, threads);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}

void AlmanacKernel(benchmark::State& state) { run(state, 1); }
BENCHMARK(AlmanacKernel)->Apply(lengths);

void AlmanacKernelTwoThreads(benchmark::State& state) { run(state, 2); }
BENCHMARK(AlmanacKernelTwoThreads)->Apply(lengths)->UseRealTime();

}  // namespace
}  // namespace almanac::bench
