#pragma once

#include "mutex.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace almanac::cache {

/// A lock with several doors. Who only looks goes in by one of them, that of the core it runs on, and writes no memory
/// that other cores write; who changes something closes them all. Looking is therefore as quick on many cores as on one.
/// Who waits sleeps, so that one that was put to sleep inside its door gets its turn. Taken through DoorPass and
/// DoorsClosed alone.
class ALMANAC_THREAD_SAFETY(capability("mutex")) DoorLock {
 public:
  static constexpr std::size_t kMostDoors = 8;

  /// How many this machine needs: one a core, as far as they go.
  static std::size_t doors() noexcept;

  /// What is counted at a door, which costs nothing there: under the door, or with all of them closed.
  struct alignas(64) Door {
    std::mutex mutex;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };

 private:
  friend class DoorPass;
  friend class DoorsClosed;

  /// The door of this core; a thread that is moved to another one meanwhile still has it.
  static std::size_t nearest_door() noexcept;

  std::array<Door, kMostDoors> doors_;
};

/// Stands in one door for its own lifetime.
class ALMANAC_THREAD_SAFETY(scoped_lockable) DoorPass {
 public:
  explicit DoorPass(DoorLock& lock) ALMANAC_THREAD_SAFETY(acquire_shared_capability(lock))
      : number_(DoorLock::nearest_door()), door_(lock.doors_[number_]) {
    door_.mutex.lock();
  }
  ~DoorPass() ALMANAC_THREAD_SAFETY(release_capability()) { door_.mutex.unlock(); }
  DoorPass(const DoorPass&) = delete;
  DoorPass& operator=(const DoorPass&) = delete;

  std::size_t number() const noexcept { return number_; }
  DoorLock::Door& door() noexcept { return door_; }

 private:
  const std::size_t number_;
  DoorLock::Door& door_;
};

/// Keeps all doors closed for its own lifetime.
class ALMANAC_THREAD_SAFETY(scoped_lockable) DoorsClosed {
 public:
  explicit DoorsClosed(DoorLock& lock) ALMANAC_THREAD_SAFETY(acquire_capability(lock)) : lock_(lock) {
    for (std::size_t i = 0; i < DoorLock::doors(); ++i) lock_.doors_[i].mutex.lock();
  }
  ~DoorsClosed() ALMANAC_THREAD_SAFETY(release_capability()) {
    for (std::size_t i = DoorLock::doors(); i > 0; --i) lock_.doors_[i - 1].mutex.unlock();
  }
  DoorsClosed(const DoorsClosed&) = delete;
  DoorsClosed& operator=(const DoorsClosed&) = delete;

  /// What was counted at all doors.
  std::uint64_t hits() const noexcept { return sum(&DoorLock::Door::hits); }
  std::uint64_t misses() const noexcept { return sum(&DoorLock::Door::misses); }

 private:
  std::uint64_t sum(std::uint64_t DoorLock::Door::* count) const noexcept {
    std::uint64_t all = 0;
    for (const DoorLock::Door& door : lock_.doors_) all += door.*count;
    return all;
  }

  DoorLock& lock_;
};

}  // namespace almanac::cache
