#pragma once

#include "statistics/statistics_store.hpp"

#include <almanac/cache/metrics.hpp>
#include <almanac/cache/statistics.hpp>
#include <almanac/cache/tier.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <unordered_map>

#include <sys/types.h>

namespace almanac::cache {

/// What one cache of this process adds to the statistics of its root: everything it has counted, in journals; the last one when
/// this ends. In a process that was forked, what was counted before is the parent's, and is left out.
/// Threads: thread-safe. Nobody waits: a use that finds all places taken, and a journal while one is being written, are left out.
class ProcessStatistics {
 public:
  using Clock = std::chrono::steady_clock;

  /// What the cache has counted since it was opened.
  struct Counted {
    Metrics metrics;
    std::map<std::string, TierSpeed, std::less<>> speeds;
  };
  /// What answers for `look` and `take_uses` lives as long as this.
  struct Source {
    std::function<Counted()> look;
    /// Calls back with uses that the tiers have counted themselves, each once.
    std::function<void(const Tier::VisitUse&)> take_uses;
  };

  ProcessStatistics(const std::filesystem::path& root, Source source);
  /// In a forked child nothing is written, and no lock taken that a thread of the parent may have held.
  ~ProcessStatistics();
  ProcessStatistics(const ProcessStatistics&) = delete;
  ProcessStatistics& operator=(const ProcessStatistics&) = delete;

  /// An entry was handed out that no tier counts the uses of. Once a minute, whoever comes here writes a journal.
  /// Cost: some 50 ns
  void note_use(const Entry& entry, Clock::time_point now, bool is_computed = false) noexcept;

  /// Writes what was counted since the last time; where it cannot be written it is kept for the next time.
  void write() noexcept;

  static constexpr std::chrono::seconds kPause{60};

 private:
  struct alignas(64) Lane {
    std::atomic<bool> is_taken{false};
    std::unordered_map<Id, UsedKey> used;
  };
  static constexpr std::size_t kUseLanes = 16;
  static constexpr std::size_t kMostInLane = 1024;

  UsedKey& add_use(std::unordered_map<Id, UsedKey>& used, const Key& key, std::uint64_t uses, std::chrono::nanoseconds cost,
                   std::uint64_t bytes, Clock::time_point when) const;
  std::chrono::system_clock::time_point system_time(Clock::time_point when) const noexcept;
  void write_alone();
  void collect_uses();
  Statistics since_last(const Counted& now) const;

  const StatisticsStore store_;
  const Source source_;
  const std::chrono::system_clock::duration from_steady_;  ///< between the two clocks, when this began
  std::array<Lane, kUseLanes> lanes_;
  std::atomic<Clock::rep> due_;

  // Of who is writing, alone.
  std::atomic<bool> is_writing_{false};
  pid_t process_;
  Counted last_;                                           ///< that is written
  std::chrono::system_clock::time_point last_time_;
  Statistics pending_;                                     ///< used keys that are not
  bool has_written_ = false;
};

}  // namespace almanac::cache
