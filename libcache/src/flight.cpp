#include "flight.hpp"

#include <algorithm>

namespace almanac::cache {

/// Has the waiter known to those who look for circles, and woken by its flights. Lives under the table's lock.
class FlightTable::Waiting {
 public:
  Waiting(FlightTable& table, Waiter& waiter) : table_(table), waiter_(waiter) {
    try {
      enter();
    } catch (...) {
      leave();
      throw;
    }
  }
  ~Waiting() { leave(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  void enter() ALMANAC_THREAD_SAFETY(no_thread_safety_analysis) {
    table_.waiting_.emplace(std::this_thread::get_id(), &waiter_);
    for (const Seat* seat : waiter_.seats) seat->flight_->waiters.push_back(&waiter_);
  }
  void leave() noexcept ALMANAC_THREAD_SAFETY(no_thread_safety_analysis) {
    for (const Seat* seat : waiter_.seats) std::erase(seat->flight_->waiters, &waiter_);
    table_.waiting_.erase(std::this_thread::get_id());
  }

  FlightTable& table_;
  Waiter& waiter_;
};

FlightTable::Seat& FlightTable::Seat::operator=(Seat&& other) noexcept {
  if (this != &other) {
    leave();
    table_ = other.table_;
    role_ = other.role_;
    landed_before_ = other.landed_before_;
    flight_ = std::move(other.flight_);
  }
  return *this;
}

void FlightTable::Seat::leave() noexcept {
  // Its passengers board again, and one of them leads.
  if (flight_ && role_ == Role::leader) table_->land(*this, {});
  flight_.reset();
}

/// Follows leader → what it waits for → its leaders …, each flight once. A flight that has landed holds nobody up, though
/// its passengers may not have noticed yet.
bool FlightTable::leads_back_here(Flight& flight) {
  if (flight.landed || flight.visited == searches_) return false;
  flight.visited = searches_;
  if (flight.leader == std::this_thread::get_id()) return true;
  const auto waits = waiting_.find(flight.leader);
  if (waits == waiting_.end()) return false;
  return std::ranges::any_of(waits->second->seats, [this](const Seat* seat) ALMANAC_REQUIRES(mutex_) {
    return leads_back_here(*seat->flight_);
  });
}

FlightTable::Course FlightTable::course_of(Flight& flight) {
  if (flight.landed) return Course::landed;
  ++searches_;
  return leads_back_here(flight) ? Course::circular : Course::flying;
}

FlightTable::Seat FlightTable::board(const Key& key) {
  Seat seat;
  seat.table_ = this;
  const MutexLock lock(mutex_);
  const auto found = flights_.find(key);
  if (found == flights_.end()) {
    auto flight = std::make_shared<Flight>(key);
    flights_.emplace(key, flight);
    seat.flight_ = std::move(flight);
    seat.role_ = Role::leader;
    seat.landed_before_ = landed_.load(std::memory_order_relaxed);
  } else if (course_of(*found->second) == Course::flying) {
    seat.flight_ = found->second;
    seat.role_ = Role::passenger;
  }
  return seat;
}

void FlightTable::land(Seat& seat, Landing landing) noexcept {
  const std::shared_ptr<Flight> flight = std::move(seat.flight_);
  const MutexLock lock(mutex_);
  flight->landing = std::move(landing);
  flight->landed = true;
  flights_.erase(flight->key);
  landed_.fetch_add(1, std::memory_order_release);
  for (Waiter* waiter : flight->waiters) waiter->wake.notify_all();
}

FlightTable::Course FlightTable::course(const Seat& seat) {
  const MutexLock lock(mutex_);
  return course_of(*seat.flight_);
}

const Landing& FlightTable::landing(const Seat& seat) const noexcept { return seat.flight_->landing; }

FlightTable::Course FlightTable::wait(const Seat& seat, std::chrono::nanoseconds longest) {
  const Seat* const one[] = {&seat};
  wait_for_any(one, longest);
  return course(seat);
}

void FlightTable::wait_for_any(std::span<const Seat* const> seats, std::chrono::nanoseconds longest) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::min<std::chrono::nanoseconds>(longest, std::chrono::hours(24));
  Waiter waiter{seats, {}};
  const MutexLock lock(mutex_);
  // In the same step as this thread is entered as waiting: of two that close a circle the second one sees it.
  const auto holds_nobody_up = [this](const Seat* seat) ALMANAC_REQUIRES(mutex_) {
    return course_of(*seat->flight_) != Course::flying;
  };
  if (std::ranges::any_of(seats, holds_nobody_up)) return;
  const Waiting waiting(*this, waiter);
  const auto has_landed = [](const Seat* seat) { return seat->flight_->landed; };
  while (std::ranges::none_of(seats, has_landed)) {
    const auto now = Clock::now();
    if (now >= deadline) return;
    waiter.wake.wait_for(mutex_, deadline - now);
  }
}

}  // namespace almanac::cache
