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

using Clock = std::chrono::steady_clock;

Config config() {
  static const TemporaryFolder folder;
  Config chosen;
  chosen.cache_dir = folder.path();
  return chosen;
}

const FftSpec& spec_of(const benchmark::State& state) { return problems()[static_cast<std::size_t>(state.range(0))]; }

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The bits that a plan of a new engine gives for a fixed input.
std::vector<std::complex<double>> result(const FftSpec& spec) {
  Engine engine(config());
  const auto plan = engine.fft_plan<double>(spec);
  std::vector<std::complex<double>> out(plan.plan().output_size());
  const auto value = [](std::size_t i) { return std::complex<double>(static_cast<double>(i % 97), static_cast<double>(i % 89)); };
  if (spec.transform[0] == Transform::r2c) {
    std::vector<double> in(plan.plan().input_size());
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = value(i).real();
    plan.execute(std::span<const double>(in), std::span(out));
  } else {
    std::vector<std::complex<double>> in(plan.plan().input_size());
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = value(i);
    plan.execute(std::span<const std::complex<double>>(in), std::span(out));
  }
  return out;
}

void plan_from_cache(benchmark::State& state) {
  const FftSpec& spec = spec_of(state);
  const auto first = result(spec), second = result(spec);
  if (std::memcmp(first.data(), second.data(), first.size() * sizeof(first[0])) != 0) return state.SkipWithError("other bits");
  for (auto _ : state) {
    Engine engine(config());
    const auto start = Clock::now();
    const auto plan = engine.fft_plan<double>(spec);
    state.SetIterationTime(seconds_since(start));
    if (plan.provenance().source != "disk") return state.SkipWithError("not from the disk");
  }
}

/// In a program of which Almanac knows that nobody else plans, as the almanac program itself.
void plan_from_cache_alone(benchmark::State& state) {
  const compute::FftPlanningScope only_we_plan;
  plan_from_cache(state);
}

/// The second request of a process: the live plan.
void plan_again(benchmark::State& state) {
  Engine engine(config());
  const FftSpec& spec = spec_of(state);
  const auto first = engine.fft_plan<double>(spec);
  for (auto _ : state) benchmark::DoNotOptimize(engine.fft_plan<double>(spec));
}

/// A problem that nobody has planned, from a cache where there is nothing.
void adaptive_first(benchmark::State& state) {
  FftSpec spec = spec_of(state);
  spec.rigor = Rigor::adaptive;
  const compute::FftPlanningScope only_we_plan;
  for (auto _ : state) {
    const TemporaryFolder empty;
    Config chosen;
    chosen.cache_dir = empty.path();
    Engine engine(chosen);
    const auto start = Clock::now();
    const auto plan = engine.fft_plan<double>(spec);
    state.SetIterationTime(seconds_since(start));
    if (plan.spec().rigor != Rigor::estimate) return state.SkipWithError("not estimated");
  }
}

}  // namespace

void register_almanac(const Places& places) {
  for (const std::size_t place : places) {
    const auto argument = static_cast<std::int64_t>(place);
    const auto add = [&](const char* name, void (*run)(benchmark::State&)) {
      return benchmark::RegisterBenchmark(name, run)->Arg(argument)->Unit(benchmark::kMicrosecond);
    };
    add("AlmanacPlanFromCache", plan_from_cache_alone)->UseManualTime();
    // In any program: the wisdom it has of its own is put aside for each plan and given back.
    add("AlmanacPlanFromCacheInAHost", plan_from_cache)->UseManualTime();
    add("AlmanacAdaptiveFirst", adaptive_first)->UseManualTime()->Iterations(20);
  }
  benchmark::RegisterBenchmark("AlmanacPlanAgain", plan_again)->Arg(static_cast<std::int64_t>(places.front()));
}

}  // namespace almanac::bench
