#pragma once

#include "lease.hpp"
#include "mutex.hpp"

#include <almanac/cache/tier.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <thread>

namespace almanac::cache {

class KindCounters;

/// What was computed and is in memory already, on its way beyond: one thread writes what waits, one after the other in the order it
/// came. What waits is found here, whatever memory does with it meanwhile, and a lease that was taken for it lasts until it is
/// written: nobody makes it twice.
///
/// It is bounded: what finds no place its owner writes himself. What is killed with the process was never promised to be anywhere.
/// Threads: thread-safe. Nothing is written, and no entry let go of, under the lock. In a forked child it is empty, and takes nothing:
/// thread and lock stayed with the parent.
class WriteBackQueue {
 public:
  struct Item {
    EntryPtr entry;
    std::chrono::nanoseconds cost{0};   ///< by which it is admitted
    KindCounters* kind = nullptr;
    LeaseTable::Lease lease{};
    std::uint64_t number = 0;           ///< of all that came, from 1
  };

  /// `write` is called for each item, from the queue's thread.
  WriteBackQueue(std::uint64_t most_bytes, std::function<void(Item&)> write);
  /// What waits is written first.
  ~WriteBackQueue();
  WriteBackQueue(const WriteBackQueue&) = delete;
  WriteBackQueue& operator=(const WriteBackQueue&) = delete;

  /// False: there is no place for it, and it stays what it was.
  bool push(Item& item) ALMANAC_EXCLUDES(mutex_);

  /// What waits under this key, or is being written, and reaches farthest; nullptr: nothing.
  EntryPtr find(const Key& key) ALMANAC_EXCLUDES(mutex_);

  /// Whatever waits under this key is not written any more; what is being written is waited for. True: there was something.
  bool cancel(const Key& key) ALMANAC_EXCLUDES(mutex_);

  /// The same for all of which `is_meant` gives true; it is called without the lock. Gives how many.
  std::size_t cancel_if(const std::function<bool(const Entry&)>& is_meant) ALMANAC_EXCLUDES(mutex_);

  /// Waits until all is written that has come so far. From the queue's own thread: at once.
  void flush() ALMANAC_EXCLUDES(mutex_);

 private:
  static constexpr std::size_t kMostItems = 256;

  bool is_ours() const noexcept;
  void work() ALMANAC_EXCLUDES(mutex_);
  void take_out(std::span<const EntryPtr> meant) ALMANAC_EXCLUDES(mutex_);

  const std::uint64_t most_bytes_;
  const std::function<void(Item&)> write_;
  const std::int64_t owner_;                   ///< the process that made it
  std::atomic<std::size_t> occupied_{0};       ///< items that wait or are being written: look-ups ask this first
  Mutex mutex_;
  Condition arrived_, done_;
  std::deque<Item> waiting_ ALMANAC_GUARDED_BY(mutex_);
  EntryPtr being_written_ ALMANAC_GUARDED_BY(mutex_);
  std::uint64_t bytes_ ALMANAC_GUARDED_BY(mutex_) = 0;   ///< of all that waits or is being written
  std::uint64_t came_ ALMANAC_GUARDED_BY(mutex_) = 0;
  std::uint64_t writing_ ALMANAC_GUARDED_BY(mutex_) = 0; ///< the number of what is being written; 0: nothing is
  bool stopping_ ALMANAC_GUARDED_BY(mutex_) = false;
  std::jthread thread_ ALMANAC_GUARDED_BY(mutex_);
};

}  // namespace almanac::cache
