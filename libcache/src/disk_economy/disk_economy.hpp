#pragma once

#include "disk_economy/usage_ledger.hpp"

#include "mutex.hpp"

#include <almanac/cache/maintenance.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

namespace almanac::cache {

class TemporaryFile;

/// Room under a tier's budget, kept together with all other processes of this machine. Without a budget and without a ledger in
/// the root nothing is read or written.
/// Threads: thread-safe.
class DiskEconomy {
 public:
  /// What came of an attempt to make room; busy: another process is at it.
  enum class Made { room, none, busy };

  /// `make_room`: somebody needs so many bytes, and an entry, below the budget; 0: only what is above the high-water mark goes.
  DiskEconomy(const std::string& root, DiskBudget budget, std::function<Made(std::uint64_t bytes)> make_room);

  const DiskBudget& budget() const noexcept { return budget_; }
  UsageLedger& ledger() noexcept { return ledger_; }

  /// True where what is stored and removed is to be entered.
  bool keeps_books() const { return !budget_.is_unlimited() || ledger_.is_there(); }

  /// Cleans, if more is held than the high-water mark allows.
  void keep_clean();

  /// Where a removal begins: what release() wants to know.
  struct Removal {
    bool is_entered = false;
    std::uint64_t number = 0;
  };
  Removal begin_removal();
  void release(const Removal& removal, std::uint64_t bytes, std::uint64_t entries = 1);

 private:
  friend class RoomOnDisk;
  enum class Answer { granted, not_entered, over, unknown, broken, unclear };
  Answer reserve(const UsageRecord& reservation, std::uint64_t& number);
  void enter(const UsageRecord& record);
  bool is_worth_a_try(const Room& held) const ALMANAC_EXCLUDES(mutex_);
  bool try_to_make_room(std::uint64_t bytes);

  const DiskBudget budget_;
  UsageLedger ledger_;
  const std::function<Made(std::uint64_t)> make_room_;
  std::atomic<bool> is_high_{false};
  mutable Mutex mutex_;
  struct Futile {
    Room held;
    std::chrono::steady_clock::time_point when;
  };
  std::optional<Futile> futile_ ALMANAC_GUARDED_BY(mutex_);  ///< the last cleaning, where it has not helped
};

/// Room for one file in the making. To be made before its temporary file, so that it ends after that is gone.
class RoomOnDisk {
 public:
  RoomOnDisk(DiskEconomy& economy, const Id& id) : economy_(economy), id_(id) {}
  ~RoomOnDisk();
  RoomOnDisk(const RoomOnDisk&) = delete;
  RoomOnDisk& operator=(const RoomOnDisk&) = delete;

  /// Takes it, and cleans where there is too little. Before a byte is written. Errors: no_space ← the entry passes by.
  Status take(const TemporaryFile& temporary, std::uint64_t bytes);
  bool is_refused() const noexcept { return is_refused_; }

  /// The finished file of that number has its place. What is under the temporary name now was there before, and goes.
  void committed(TemporaryFile& temporary, ino_t ours);

 private:
  DiskEconomy& economy_;
  const Id id_;
  std::string path_;                            ///< of the temporary file
  std::optional<UsageRecord> reservation_;
  DiskEconomy::Removal removal_;
  std::uint64_t bytes_ = 0, freed_ = 0;
  bool is_committed_ = false, is_refused_ = false;
};

/// The token that a temporary name ends in, as reservations have it; 0: it has none.
std::uint64_t token_in(std::string_view temporary_name) noexcept;

/// What may be held before cleaning begins, and is held when it ends.
std::uint64_t high_water(std::uint64_t budget) noexcept;
std::uint64_t low_water(std::uint64_t budget) noexcept;

}  // namespace almanac::cache
