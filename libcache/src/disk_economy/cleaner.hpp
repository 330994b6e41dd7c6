#pragma once

#include "disk_economy/disk_economy.hpp"
#include "disk_economy/level_history.hpp"
#include "disk_economy/taking_out.hpp"

#include "cache_root.hpp"
#include "entry_format.hpp"

#include <almanac/cache/maintenance.hpp>
#include <almanac/cache/removal.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace almanac::cache {

/// What is to be so when a cleaning ends.
struct CleaningGoal {
  std::uint64_t above_bytes = DiskBudget::kUnlimited, above_entries = DiskBudget::kUnlimited;  ///< where more is held, room is made …
  std::uint64_t down_to_bytes = DiskBudget::kUnlimited, down_to_entries = DiskBudget::kUnlimited;  ///< … until no more than this is
  std::optional<std::chrono::seconds> max_age{};
  bool dry_run = false;
  std::function<bool(double)> progress{};
};

/// Clears a folder of entries: one pass over all headers, in which what is past its time goes and what ranks lowest is noted;
/// then that goes, the lowest first. A heap of the lowest is all it keeps, and no more of it than makes up what has to go.
class Cleaner {
 public:
  struct House {
    const CacheRoot& root;
    DiskEconomy& economy;
    /// What the dead have left in a folder; gives how many there were.
    std::function<std::uint64_t(const std::string& folder)> clear_leftovers;
    /// Another entry that was taken out of its place by mistake, and that was filled meanwhile.
    std::function<void(const std::string& homeless)> take_in;
    /// How often an entry was asked for, as far as anybody knows; at least 1.
    std::function<std::uint64_t(const Id&)> uses;
    const RemovalLog& log;
    std::chrono::system_clock::time_point now;
  };

  Cleaner(House house, CleaningGoal goal) : house_(std::move(house)), goal_(std::move(goal)) {}

  /// Errors: by errno ← the folder of entries cannot be listed.
  Result<MaintainReport> run();

 private:
  /// One that may have to go.
  struct Leaving {
    double rank;
    std::int64_t since;  ///< of those that rank alike, the first goes first
    Id id;
    FileIdentity identity;
    timespec modified;
    std::uint64_t bytes;
    std::int64_t cost;

    friend bool operator<(const Leaving& a, const Leaving& b) noexcept {
      return a.rank != b.rank ? a.rank < b.rank : a.since != b.since ? a.since < b.since : a.id < b.id;
    }
  };
  /// 19 MiB of them; where more have to go, there is another pass.
  static constexpr std::size_t kMostLeaving = 1 << 18;
  static constexpr std::size_t kReleasedAtOnce = 64;

  struct Missing {
    std::uint64_t bytes = 0, entries = 0;
    bool is_nothing() const noexcept { return bytes == 0 && entries == 0; }
  };
  Missing missing(const Room& held) const noexcept;

  Status pass();
  void begin_survey();
  void end_survey();
  void look_at_folder(const std::string& folder, const std::string& name);
  void look_at_entry(const Id& id);
  void look_at_temporary(const std::string& path);
  void consider(const Leaving& entry);
  void make_room();
  /// True: it is gone, or would be.
  bool remove(const Leaving& entry, RemovalReason reason, MaintainReport::Sum& sum, const std::string& key_text, bool is_counted);
  void write_down();
  bool goes_on(double fraction);

  const House house_;
  const CleaningGoal goal_;
  MaintainReport report_;
  LevelHistory levels_;
  bool keeps_books_ = false;

  // ---- of one pass
  Room seen_;                                            ///< what stays
  std::optional<UsageRecord> survey_;
  std::set<Id> reserved_;                                ///< when the survey began: what they may take is in seen_ already
  std::set<std::uint64_t> abandoned_;                    ///< reservations of the dead
  std::vector<std::pair<std::uint64_t, std::uint64_t>> temporaries_;  ///< token and bytes
  std::optional<Missing> expected_;                      ///< what will have to go, as far as that is known beforehand
  std::vector<Leaving> leaving_;                         ///< a heap, the highest rank at the front
  std::uint64_t leaving_bytes_ = 0;
  bool is_cut_short_ = false;                            ///< some that may have to go are not among them
  std::uint64_t gone_ = 0;

  DiskEconomy::Removal removal_;
  Room released_;
  std::vector<Removal> removals_;
};

}  // namespace almanac::cache
