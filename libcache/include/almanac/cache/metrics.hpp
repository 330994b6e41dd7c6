#pragma once

#include <almanac/cache/tier.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace almanac::cache {

/// Counts of one kind of artifact over the life of a Cache. A request is one hit or one miss,
/// however many tiers were asked.
struct KindMetrics {
  std::uint64_t hits = 0;        ///< answered by a tier
  std::uint64_t misses = 0;      ///< computed
  std::uint64_t joined = 0;      ///< answered by another thread's or process's computation
  std::uint64_t bytes = 0;       ///< handed out
  double seconds_computing = 0;  ///< spent in make()
  double seconds_saved = 0;      ///< cost of what was hit, less the time the hits took
  std::uint64_t passed_by = 0;   ///< computed, and not worth storing in every tier: loading is no quicker
};

/// A tier counts its own look-ups: a request that goes past it is one of its misses. Looking again, while waiting
/// for another process, is not counted. Its errors are calls that failed.
struct Metrics {
  std::map<std::string, TierStats, std::less<>> tiers;
  std::map<std::string, KindMetrics, std::less<>> kinds;
};

}  // namespace almanac::cache
