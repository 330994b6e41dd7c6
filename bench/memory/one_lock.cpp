// What one writes first: a hash map behind one lock.

#include "table.hpp"

#include <mutex>
#include <string>
#include <unordered_map>

namespace almanac::bench {
namespace {

struct Locked {
  std::mutex mutex;
  std::unordered_map<std::string, cache::EntryPtr> map;
};

Locked& locked() {
  static Locked filled;
  static const bool done = [] {
    for (const auto& entry : entries()) filled.map.emplace(entry->key.text(), entry);
    return true;
  }();
  (void)done;
  return filled;
}

template <class Order>
void OneLock(benchmark::State& state) {
  Locked& shared = locked();
  Order next(state);
  for (auto _ : state) {
    const std::string& text = entries()[next()]->key.text();
    const std::lock_guard lock(shared.mutex);
    benchmark::DoNotOptimize(cache::EntryPtr(shared.map.find(text)->second));
  }
}
BENCHMARK(OneLock<Uniform>)->Threads(1)->Threads(2)->Threads(8)->UseRealTime();
BENCHMARK(OneLock<Hot>)->Threads(1)->Threads(2)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace almanac::bench
