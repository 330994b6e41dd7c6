// Blocks by FFT: cold, with plans and weights' spectra made anew in every run, and with plans handed in as a cache gives them.

#include "scalar.hpp"

#include <benchmark/benchmark.h>

#include <map>

namespace almanac::bench {
namespace {

constexpr double kSeenBound = 1e-13;  // what is seen; the worst case is hundreds of times that

compute::FftPlanProvider kept_plans() {
  static std::map<std::int64_t, std::shared_ptr<const compute::FftPlan<double>>> plans;
  return [](const compute::FftProblem& problem) {
    auto& plan = plans[problem.extent[0]];
    if (!plan) plan = std::make_shared<const compute::FftPlan<double>>(problem, "");
    return plan;
  };
}

void run_blocks(benchmark::State& state, const char* name, const compute::FftPlanProvider& plans) {
  const std::int64_t steps = state.range(0);
  state.counters["difference"] =
      verify(name, steps, relaxed(steps, compute::HistoryMethod::fft_blocks, plans), tolerance_of(steps, kSeenBound));
  for (auto _ : state) benchmark::DoNotOptimize(relaxed(steps, compute::HistoryMethod::fft_blocks, plans));
}

void FftBlocks(benchmark::State& state) { run_blocks(state, "FftBlocks", {}); }
BENCHMARK(FftBlocks)->Arg(65'536)->Arg(1'048'576)->Unit(benchmark::kMillisecond)->UseRealTime();

void FftBlocksPlanned(benchmark::State& state) { run_blocks(state, "FftBlocksPlanned", kept_plans()); }
BENCHMARK(FftBlocksPlanned)->Arg(65'536)->Arg(1'048'576)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace almanac::bench
