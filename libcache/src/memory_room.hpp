#pragma once

#include <almanac/cache/policy.hpp>

#include <atomic>
#include <cstdint>

namespace almanac::cache {

/// One budget, which may change, and what is taken of it.
struct Account {
  std::atomic<std::uint64_t> budget;
  std::atomic<std::uint64_t> taken{0};

  /// Takes so much; else gives what is missing, and takes nothing. What is more than the whole budget is never to be had.
  std::uint64_t take(std::uint64_t much) noexcept {
    const std::uint64_t all = budget.load(std::memory_order_relaxed);
    std::uint64_t now = taken.load(std::memory_order_relaxed);
    do {
      if (much > all) return much;
      if (now > all - much) return now - (all - much);
    } while (!taken.compare_exchange_weak(now, now + much, std::memory_order_relaxed));
    return 0;
  }
  void give_back(std::uint64_t much) noexcept { taken.fetch_sub(much, std::memory_order_relaxed); }

  /// What is taken beyond a budget that became smaller.
  std::uint64_t excess() const noexcept {
    const std::uint64_t now = taken.load(std::memory_order_relaxed), all = budget.load(std::memory_order_relaxed);
    return now > all ? now - all : 0;
  }
};

/// What is held and what is on its way in: the sum never exceeds the budgets.
struct Accounts {
  Account bytes, entries;
};

/// Room taken for an entry on its way in; given back unless it got there.
class Reservation {
 public:
  explicit Reservation(Accounts& accounts) noexcept : accounts_(accounts) {}
  ~Reservation() { give_back(); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// Takes all of it; else gives what is missing, and takes nothing.
  Shortage take(Shortage room) noexcept {
    if (const std::uint64_t bytes = accounts_.bytes.take(room.bytes); bytes > 0) return {bytes, 0};
    if (const std::uint64_t entries = accounts_.entries.take(room.entries); entries > 0) {
      accounts_.bytes.give_back(room.bytes);
      return {0, entries};
    }
    room_.bytes += room.bytes;
    room_.entries += room.entries;
    return {};
  }
  const Shortage& room() const noexcept { return room_; }
  void keep() noexcept { room_ = {}; }
  void give_back() noexcept {
    accounts_.bytes.give_back(room_.bytes);
    accounts_.entries.give_back(room_.entries);
    room_ = {};
  }

 private:
  Accounts& accounts_;
  Shortage room_;
};

}  // namespace almanac::cache
