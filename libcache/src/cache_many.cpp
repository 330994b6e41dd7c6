#include "cache_state.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

namespace almanac::cache {

/// One call for many. The requests of one key are one group, made once and to the farthest that any of them asks for.
///
/// Between two looks this thread holds neither flight nor lease: what it cannot make at once is anybody's. So of many
/// threads and processes that are after the same keys each makes those that nobody else is at, and only who finds
/// nothing left to make waits.
class Cache::State::Gathering {
 public:
  using Arrived = std::function<void(std::size_t, Outcome&)>;

  Gathering(State& state, std::span<const Request> requests, const Arrived& arrived);
  std::vector<Outcome> run();

 private:
  struct Group {
    explicit Group(KindCounters& counters) : kind(&counters) {}

    KindCounters* kind;
    std::vector<std::size_t> open;     ///< places of the requests that are not answered yet
    EntryPtr prior;
    EntryPtr known;                    ///< the prior as it was before another process was waited for
    FlightTable::Seat seat;            ///< as a passenger: another thread is at it
    LeaseTable::Watch watch;           ///< another process is at it …
    Clock::time_point next_look{};     ///< … and it is left alone until then
    Patience patience;
    bool has_waited = false;
    std::optional<Clock::time_point> begin;  ///< of what is told as elapsed; nullopt: it waits for its turn here
  };

  void look(Group& group);
  void advance(Group& group);
  bool is_at_rest(Group& group);
  bool is_known_busy(Group& group);
  bool leave_alone(Group& group) const;
  void lead(Group& group, FlightTable::Seat seat);
  void step_back(Group& group, FlightTable::Seat& seat, const std::exception_ptr& failure);
  void remake(Group& group);
  void wait();

  const Request& farthest(const Group& group) const;
  bool any(const Group& group, bool Request::*wish) const;
  void land(Group& group, FlightTable::Seat& seat, Landing landing);
  void answer(Group& group, const Landing& landing, std::int64_t reach);
  void fail(Group& group, const std::exception_ptr& failure);
  void let_go(Group& group);
  void announce();

  static constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

