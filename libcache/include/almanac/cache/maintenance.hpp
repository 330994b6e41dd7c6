#pragma once

#include <almanac/cache/policy.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace almanac::cache {

/// What a disk tier may keep. Both budgets are hard, for all processes of a machine that name the same ones: the files of the
/// entries, those in the making among them, are never more than that together. Room is reserved in a ledger before a file is
/// written; where there is none, and none can be made, the entry passes by: it is given back, and not found afterwards.
/// Cleaning begins at 95 % of a budget and ends at 90 %; one process at a time cleans, and nobody waits for it.
///
/// What is not guaranteed: processes of several machines over a network file system do not see each other's reservations. Each
/// machine keeps to the budget by what it wrote and what it found when it last looked; together they may be above it until
/// one of them cleans. What is in quarantine/ is beside the budget, until maintain() clears it.
struct DiskBudget {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t max_bytes = kUnlimited;    ///< of all entries' files
  std::uint64_t max_entries = kUnlimited;
  Policy policy = kDefaultPolicy;          ///< who leaves first; among those that are not expired
  std::vector<std::string> pinned_kinds{}; ///< kinds that are never evicted, only removed by name or when they expire

  bool is_unlimited() const noexcept { return max_bytes == kUnlimited && max_entries == kUnlimited; }
};

struct MaintainOptions {
  /// Down to these; unset: to the tier's own budget, where it has one.
  std::optional<std::uint64_t> max_bytes{}, max_entries{};
  /// What was not used for longer goes, whatever it is worth, but for pinned kinds.
  std::optional<std::chrono::seconds> max_age{};
  /// Moved out of the way for longer: removed. What is in quarantine is of no use but to find out why.
  std::chrono::seconds quarantine_age = std::chrono::hours(24 * 30);
  bool dry_run = false;                    ///< says what would go, and changes nothing
  /// How much of the work is done, 0 … 1; false stops it at the next clean point.
  std::function<bool(double fraction)> progress{};
};

/// What maintain() found and did, or would do.
struct MaintainReport {
  struct Sum {
    std::uint64_t entries = 0, bytes = 0;
    std::chrono::nanoseconds cost{0};      ///< of making them anew

    friend bool operator==(const Sum&, const Sum&) = default;
  };

  Sum found;                               ///< before
  Sum expired;                             ///< removed: past their time
  Sum unused;                              ///< removed: not used for longer than max_age
  Sum evicted;                             ///< removed: to make room
  Sum kept;                                ///< afterwards
  std::uint64_t leftovers = 0;             ///< of dead processes, put into their places or removed
  std::uint64_t quarantined = 0;           ///< files removed from quarantine
  std::uint64_t failed = 0;                ///< entries that could not be removed; `trouble` tells of one
  std::string trouble{};
  bool is_over_budget = false;             ///< still: what is left is pinned, in use, or could not be removed
  bool is_busy = false;                    ///< another process is cleaning; nothing was done
  bool is_interrupted = false;

  /// Whether anything was removed, or would be.
  bool has_work() const noexcept {
    return expired.entries + unused.entries + evicted.entries + leftovers + quarantined > 0 || is_over_budget;
  }
};

}  // namespace almanac::cache
