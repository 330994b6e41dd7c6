#include "fft/refused_bundle.hpp"

#include <utility>

namespace almanac {

RefusedBundle take_away_refused(cache::Cache& cache, cache::DiskTier* disk, const cache::Entry& refused) {
  using enum RefusedBundle::State;
  if (disk != nullptr && !disk->problem()) {
    const auto known = disk->peek(refused.key);
    if (!known) return {stuck};
    if (*known && (*known)->facts.created != refused.facts.created) {
      auto there = disk->get(refused.key);
      if (!there) return {stuck};
      if (*there) return {replaced, *std::move(there)};
    }
    // For the log, which otherwise says that somebody named it; where it does not go by that, it does by what follows.
    if (*known) static_cast<void>(disk->remove(**known, cache::RemovalReason::error));
  }
  cache.erase(refused.key);
  return {cache.peek(refused.key) ? stuck : gone};
}

}  // namespace almanac
