#include "cache_state.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace almanac::cache {
namespace {

/// Durations that can be reckoned with: whoever waits for years waits for ever, and who beats without a pause never beats.
CacheOptions checked(CacheOptions options) {
  options.lease_wait = std::clamp<std::chrono::milliseconds>(options.lease_wait, std::chrono::milliseconds(0),
                                                             std::chrono::hours(24 * 365));
  options.lease_interval = std::clamp<std::chrono::milliseconds>(options.lease_interval, std::chrono::milliseconds(1),
                                                                 std::chrono::hours(1));
  return options;
}

LeaseOptions lease_options(const CacheOptions& options, Warnings& warnings) {
  LeaseOptions lease;
  lease.folder = options.lease_folder;
  lease.interval = options.lease_interval;
  // What keeps leases from being taken mostly keeps entries from being stored, and is told once, then.
  lease.warn = [&warnings](std::string_view cause, std::string_view line) { warnings.hold(cause, line); };
  return lease;
}

}  // namespace

Cache::State::State(std::vector<std::unique_ptr<Tier>> all, CacheOptions given)
    : options(checked(std::move(given))), warnings(options.warn), tiers(std::move(all), warnings, options.speeds, options.cold_start) {
  if (!options.lease_folder.empty() && tiers.size() > 0) leases.emplace(lease_options(options, warnings));
  if (!options.trace_file.empty()) trace.emplace(options.trace_file, warnings);
  if (!options.statistics_root.empty()) {
    statistics.emplace(options.statistics_root,
                       ProcessStatistics::Source{[this] { return ProcessStatistics::Counted{metrics(), tiers.speeds()}; },
                                                 [this](const Tier::VisitUse& visit) { tiers.take_uses(visit); }});
  }
  open_write_back();
}

/// What is stored nowhere that others look has none: they would wait in vain. What costs nobody knows yet gets one: it is a few
/// system calls, and a wrong guess the other way a second computation.
bool Cache::State::is_worth_a_lease(const Request& request, const KindCounters& kind) const {
  if (!leases) return false;
  const KindSettings& settings = settings_of(request.key.kind());
  const bool is_stored_by_name_alone = settings.write == WriteMode::read_through || settings.write == WriteMode::cache_aside;
  if ((is_stored_by_name_alone && !request.keep) || !tiers.is_shared(settings)) return false;
  const std::chrono::nanoseconds measured(kind.last_cost.load(std::memory_order_relaxed));
  if (request.estimate.count() <= 0 && measured.count() < 0) return true;
  return std::max(request.estimate, measured) >= options.lease_threshold;
}

Landing Cache::State::from_tier(TierChain::Found found) {
  const KindSettings& settings = settings_of(found.entry->key.kind());
  return {tiers.promote(std::move(found.entry), found.index, settings), tiers.name(found.index), {}};
}

/// Makes, times and dresses up the artifact. Made from a prior, it cost what that cost as well.
EntryPtr Cache::State::compute(const Request& request, KindCounters& kind, const EntryPtr& prior) {
  const auto begin = Clock::now();
  Artifact artifact = request.make(prior ? &prior->artifact : nullptr);
  const auto spent = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
  kind.count_computed(artifact.bytes(), spent);
  EntryFacts facts;
  facts.producer = options.producer;
  facts.host_binding = request.host_binding;
  facts.cost = prior ? prior->facts.cost + spent : spent;
  facts.created = std::chrono::system_clock::now();
  facts.expires = expiry_of(kind, facts.created);
  facts.dependencies = request.dependencies;
  return std::make_shared<const Entry>(Entry{request.key, std::move(artifact), std::move(facts)});
}

Landing Cache::State::make(const Request& request, KindCounters& kind, const EntryPtr& prior, bool keep, LeaseTable::Lease& lease) {
  EntryPtr made = compute(request, kind, prior);
  const Terms terms = terms_of(std::max(request.estimate, made->facts.cost), kind, keep);
  // The queue has it before memory does: from then on it is found, whatever memory thinks of it.
  if (hand_over(made, terms, kind, lease)) {
    return {tiers.store_by_terms(std::move(made), terms, TierChain::Part::memory).entry, kComputed, {}};
  }
  const auto begin = Clock::now();
  TierChain::Stored stored = tiers.store_by_terms(std::move(made), terms);
  if (stored.passed_by) {
    kind.count_passed_by();
  } else {
    kind.count_stored(Clock::now() - begin);
  }
  warnings.say_held();
  return {std::move(stored.entry), kComputed, {}};
}

Landing Cache::State::remake(const Request& request, KindCounters& kind) {
  EntryPtr made = compute(request, kind, nullptr);
  if (written_back) written_back->cancel(request.key);
  return {tiers.replace(std::move(made), settings_of(request.key.kind())), kComputed, {}};
}

