#pragma once

#include "mutex.hpp"

#include <almanac/cache/tier.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <thread>
#include <unordered_map>

namespace almanac::cache {

/// What a flight came home with: an entry and where it was found, or the exception that ended it.
struct Landing {
  EntryPtr entry;
  std::string_view source;      ///< outlives the table: a literal, or a tier's name
  std::exception_ptr failure;
};

/// The look-ups under way in this process, one a key: the first thread leads, later ones wait for it and
/// share what it lands with.
/// Threads: thread-safe; the one lock is held for bookkeeping only, never while a leader works.
class FlightTable {
 private:
  struct Flight;

 public:
  enum class Role {
    leader,     ///< nobody is at it: work, then land()
    passenger,  ///< somebody is: wait()
    loner,      ///< waiting would never end, the leader waits for this thread: work, tell nobody
  };

  /// A place on a flight. A leader's must be landed before it goes.
  class Seat {
   public:
    Role role() const noexcept { return role_; }
    /// For a leader: how many flights had landed in this table when it took off.
    std::uint64_t landed_before() const noexcept { return landed_before_; }

   private:
    friend class FlightTable;
    Role role_ = Role::loner;
    std::uint64_t landed_before_ = 0;
    std::shared_ptr<Flight> flight_;
  };

  /// Joins the flight of this key or starts it. A thread may lead several at a time: a make() that asks
  /// for other keys. A loner is who asks for a key that it is making itself, or that another thread makes which waits,
  /// directly or over others, for this one.
  Seat board(const Key& key) ALMANAC_EXCLUDES(mutex_);

  /// Gives every passenger the landing and ends the flight. Once, by the leader.
  void land(Seat& seat, Landing landing) ALMANAC_EXCLUDES(mutex_);

  /// Blocks until the leader has landed. By a passenger.
  Landing wait(Seat& seat) ALMANAC_EXCLUDES(mutex_);

  /// Flights landed so far. Who read this before looking in vain, and finds it unchanged when it takes
  /// off, knows that nobody has stored its key in between.
  std::uint64_t landed() const noexcept { return landed_.load(std::memory_order_acquire); }

 private:
  struct Flight {
    explicit Flight(Key k) : key(std::move(k)) {}
    const Key key;
    const std::thread::id leader = std::this_thread::get_id();
    bool landed = false;
    Landing landing;
    Condition arrival;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept { return std::hash<Id>()(key.id()); }
  };

  bool leads_back_here(const Flight& flight) const ALMANAC_REQUIRES(mutex_);

  Mutex mutex_;
  std::unordered_map<Key, std::shared_ptr<Flight>, KeyHash> flights_ ALMANAC_GUARDED_BY(mutex_);
  std::unordered_map<std::thread::id, const Flight*> waiting_ ALMANAC_GUARDED_BY(mutex_);  ///< thread → what it waits for
  std::atomic<std::uint64_t> landed_{0};
};

}  // namespace almanac::cache
