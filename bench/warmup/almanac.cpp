// The standard warm-up into an empty cache, and again by the next process.

#include "temporary_folder.hpp"

#include <almanac/warmup.hpp>

#include <benchmark/benchmark.h>

#include <chrono>

namespace almanac::bench {
namespace {

using Clock = std::chrono::steady_clock;

WarmupReport warm_up_in(const std::filesystem::path& folder) {
  Config config;
  config.cache_dir = folder;
  Engine engine(config);
  return warm_up(engine, Catalog::load(ALMANAC_STANDARD_CATALOG), {});
}

void FirstWarmup(benchmark::State& state) {
  for (auto _ : state) {
    const TemporaryFolder folder;
    const auto start = Clock::now();
    const WarmupReport report = warm_up_in(folder.path());
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
    for (const auto& kind : report.kinds) {
      if (kind.made != kind.artifacts) return state.SkipWithError("not everything was made");
    }
  }
}
BENCHMARK(FirstWarmup)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);

void SecondWarmup(benchmark::State& state) {
  static const TemporaryFolder folder;
  warm_up_in(folder.path());
  for (auto _ : state) {
    const WarmupReport report = warm_up_in(folder.path());
    for (const auto& kind : report.kinds) {
      if (kind.made != 0 || kind.found != kind.artifacts) return state.SkipWithError("something was made again");
    }
  }
}
BENCHMARK(SecondWarmup)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace almanac::bench
