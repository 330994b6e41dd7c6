#pragma once

#include <almanac/cache/tier.hpp>
#include <almanac/cache/times.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace almanac::cache {

/// What one tier has answered of one kind.
struct TierHits {
  std::uint64_t hits = 0;
  std::uint64_t bytes = 0;            ///< handed out
  std::chrono::nanoseconds cost{0};   ///< of making what was handed out, each time
  TimeCounts times{};                 ///< of the requests, from their beginning
};

/// Counts of one kind of artifact. A request is one hit, one miss or one that joined, however many tiers were asked.
/// What is derived from them: statistics.hpp.
struct KindMetrics {
  std::uint64_t hits = 0;        ///< answered by a tier
  std::uint64_t misses = 0;      ///< computed
  std::uint64_t joined = 0;      ///< answered by another thread's or process's computation
  std::uint64_t bytes = 0;       ///< handed out, to all of them
  std::uint64_t bytes_hit = 0;   ///< to hits alone
  std::uint64_t passed_by = 0;   ///< computed, and not worth storing in every tier: loading is no quicker
  std::uint64_t stored = 0;      ///< computed, and given to every tier
  std::uint64_t would_have_hit = 0;       ///< computed, though it had been there until room was needed on disk
  std::chrono::nanoseconds cost_hit{0};   ///< of making what was hit, each time
  std::chrono::nanoseconds saved{0};      ///< that, less the time the hits took
  std::chrono::nanoseconds storing{0};    ///< spent on what was stored
  TimeCounts hit_times{};        ///< of requests that hit, from their beginning
  TimeCounts miss_times{};       ///< of requests that computed: looking, making, storing
  TimeCounts compute_times{};    ///< of make() alone
  std::map<std::string, TierHits, std::less<>> by_tier{};  ///< the hits, by the tier that had it

  double seconds_computing() const noexcept { return std::chrono::duration<double>(compute_times.total()).count(); }
  double seconds_saved() const noexcept { return std::chrono::duration<double>(saved).count(); }
};

/// A tier counts its own look-ups: a request that goes past it is one of its misses. Looking again, while waiting
/// for another process, is not counted. Its errors are calls that failed.
struct Metrics {
  std::map<std::string, TierStats, std::less<>> tiers;
  std::map<std::string, KindMetrics, std::less<>> kinds;
  std::chrono::nanoseconds uptime{0};  ///< since the cache was opened
};

}  // namespace almanac::cache
