// The memory tier: hits of many threads over 1024 keys, and over one.

#include "table.hpp"

#include <almanac/cache/tiers.hpp>

namespace almanac::bench {
namespace {

cache::Tier& tier() {
  static const auto filled = [] {
    auto memory = cache::make_memory_tier(1 << 30);
    for (const auto& entry : entries()) (void)memory->put(entry);
    for (std::size_t number = 0; number < kKeys; ++number) verify("almanac", *memory->get(entries()[number]->key), number);
    return memory;
  }();
  return *filled;
}

template <class Order>
void AlmanacMemory(benchmark::State& state) {
  cache::Tier& memory = tier();
  Order next(state);
  for (auto _ : state) benchmark::DoNotOptimize(memory.get(entries()[next()]->key));
}
BENCHMARK(AlmanacMemory<Uniform>)->Threads(1)->Threads(2)->Threads(8)->UseRealTime();
BENCHMARK(AlmanacMemory<Hot>)->Threads(1)->Threads(2)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace almanac::bench
