#pragma once

#include "lease_record.hpp"
#include "living_processes.hpp"
#include "mutex.hpp"

#include <almanac/cache/key.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace almanac::cache {

struct LeaseOptions {
  std::filesystem::path folder;                      ///< made when missing
  std::chrono::nanoseconds interval = std::chrono::seconds(1);  ///< between heartbeats
  int silent_intervals = 10;                         ///< who was silent for so many is taken for vanished
  /// Called with a cause and one line, every time.
  std::function<void(std::string_view cause, std::string_view line)> warn;
  /// The waiter's clock; another one in tests.
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Who computes what, across processes: for each key under way a file `<id>.lease` in a shared folder.
///
/// It begins with exclusive create, and ends when the holder removes it. A holder that is known to be
/// dead, or was silent for too long, is not removed but *succeeded*: by exclusive create of
/// `<id>.<its token>.lease`; so is one who left the work undone, and says so in its file. Tokens are never
/// used twice, so of all who saw the same dead holder exactly one succeeds it, however late the others act
/// on what they saw, and nobody ever removes or replaces a lease that somebody else took in the meantime. The file at the end of the chain is the lease in force; its
/// holder removes the whole chain, oldest first, after checking each token.
///
/// What can go wrong costs a second computation, never an answer: leases guard nothing but time. A holder that
/// wakes after it was succeeded goes on, stores what is then already there, and ends the chain early. A folder that vanishes
/// takes its leases along. A process that dies leaves its files: who needs the key succeeds it, and the first lease that a
/// table takes clears what else the dead have left (see clear_leftovers()).
///
/// Threads: thread-safe. One thread beats for all leases held; it starts with the first. After fork() a child lets
/// the parent's table be.
class LeaseTable {
 private:
  struct Held;

 public:
  explicit LeaseTable(LeaseOptions options);
  ~LeaseTable();
  LeaseTable(const LeaseTable&) = delete;
  LeaseTable& operator=(const LeaseTable&) = delete;

  /// A lease in force until it is destroyed, which must be before the table is.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { release(); }
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// Ends it: removes its file, and those it succeeded. In a forked child: nothing.
    void release() noexcept;

    /// Ends it with the work undone, as if its holder had died: of those who wait one succeeds it. Where nobody does, the file
    /// stays until somebody needs the key.
    void leave() noexcept;

   private:
    friend class LeaseTable;
    Lease(LeaseTable* table, std::shared_ptr<Held> held) : table_(table), held_(std::move(held)) {}
    LeaseTable* table_ = nullptr;
    std::shared_ptr<Held> held_;
  };

  /// One file of a chain, and what it said.
  struct Link {
    std::filesystem::path path;
    std::string token;         ///< of an unreadable file: its place in the chain
    std::uint64_t beat = 0;
    ProcessIdentity holder;
    bool is_left = false;
  };

  /// What one waiter knows of the holder it waits for.
  class Watch {
   public:
    /// True once somebody else's lease was seen.
    bool has_waited() const noexcept { return !seen_.token.empty(); }

    /// True when the lease that was last seen was ended by its holder, as far as anybody knows: it was at work, and has
    /// not died. To be asked when the lease was granted after all.
    bool was_ended_by_its_holder() const {
      return has_waited() && seen_.beat != LeaseRecord::kClearing && !seen_.is_left && !seen_.holder.is_known_dead();
    }

   private:
    friend class LeaseTable;
    Link seen_;
    std::chrono::steady_clock::time_point last_look_{};
    std::chrono::nanoseconds silent_{0};
  };

  enum class Claim {
    granted,    ///< nobody held it
    inherited,  ///< its holder has left it, is dead or has vanished
    busy,       ///< somebody is at it
    unusable,   ///< the folder does not take leases; warned
  };
  struct Attempt {
    Claim claim;
    Lease lease;
  };

  /// One try, which waits for nothing. A waiter passes the same watch every time, and after the first time looks at no more
  /// than the file it saw in force, until that is gone or its holder is.
  /// Cost: some 50 µs, most of it system calls; of a waiter some 10 µs.
  Attempt try_acquire(const Id& id, Watch& watch) ALMANAC_EXCLUDES(mutex_);

  /// True when a try of any thread has found somebody else at it less than `ago` ago.
  bool was_busy(const Id& id, std::chrono::nanoseconds ago) ALMANAC_EXCLUDES(mutex_);

 private:
  struct Held {
    std::filesystem::path path;
    LeaseRecord record;
    std::vector<Link> succeeded;  ///< oldest first
    std::uint64_t beat = 0;       ///< of the beating thread alone
  };
  enum class Created { yes, exists, failed };

  /// Longer chains take as many deaths over one key as are not worth waiting for.
  static constexpr std::size_t kLongestChain = 64;

  std::filesystem::path base(const Id& id) const;
  std::vector<Link> chain(const Id& id) const;
  Created create(const std::filesystem::path& path, const LeaseRecord& record);
  std::filesystem::path successor(const Id& id, const Link& link) const;
  bool is_vanished(const Link& link, Watch& watch);
  bool is_still_held(Watch& watch);
  Attempt acquire(const Id& id, Watch& watch);
  void note_busy(const Id& id) ALMANAC_EXCLUDES(mutex_);
  Lease hold(std::filesystem::path path, LeaseRecord record, std::vector<Link> succeeded) ALMANAC_EXCLUDES(mutex_);
  void end(const Held& held, bool is_done) noexcept ALMANAC_EXCLUDES(mutex_);
  static bool mark_left(const Held& held);
  static void remove_files(const Held& held);
  void clear_leftovers(const std::filesystem::path& own) const noexcept;
  void clear_dead(const Id& id) const;
  void clear_loose(const Id& id, const std::filesystem::path& path, std::filesystem::file_time_type now) const;
  void beat() ALMANAC_EXCLUDES(mutex_);
  void warn(std::string_view cause, const std::string& line) const;

  void abandon() ALMANAC_THREAD_SAFETY(no_thread_safety_analysis);

  const LeaseOptions options_;
  LivingProcesses holders_;
  std::atomic<bool> cleared_{false};
  const std::int64_t owner_;  ///< the process that made this table; a forked child makes its own
  Mutex mutex_;
  Condition wake_;
  std::vector<std::shared_ptr<Held>> held_ ALMANAC_GUARDED_BY(mutex_);
  /// When somebody else was last seen to be at it.
  std::unordered_map<Id, std::chrono::steady_clock::time_point> seen_busy_ ALMANAC_GUARDED_BY(mutex_);
  bool stopping_ ALMANAC_GUARDED_BY(mutex_) = false;
  std::jthread beating_ ALMANAC_GUARDED_BY(mutex_);
};

}  // namespace almanac::cache
