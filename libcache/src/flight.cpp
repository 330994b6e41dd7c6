#include "flight.hpp"

namespace almanac::cache {

/// Follows leader → what it waits for → its leader …, which ends, since no cycle is ever closed. A flight that has
/// landed holds nobody up, though its passengers may not have noticed yet.
bool FlightTable::leads_back_here(const Flight& flight) const {
  const auto here = std::this_thread::get_id();
  for (const Flight* next = &flight; !next->landed;) {
    if (next->leader == here) return true;
    const auto waits = waiting_.find(next->leader);
    if (waits == waiting_.end()) return false;
    next = waits->second;
  }
  return false;
}

FlightTable::Seat FlightTable::board(const Key& key) {
  Seat seat;
  const MutexLock lock(mutex_);
  const auto found = flights_.find(key);
  if (found == flights_.end()) {
    seat.flight_ = std::make_shared<Flight>(key);
    flights_.emplace(key, seat.flight_);
    seat.role_ = Role::leader;
    seat.landed_before_ = landed_.load(std::memory_order_relaxed);
  } else if (!leads_back_here(*found->second)) {
    seat.flight_ = found->second;
    seat.role_ = Role::passenger;
    waiting_.emplace(std::this_thread::get_id(), found->second.get());
  }
  return seat;
}

void FlightTable::land(Seat& seat, Landing landing) {
  Flight& flight = *seat.flight_;
  const MutexLock lock(mutex_);
  flight.landing = std::move(landing);
  flight.landed = true;
  flights_.erase(flight.key);
  landed_.fetch_add(1, std::memory_order_release);
  flight.arrival.notify_all();
}

Landing FlightTable::wait(Seat& seat) {
  Flight& flight = *seat.flight_;
  const MutexLock lock(mutex_);
  while (!flight.landed) flight.arrival.wait(mutex_);
  waiting_.erase(std::this_thread::get_id());
  return flight.landing;
}

}  // namespace almanac::cache
