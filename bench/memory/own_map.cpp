// What the machine gives: a hash map for each thread alone, with entries of its own, and no lock. More threads cannot
// do better than that, and where two cores share one core's units they do worse than twice.

#include "table.hpp"

#include <string>
#include <unordered_map>

namespace almanac::bench {
namespace {

template <class Order>
void OwnMap(benchmark::State& state) {
  std::unordered_map<std::string, cache::EntryPtr> map;
  for (const auto& entry : entries()) map.emplace(entry->key.text(), std::make_shared<const cache::Entry>(*entry));
  verify("own map", map.at(entries()[5]->key.text()), 5);
  Order next(state);
  for (auto _ : state) benchmark::DoNotOptimize(cache::EntryPtr(map.find(entries()[next()]->key.text())->second));
}
BENCHMARK(OwnMap<Uniform>)->Threads(1)->Threads(2)->Threads(8)->UseRealTime();
BENCHMARK(OwnMap<Hot>)->Threads(1)->Threads(2)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace almanac::bench
