// Almanac's own doors: a disk hit in a new process's state, a hit in the memory tier, a hit through the Engine API.

#include "table.hpp"

#include <almanac/cache/tiers.hpp>
#include <almanac/engine.hpp>

#include <benchmark/benchmark.h>

#include <chrono>

namespace almanac::bench {
namespace {

cache::DiskOptions options() {
  cache::DiskOptions chosen;
  chosen.root = folder() / "almanac";
  return chosen;
}

cache::EntryPtr entry(std::int64_t length) {
  const std::vector<double>& values = table(length);
  return std::make_shared<const cache::Entry>(cache::Entry{
      cache::Key("table", 1, {{"n", length}}), cache::Artifact({cache::Array::of("weights", {length}, values)}), {}});
}

/// Open, header, checksums, arrays: the tier is new at every look, as in a new process; the pages are warm.
void AlmanacDisk(benchmark::State& state) {
  const std::int64_t length = state.range(0);
  const cache::EntryPtr stored = entry(length);
  if (!cache::DiskTier(options()).put(stored)) return state.SkipWithError("put");
  verify("almanac disk", (*cache::DiskTier(options()).get(stored->key))->artifact.at("weights").as<double>(), length);
  for (auto _ : state) {
    cache::DiskTier tier(options());
    const auto start = std::chrono::steady_clock::now();
    {
      const auto found = tier.get(stored->key);
      benchmark::DoNotOptimize(touch((*found)->artifact.arrays().front().as<double>()));
    }
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
}
BENCHMARK(AlmanacDisk)->Arg(kSmall)->Arg(kLarge)->UseManualTime();

void AlmanacMemoryTier(benchmark::State& state) {
  const auto tier = cache::make_memory_tier(1 << 30);
  const cache::EntryPtr stored = entry(kSmall);
  if (!tier->put(stored)) return state.SkipWithError("put");
  for (auto _ : state) benchmark::DoNotOptimize(tier->get(stored->key));
}
BENCHMARK(AlmanacMemoryTier);

void AlmanacEngineMemoryHit(benchmark::State& state) {
  Config config;
  config.cache_dir = folder() / "engine";
  Engine engine(config);
  verify("almanac engine", engine.fractional_kernel({.alpha = kAlpha, .dt = 0.01, .n = kSmall}).weights(), kSmall);
  for (auto _ : state) {
    const auto kernel = engine.fractional_kernel({.alpha = kAlpha, .dt = 0.01, .n = kSmall});
    benchmark::DoNotOptimize(kernel.weights().data());
  }
}
BENCHMARK(AlmanacEngineMemoryHit);

}  // namespace
}  // namespace almanac::bench