Cache::State::Turn Cache::State::take_turn(const Request& request, EntryPtr& prior, const EntryPtr& known,
                                           LeaseTable::Watch& watch) {
  Turn turn;
  LeaseTable::Attempt attempt = leases->try_acquire(request.key.id(), watch);
  turn.is_busy = attempt.claim == LeaseTable::Claim::busy;
  if (turn.is_busy || attempt.claim == LeaseTable::Claim::unusable) return turn;
  // Somebody may have stored it between our look and our lease.
  if (auto found = tiers.look_again(request.key, request.coverage, 0, tiers.size(), prior); found.entry) {
    turn.landing = from_tier(std::move(found));
    if (watch.has_waited()) turn.landing.source = kJoined;
    return turn;
  }
  // Who was waited for went without storing anything: it failed, or nothing can be stored. Waiting in a row
  // for each other would serialise what can run side by side.
  const bool in_vain = attempt.claim == LeaseTable::Claim::granted && prior == known && watch.was_ended_by_its_holder();
  if (!in_vain) turn.lease = std::move(attempt.lease);
  return turn;
}

/// Sleeps; false ← the request gave up meanwhile.
bool Cache::State::rest(const Request& request, Clock::time_point until) {
  for (auto now = Clock::now(); now < until; now = Clock::now()) {
    std::this_thread::sleep_until(request.give_up ? std::min(until, now + Patience::kBetweenQuestions) : until);
    if (gives_up(request)) return false;
  }
  return true;
}

TierChain::Found Cache::State::look(const Request& request, std::size_t first, EntryPtr& prior) {
  if (auto found = find_waiting(request.key, request.coverage, prior); found.entry) return found;
  return tiers.look(request.key, request.coverage, first, prior);
}

Landing Cache::State::fetch_alone(const Request& request, KindCounters& kind, EntryPtr prior, std::size_t first) {
  if (auto found = look(request, first, prior); found.entry) return from_tier(std::move(found));
  if (gives_up(request)) return {};
  LeaseTable::Lease none;
  return make(request, kind, prior, request.keep, none);
}

Landing Cache::State::fetch(const Request& request, KindCounters& kind, EntryPtr prior, std::size_t first, Patience& patience) {
  if (!is_worth_a_lease(request, kind)) return fetch_alone(request, kind, std::move(prior), first);
  if (auto found = look(request, first, prior); found.entry) return from_tier(std::move(found));
  LeaseTable::Watch watch;
  const EntryPtr known = prior;
  for (;;) {
    if (gives_up(request)) return {};
    Turn turn = take_turn(request, prior, known, watch);
    if (turn.landing.entry) return std::move(turn.landing);
    const auto now = Clock::now();
    patience.begin(now);
    if (!turn.is_busy || patience.is_over(now, options.lease_wait)) {
      try {
        return make(request, kind, prior, request.keep, turn.lease);
      } catch (...) {
        // Nobody knows yet whether it can be made: of those who wait the next one tries, and the others go on waiting.
        if (gives_up(request)) turn.lease.leave();
        throw;
      }
    }
    if (!rest(request, patience.next_look(now, options.lease_wait))) return {};
    auto found = tiers.look_again(request.key, request.coverage, 0, tiers.size(), prior);
    if (found.entry) {
      Landing landing = from_tier(std::move(found));
      landing.source = kJoined;
      return landing;
    }
  }
}

Answer Cache::State::hit(EntryPtr entry, std::string_view source, KindCounters& kind, Clock::time_point begin) {
  const std::chrono::nanoseconds elapsed = Clock::now() - begin;
  const std::size_t tier = tiers.index_of(source);
  kind.count_hit(tier, entry->artifact.bytes(), entry->facts.cost, elapsed);
  if (statistics && !tiers.counts_uses(tier)) statistics->note_use(*entry, begin + elapsed);
  if (trace) trace->note(*entry, begin);
  return {std::move(entry), source, elapsed};
}

/// Counts it, unless it was counted when it was made.
Answer Cache::State::answer(Landing landing, KindCounters& kind, Clock::time_point begin) {
  if (!landing.entry) return {nullptr, {}, Clock::now() - begin};
  if (landing.source != kComputed && landing.source != kJoined) {
    return hit(std::move(landing.entry), landing.source, kind, begin);
  }
  const auto now = Clock::now();
  if (landing.source == kJoined) {
    kind.count_joined(landing.entry->artifact.bytes());
  } else {
    kind.count_missed(now - begin);
  }
  if (statistics) statistics->note_use(*landing.entry, now, landing.source == kComputed);
  if (trace) trace->note(*landing.entry, begin);
  return {std::move(landing.entry), landing.source, Clock::now() - begin};
}

