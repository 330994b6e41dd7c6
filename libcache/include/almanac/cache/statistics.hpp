#pragma once

#include <almanac/cache/admission.hpp>
#include <almanac/cache/metrics.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace almanac::cache {

// ---- what the counts say: pure functions. nullopt: there is nothing to divide by.

std::uint64_t requests_of(const KindMetrics& kind) noexcept;                       ///< hits + misses + joined
std::optional<double> hit_ratio(const KindMetrics& kind) noexcept;                 ///< hits / requests
std::optional<double> byte_hit_ratio(const KindMetrics& kind) noexcept;            ///< bytes hit / bytes handed out
std::optional<double> cost_hit_ratio(const KindMetrics& kind) noexcept;            ///< cost of hits / (cost of hits + computing)
std::optional<std::chrono::nanoseconds> saving_per_hit(const KindMetrics& kind) noexcept;  ///< saved / hits that were timed
std::optional<double> gain(const KindMetrics& kind) noexcept;                      ///< mean compute time / mean hit time

/// After how many uses storing has paid: (storing / stored) / saving per hit, rounded up, at least 1. nullopt: nothing was
/// stored or hit, or hits save nothing.
std::optional<std::uint64_t> break_even(const KindMetrics& kind) noexcept;

/// Adds up: the counts of two processes, or of two kinds.
void add(KindMetrics& sum, const KindMetrics& more);
void add_hits(KindMetrics& sum, std::string_view tier, const TierHits& more);
void add(TierStats& sum, const TierStats& more) noexcept;  ///< the counts; not what is held

// ---- what all processes have counted together

/// One key, and what it was used for.
struct UsedKey {
  std::string text;                                ///< of the key
  std::uint64_t uses = 0;                          ///< requests it answered
  std::chrono::system_clock::time_point last_use{};
  std::chrono::nanoseconds cost{0};                ///< of making it, as last known
  std::uint64_t bytes = 0;                         ///< of its arrays
  std::chrono::system_clock::time_point computed{};  ///< when it was made last; the epoch: not known
  std::int64_t coverage = 0;                       ///< the farthest it reached; 0: the key says it all

  /// uses · cost, in seconds: which keys are remembered, and made ready first.
  double worth() const noexcept { return static_cast<double>(uses) * std::chrono::duration<double>(cost).count(); }
};

/// A day (UTC) in a cache's life.
struct DayCounts {
  std::uint64_t requests = 0, hits = 0, bytes = 0;       ///< bytes handed out
  std::chrono::nanoseconds saved{0};
  std::chrono::system_clock::time_point surveyed{};      ///< when the two below were seen last; the epoch: they were not
  std::uint64_t held_entries = 0, held_bytes = 0;        ///< on disk
};

/// How fast a tier is, as processes have learned it.
struct LearnedSpeed {
  TierSpeed speed;
  std::chrono::system_clock::time_point learned{};       ///< the later one counts
};

/// What is kept of all requests to the cache in a folder. Counts are too low by what killed processes had not written yet,
/// at most a minute each, and never too high.
struct Statistics {
  static constexpr std::size_t kMostKeys = 4096;
  static constexpr std::size_t kMostDays = 400;
  static constexpr std::size_t kMostKinds = 1024;

  std::map<std::string, KindMetrics, std::less<>> kinds;
  std::map<std::string, TierStats, std::less<>> tiers;
  std::map<std::string, LearnedSpeed, std::less<>> speeds;       ///< by tier
  std::map<std::int64_t, DayCounts> days;                        ///< by days since 1970-01-01
  std::unordered_map<Id, UsedKey> used;                          ///< by their keys' ids; those of the greatest worth
  std::uint64_t processes = 0;                                   ///< that wrote something
  std::chrono::nanoseconds uptime{0};                            ///< of all of them
  std::chrono::system_clock::time_point since = std::chrono::system_clock::time_point::max();  ///< max: nothing was counted
  std::chrono::system_clock::time_point until{};

  bool empty() const noexcept { return processes == 0 && days.empty(); }
  KindMetrics all_kinds() const;

  /// Adds what another process counted; keeps within the bounds above.
  void add(const Statistics& more);
  void keep_within_bounds();

  /// The keys used, those of the greatest worth first.
  std::vector<const UsedKey*> by_worth() const;
};

/// The statistics of the cache at this root, all journals together. Who can puts them into one; who reads a cache that is
/// read-only, torn or missing gets what is there.
Statistics read_statistics(const std::filesystem::path& root);

/// What a new process is told of the ones before it, as CacheOptions takes it.
struct Learned {
  std::map<std::string, TierSpeed, std::less<>> speeds;
  std::map<std::string, Usage, std::less<>> past;
};

/// As of the last time that journals were put together; nothing where there is none. Cost: one small file
Learned read_learned(const std::filesystem::path& root);

/// Writes down what somebody who looked at the whole disk tier has seen there. A failure is silent.
void note_survey(const std::filesystem::path& root, std::uint64_t entries, std::uint64_t bytes);

/// Forgets everything. False ← some of it could not be removed.
bool forget_statistics(const std::filesystem::path& root);

/// The Prometheus text exposition format 0.0.4: counters and histograms in seconds and bytes, by kind and tier.
std::string prometheus_text(const Statistics& statistics);

}  // namespace almanac::cache
