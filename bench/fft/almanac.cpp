// A new engine for every plan, as in a new process: look-up on disk, verification, planning from the bundle.

#include "problems.hpp"
#include "temporary_folder.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/engine.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace almanac::bench {
namespace {

Config config() {
  static const TemporaryFolder folder;
  Config chosen;
  chosen.cache_dir = folder.path();
  return chosen;
}

/// The bits that a plan of a new engine gives for a fixed input.
std::vector<std::complex<double>> result(const FftSpec& spec) {
  Engine engine(config());
  const auto plan = engine.fft_plan<double>(spec);
  std::vector<std::complex<double>> in(plan.plan().input_size()), out(plan.plan().output_size());
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = {static_cast<double>(i % 97), static_cast<double>(i % 89)};
  plan.execute(std::span<const std::complex<double>>(in), std::span(out));
  return out;
}

void plan_from_cache(benchmark::State& state) {
  const FftSpec& spec = kProblems[static_cast<std::size_t>(state.range(0))];
  const auto first = result(spec), second = result(spec);
  if (std::memcmp(first.data(), second.data(), first.size() * sizeof(first[0])) != 0) return state.SkipWithError("other bits");
  for (auto _ : state) {
    Engine engine(config());
    const auto start = std::chrono::steady_clock::now();
    const auto plan = engine.fft_plan<double>(spec);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (plan.provenance().source != "disk") return state.SkipWithError("not from the disk");
  }
}

/// In a program of which Almanac knows that nobody else plans, as the almanac program itself.
void AlmanacPlanFromCache(benchmark::State& state) {
  const compute::FftPlanningScope only_we_plan;
  plan_from_cache(state);
}
BENCHMARK(AlmanacPlanFromCache)->DenseRange(0, kProblems.size() - 1)->UseManualTime()->Unit(benchmark::kMicrosecond);

/// In any program: the wisdom it has of its own is put aside for each plan and given back.
void AlmanacPlanFromCacheInAHost(benchmark::State& state) { plan_from_cache(state); }
BENCHMARK(AlmanacPlanFromCacheInAHost)->DenseRange(0, kProblems.size() - 1)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace almanac::bench
