// What a program without a cache does: FFTW_MEASURE in an empty planner.

#include "problems.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <benchmark/benchmark.h>

namespace almanac::bench {
namespace {

void MeasureFromScratch(benchmark::State& state) {
  const compute::FftProblem& problem = kProblems[static_cast<std::size_t>(state.range(0))];
  for (auto _ : state) benchmark::DoNotOptimize(compute::make_wisdom<double>(problem));
}
BENCHMARK(MeasureFromScratch)->DenseRange(0, kProblems.size() - 1)->Iterations(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace almanac::bench
