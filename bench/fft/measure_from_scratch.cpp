// What a program without a cache does: FFTW_MEASURE in an empty planner.

#include "problems.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <benchmark/benchmark.h>

namespace almanac::bench {
namespace {

void measure(benchmark::State& state) {
  const compute::FftProblem& problem = problems()[static_cast<std::size_t>(state.range(0))];
  for (auto _ : state) benchmark::DoNotOptimize(compute::make_wisdom<double>(problem));
}

}  // namespace

void register_from_scratch(const Places& places) {
  // Of many, once: it takes minutes.
  const int repetitions = places.size() == problems().size() ? 1 : 3;
  for (const std::size_t place : places) {
    benchmark::RegisterBenchmark("MeasureFromScratch", measure)
        ->Arg(static_cast<std::int64_t>(place))
        ->Iterations(1)
        ->Repetitions(repetitions)
        ->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace almanac::bench