Answer Cache::State::look_up(const Request& request, KindCounters& kind, EntryPtr prior, std::uint64_t landed,
                             Clock::time_point begin) {
  const std::size_t nearest = std::min<std::size_t>(1, tiers.size());
  Patience patience;
  for (;;) {
    FlightTable::Seat seat = flights.board(request.key);
    if (seat.role() == FlightTable::Role::leader) {
      try {
        Landing landing;
        if (seat.landed_before() != landed) {
          auto found = tiers.look_again(request.key, request.coverage, 0, nearest, prior);
          if (found.entry) landing = from_tier(std::move(found));
        }
        if (!landing.entry) landing = fetch(request, kind, std::move(prior), nearest, patience);
        flights.land(seat, landing);
        return answer(std::move(landing), kind, begin);
      } catch (...) {
        // Whoever waits here gets the failure, but not that this request was interrupted.
        if (seat) flights.land(seat, gives_up(request) ? Landing{} : Landing{nullptr, {}, std::current_exception()});
        throw;
      }
    }

    auto course = FlightTable::Course::circular;
    if (seat.role() == FlightTable::Role::passenger) {
      patience.begin(Clock::now());
      do {
        if (gives_up(request)) return answer({}, kind, begin);
        course = flights.wait(seat, request.give_up ? std::chrono::nanoseconds(Patience::kBetweenQuestions) : std::chrono::hours(1));
      } while (course == FlightTable::Course::flying);
    }
    if (course == FlightTable::Course::circular) {
      return answer(fetch_alone(request, kind, std::move(prior), nearest), kind, begin);
    }
    Landing landing = flights.landing(seat);
    if (landing.failure) std::rethrow_exception(landing.failure);
    if (reaches(landing.entry, request.coverage)) {
      if (landing.source == kComputed) landing.source = kJoined;
      return answer(std::move(landing), kind, begin);
    }
    // It went less far than is needed here, or its leader gave up.
    if (landing.entry) patience.end();
    prior = farther(std::move(prior), std::move(landing.entry));
    landed = flights.landed();
    if (tiers.size() > 0) {
      EntryPtr entry = tiers.get(0, request.key);
      if (reaches(entry, request.coverage)) return hit(std::move(entry), tiers.name(0), kind, begin);
      prior = farther(std::move(prior), std::move(entry));
    }
  }
}

Cache::Cache(std::vector<std::unique_ptr<Tier>> tiers, CacheOptions options)
    : state_(std::make_unique<State>(std::move(tiers), std::move(options))) {}

Cache::~Cache() = default;

Answer Cache::get_or_compute(const Request& request) {
  State& state = *state_;
  const auto begin = State::Clock::now();
  KindCounters& kind = state.kinds.of(request.key.kind());
  if (request.recompute) {
    if (State::gives_up(request)) return state.answer({}, kind, begin);
    return state.answer(state.remake(request, kind), kind, begin);
  }
  const std::uint64_t landed = state.flights.landed();
  EntryPtr prior;
  if (state.tiers.size() > 0) {
    prior = state.tiers.get(0, request.key);
    if (reaches(prior, request.coverage)) return state.hit(std::move(prior), state.tiers.name(0), kind, begin);
  }
  return state.look_up(request, kind, std::move(prior), landed, begin);
}

Answer Cache::find(const Key& key, std::int64_t coverage) {
  const auto begin = State::Clock::now();
  EntryPtr prior;
  TierChain::Found found = state_->find_waiting(key, coverage, prior);
  if (!found.entry) found = state_->tiers.look(key, coverage, 0, prior);
  if (!found.entry) return {nullptr, {}, State::Clock::now() - begin};
  return state_->answer(state_->from_tier(std::move(found)), state_->kinds.of(key.kind()), begin);
}

std::optional<EntryInfo> Cache::peek(const Key& key) { return state_->tiers.peek(key); }

bool Cache::erase(const Key& key) {
  const bool was_waiting = state_->written_back && state_->written_back->cancel(key);
  return state_->tiers.erase(key) || was_waiting;
}

std::uint64_t Cache::erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant) {
  if (state_->written_back) {
    state_->written_back->cancel_if([&](const Entry& entry) { return is_meant(entry.key, entry.facts); });
  }
  return state_->tiers.erase_if(is_meant);
}

Metrics Cache::State::metrics() const { return {tiers.stats(), kinds.metrics(tiers.names()), Clock::now() - opened}; }

Metrics Cache::metrics() const { return state_->metrics(); }

void Cache::save_statistics() noexcept {
  if (state_->statistics) state_->statistics->write();
}

}  // namespace almanac::cache
