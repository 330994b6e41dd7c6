#include "fft/refused_bundle.hpp"

namespace almanac {

bool take_away_refused(cache::Cache& cache, cache::DiskTier* disk, const cache::Entry& refused) {
  if (disk != nullptr && !disk->problem()) {
    const auto there = disk->peek(refused.key);
    if (!there || (*there && (*there)->facts.created != refused.facts.created)) return false;
  }
  cache.erase(refused.key);
  return !cache.peek(refused.key);
}

}  // namespace almanac
