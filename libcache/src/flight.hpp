#pragma once

#include "mutex.hpp"

#include <almanac/cache/tier.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace almanac::cache {

/// What a flight came home with: an entry and where it was found, or the exception that ended it. Neither: its leader put
/// it down before it had come to anything, and whoever was on it boards again.
struct Landing {
  EntryPtr entry;
  std::string_view source;      ///< outlives the table: a literal, or a tier's name
  std::exception_ptr failure;
};

/// The look-ups under way in this process, one a key: the first thread leads, later ones wait for it and
/// share what it lands with.
///
/// A thread may lead several flights at a time: a make() that asks for other keys. And it may wait for several at a time: one
/// that asked for many. Nobody waits where waiting would never end, that is where a leader waits, directly or over others,
/// for this very thread: who would close such a circle goes alone, and makes what it needs without telling anybody.
///
/// Threads: thread-safe; the one lock is held for bookkeeping only, never while a leader works.
class FlightTable {
 private:
  struct Flight;

 public:
  enum class Role {
    leader,     ///< nobody is at it: work, then land()
    passenger,  ///< somebody is: wait()
    loner,      ///< waiting would never end: work, tell nobody
  };
  enum class Course {
    flying,
    landed,
    circular,  ///< its leader waits, directly or over others, for the thread that asks: go alone
  };

  /// A place on a flight, of the thread that boarded. A leader's that goes before it was landed puts the flight down.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept { *this = std::move(other); }
    Seat& operator=(Seat&& other) noexcept;
    ~Seat() { leave(); }
    explicit operator bool() const noexcept { return flight_ != nullptr; }

    Role role() const noexcept { return role_; }
    /// For a leader: how many flights had landed in this table when it took off.
    std::uint64_t landed_before() const noexcept { return landed_before_; }

   private:
    friend class FlightTable;
    void leave() noexcept;
    FlightTable* table_ = nullptr;
    Role role_ = Role::loner;
    std::uint64_t landed_before_ = 0;
    std::shared_ptr<Flight> flight_;
  };

  /// Joins the flight of this key or starts it. Waits for nothing.
  Seat board(const Key& key) ALMANAC_EXCLUDES(mutex_);

  /// Gives every passenger the landing and ends the flight. Once, by the leader.
  void land(Seat& seat, Landing landing) noexcept ALMANAC_EXCLUDES(mutex_);

  /// How it stands with a passenger's flight.
  Course course(const Seat& seat) ALMANAC_EXCLUDES(mutex_);

  /// What a passenger's flight has landed with, once it has.
  const Landing& landing(const Seat& seat) const noexcept;

  /// Blocks until the flight has landed, but no longer than that and not where it is circular. By a passenger.
  Course wait(const Seat& seat, std::chrono::nanoseconds longest) ALMANAC_EXCLUDES(mutex_);

  /// Blocks until one of the flights has landed, but no longer than that and not where one is circular. By a thread that
  /// is a passenger on each and needs all of them.
  void wait_for_any(std::span<const Seat* const> seats, std::chrono::nanoseconds longest) ALMANAC_EXCLUDES(mutex_);

  /// Flights landed so far. Who read this before looking in vain, and finds it unchanged when it takes
  /// off, knows that nobody has stored its key in between.
  std::uint64_t landed() const noexcept { return landed_.load(std::memory_order_acquire); }

 private:
  /// A thread that waits, on its own stack.
  struct Waiter {
    std::span<const Seat* const> seats;
    Condition wake;
  };
  class Waiting;

  struct Flight {
    explicit Flight(Key k) : key(std::move(k)) {}
    const Key key;
    const std::thread::id leader = std::this_thread::get_id();
    bool landed = false;
    Landing landing;                ///< not changed any more once landed
    std::vector<Waiter*> waiters;
    std::uint64_t visited = 0;      ///< by which search
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept { return std::hash<Id>()(key.id()); }
  };

  Course course_of(Flight& flight) ALMANAC_REQUIRES(mutex_);
  bool leads_back_here(Flight& flight) ALMANAC_REQUIRES(mutex_);

  Mutex mutex_;
  std::unordered_map<Key, std::shared_ptr<Flight>, KeyHash> flights_ ALMANAC_GUARDED_BY(mutex_);
  std::unordered_map<std::thread::id, const Waiter*> waiting_ ALMANAC_GUARDED_BY(mutex_);
  std::uint64_t searches_ ALMANAC_GUARDED_BY(mutex_) = 0;
  std::atomic<std::uint64_t> landed_{0};
};

}  // namespace almanac::cache