  State& state_;
  const std::span<const Request> requests_;
  const Arrived& arrived_;
  std::vector<Outcome> outcomes_;
  std::vector<Group> groups_;          ///< those with open requests
  Clock::time_point due_{};            ///< what was to be looked at until then is
  std::vector<std::size_t> arrivals_;  ///< answered, and not told yet
};

Cache::State::Gathering::Gathering(State& state, std::span<const Request> requests, const Arrived& arrived)
    : state_(state), requests_(requests), arrived_(arrived), outcomes_(requests.size()) {
  struct KeyHash {
    std::size_t operator()(const Key* key) const noexcept { return std::hash<Id>()(key->id()); }
  };
  struct KeyEqual {
    bool operator()(const Key* a, const Key* b) const noexcept { return *a == *b; }
  };
  std::unordered_map<const Key*, std::size_t, KeyHash, KeyEqual> places;
  for (std::size_t place = 0; place < requests.size(); ++place) {
    const Key& key = requests[place].key;
    const auto [group, is_new] = places.emplace(&key, groups_.size());
    if (is_new) groups_.emplace_back(state.kinds.of(key.kind()));
    groups_[group->second].open.push_back(place);
  }
  arrivals_.reserve(requests.size());
}

std::vector<Cache::Outcome> Cache::State::Gathering::run() {
  const auto for_each = [this](auto&& step) {
    bool any_answered = false;
    for (Group& group : groups_) {
      try {
        step(group);
      } catch (...) {
        fail(group, std::current_exception());
      }
      any_answered |= !arrivals_.empty();
      announce();
    }
    std::erase_if(groups_, [](const Group& group) { return group.open.empty(); });
    return any_answered;
  };
  for_each([this](Group& group) {
    look(group);
    if (!group.seat) group.begin.reset();  // nobody is at it
  });
  while (!groups_.empty()) {
    due_ = std::max(due_, Clock::now());
    if (!for_each([this](Group& group) { advance(group); }) && !groups_.empty()) wait();
  }
  return std::move(outcomes_);
}

/// The open request that asks for most: what it makes does for all of them.
const Request& Cache::State::Gathering::farthest(const Group& group) const {
  return requests_[*std::ranges::max_element(group.open, {}, [&](std::size_t place) { return requests_[place].coverage; })];
}

bool Cache::State::Gathering::any(const Group& group, bool Request::*wish) const {
  return std::ranges::any_of(group.open, [&](std::size_t place) { return requests_[place].*wish; });
}

/// The first look, as a single request has it, but that nothing is made.
void Cache::State::Gathering::look(Group& group) {
  group.begin = Clock::now();
  if (any(group, &Request::recompute)) return;
  const Request& request = farthest(group);
  if (state_.tiers.size() > 0) {
    EntryPtr entry = state_.tiers.get(0, request.key);
    if (reaches(entry, request.coverage)) return answer(group, {std::move(entry), state_.tiers.name(0), {}}, kAll);
    group.prior = std::move(entry);
  }
  FlightTable::Seat seat = state_.flights.board(request.key);
  if (seat.role() == FlightTable::Role::passenger) {
    group.seat = std::move(seat);
  } else if (auto found = state_.look(request, 1, group.prior); found.entry) {
    return land(group, seat, state_.from_tier(std::move(found)));
  }
  if (!group.prior) return;
  // It reaches as far as some of the requests for this key need.
  const std::int64_t reach = coverage_of(group.prior->artifact.attributes());
  EntryPtr unused;
  if (std::ranges::none_of(group.open, [&](std::size_t place) { return requests_[place].coverage <= reach; })) return;
  if (auto found = state_.tiers.look(request.key, reach, 0, unused); found.entry) {
    answer(group, state_.from_tier(std::move(found)), reach);
  }
}

/// Answers the group if that takes no waiting: it has arrived, or can be made here and now.
void Cache::State::Gathering::advance(Group& group) {
  if (!group.begin) group.begin = Clock::now();
  let_go(group);
  if (group.open.empty()) return;
  if (any(group, &Request::recompute)) return remake(group);
  if (is_at_rest(group) || is_known_busy(group)) return;
  FlightTable::Seat seat = state_.flights.board(farthest(group).key);
  if (seat.role() == FlightTable::Role::passenger) {
    group.seat = std::move(seat);
  } else {
    lead(group, std::move(seat));
  }
}

/// True when there is nothing to do here: answered, or somebody else is at it.
bool Cache::State::Gathering::is_at_rest(Group& group) {
  if (!group.seat) return group.next_look > due_;
  const FlightTable::Course course = state_.flights.course(group.seat);
  if (course == FlightTable::Course::flying) return true;
  Landing landing;
  if (course == FlightTable::Course::landed) landing = state_.flights.landing(group.seat);
  group.seat = {};  // circular: who boards again goes alone
  if (landing.failure) fail(group, landing.failure);
  if (landing.entry) {
    group.has_waited = true;
    group.patience.end();
    if (landing.source == kComputed) landing.source = kJoined;
    answer(group, landing, coverage_of(landing.entry->artifact.attributes()));
    group.prior = farther(std::move(group.prior), std::move(landing.entry));
  }
  return group.open.empty();
}

/// True when it was answered, or is left alone since another thread of this process, which may be after the same keys, has
/// just looked and found another process at it. What that thread finds next time will be in the nearest tier.
bool Cache::State::Gathering::is_known_busy(Group& group) {
  const Request& request = farthest(group);
  if (!state_.leases || !state_.leases->was_busy(request.key.id(), group.patience.pause(Clock::now()))) return false;
  auto found = state_.tiers.look_again(request.key, request.coverage, 0, 1, group.prior);
  if (!found.entry) return leave_alone(group);
  Landing landing = state_.from_tier(std::move(found));
  landing.source = kJoined;
  answer(group, landing, kAll);
  return true;
}

/// Until its next look; false ← patience is over.
bool Cache::State::Gathering::leave_alone(Group& group) const {
  const auto now = Clock::now();
  if (group.patience.is_over(now, state_.options.lease_wait)) return false;
  group.has_waited = true;
  group.next_look = group.patience.next_look(now, state_.options.lease_wait);
  return true;
}

/// With a flight of its own, or with none: then nobody is told, and nobody waited for.
void Cache::State::Gathering::lead(Group& group, FlightTable::Seat seat) {
  const Request& request = farthest(group);
  auto found = state_.find_waiting(request.key, request.coverage, group.prior);
  if (!found.entry) found = state_.tiers.look_again(request.key, request.coverage, 0, state_.tiers.size(), group.prior);
  if (found.entry) {
    Landing landing = state_.from_tier(std::move(found));
    if (group.has_waited) landing.source = kJoined;
    return land(group, seat, std::move(landing));
  }
  LeaseTable::Lease lease;
  if (seat && state_.is_worth_a_lease(request, *group.kind)) {
    if (!group.watch.has_waited()) group.known = group.prior;
    Turn turn = state_.take_turn(request, group.prior, group.known, group.watch);
    if (turn.landing.entry) return land(group, seat, std::move(turn.landing));
    if (turn.is_busy && leave_alone(group)) return;
    lease = std::move(turn.lease);
  }
  Landing landing;
  try {
    landing = state_.make(request, *group.kind, group.prior, any(group, &Request::keep), lease);
  } catch (...) {
    landing.failure = std::current_exception();
    if (gives_up(request)) {
      lease.leave();
      return step_back(group, seat, landing.failure);
    }
  }
  land(group, seat, std::move(landing));
}

/// Who made it was interrupted: that is for those who gave up. For the others it is still to be made, here or elsewhere.
void Cache::State::Gathering::step_back(Group& group, FlightTable::Seat& seat, const std::exception_ptr& failure) {
  if (seat) state_.flights.land(seat, {});
  const std::size_t maker = static_cast<std::size_t>(&farthest(group) - requests_.data());
  Group stopped(*group.kind);
  std::erase_if(group.open, [&](std::size_t place) {
    if (place != maker && !gives_up(requests_[place])) return false;
    stopped.open.push_back(place);
    return true;
  });
  fail(stopped, failure);
}

void Cache::State::Gathering::remake(Group& group) {
  try {
    answer(group, state_.remake(farthest(group), *group.kind), kAll);
  } catch (...) {
    // Those who did not ask for it anew may still be answered by what is there.
    Group anew(*group.kind);
    std::ranges::copy_if(group.open, std::back_inserter(anew.open), [&](std::size_t place) { return requests_[place].recompute; });
    fail(anew, std::current_exception());
    std::erase_if(group.open, [&](std::size_t place) { return requests_[place].recompute; });
  }
}

/// Until something has landed in this process, or it is time to look what others do, or to ask who gives up.
void Cache::State::Gathering::wait() {
  const auto now = Clock::now();
  auto until = now + std::chrono::hours(1);
  std::vector<const FlightTable::Seat*> seats;
  for (Group& group : groups_) {
    group.has_waited = true;
    if (group.seat) {
      seats.push_back(&group.seat);
    } else {
      group.patience.begin(now);
      until = std::min(until, group.next_look);
    }
    const auto may_give_up = [&](std::size_t place) { return static_cast<bool>(requests_[place].give_up); };
    if (std::ranges::any_of(group.open, may_give_up)) until = std::min(until, now + Patience::kBetweenQuestions);
  }
  if (seats.empty()) {
    std::this_thread::sleep_until(until);
  } else {
    state_.flights.wait_for_any(seats, until - now);
  }
  // What is due a little later is looked at in the same round.
  if (Clock::now() >= until) due_ = until + (until - now) / 4;
}

void Cache::State::Gathering::land(Group& group, FlightTable::Seat& seat, Landing landing) {
  if (seat) state_.flights.land(seat, landing);
  if (landing.failure) return fail(group, landing.failure);
  answer(group, landing, kAll);
}

/// Answers the open requests that ask for no more than `reach`. Of what was made here the one that asked for most is told
/// that it was computed, the others that they joined.
void Cache::State::Gathering::answer(Group& group, const Landing& landing, std::int64_t reach) {
  const Request* maker = landing.source == kComputed ? &farthest(group) : nullptr;
  std::erase_if(group.open, [&](std::size_t place) {
    if (requests_[place].coverage > reach) return false;
    Landing own = landing;
    if (maker && maker != &requests_[place]) own.source = kJoined;
    outcomes_[place].answer = state_.answer(std::move(own), *group.kind, *group.begin);
    arrivals_.push_back(place);
    return true;
  });
}

void Cache::State::Gathering::fail(Group& group, const std::exception_ptr& failure) {
  for (const std::size_t place : group.open) {
    outcomes_[place].failure = failure;
    arrivals_.push_back(place);
  }
  group.open.clear();
}

/// Whoever gives up is answered with nothing.
void Cache::State::Gathering::let_go(Group& group) {
  std::erase_if(group.open, [&](std::size_t place) {
    if (!gives_up(requests_[place])) return false;
    outcomes_[place].answer = state_.answer({}, *group.kind, *group.begin);
    arrivals_.push_back(place);
    return true;
  });
}

void Cache::State::Gathering::announce() {
  if (arrived_) {
    for (const std::size_t place : arrivals_) arrived_(place, outcomes_[place]);
  }
  arrivals_.clear();
}

std::vector<Cache::Outcome> Cache::get_many(std::span<const Request> requests,
                                            const std::function<void(std::size_t, Outcome&)>& arrived) {
  return State::Gathering(*state_, requests, arrived).run();
}

std::vector<EntryPtr> Cache::put_many(std::span<const EntryPtr> entries) {
  std::vector<EntryPtr> stored;
  stored.reserve(entries.size());
  for (const EntryPtr& entry : entries) {
    stored.push_back(entry ? state_->tiers.store(entry, state_->settings_of(entry->key.kind())) : nullptr);
  }
  return stored;
}

}  // namespace almanac::cache
