#include <almanac/cache/cache.hpp>

#include "flight.hpp"
#include "kind_table.hpp"
#include "lease.hpp"
#include "tier_chain.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

namespace almanac::cache {
namespace {

constexpr std::string_view kComputed = "computed";
constexpr std::string_view kJoined = "joined";

// A waiter asks the tiers after the first pause and ever more rarely: the answer is late by at most half of
// what was waited for, and never by more than the longest pause.
constexpr std::chrono::milliseconds kFirstPause{1};
constexpr std::chrono::milliseconds kLongestPause{50};

using Clock = std::chrono::steady_clock;

LeaseOptions lease_options(const CacheOptions& options, Warnings& warnings) {
  LeaseOptions lease;
  lease.folder = options.lease_folder;
  // What keeps leases from being taken mostly keeps entries from being stored, and is told once, then.
  lease.warn = [&warnings](std::string_view cause, std::string_view line) { warnings.hold(cause, line); };
  return lease;
}

}  // namespace

struct Cache::State {
  State(std::vector<std::unique_ptr<Tier>> all, CacheOptions given)
      : options(std::move(given)), warnings(options.warn), tiers(std::move(all), warnings) {
    if (!options.lease_folder.empty() && tiers.size() > 0) leases.emplace(lease_options(options, warnings));
  }

  bool is_worth_a_lease(const Request& request, const KindCounters& kind) const;
  Landing from_tier(TierChain::Found found);
  Landing fetch(const Request& request, KindCounters& kind, EntryPtr prior, std::size_t first, bool may_lease);
  std::optional<Landing> await_lease(const Request& request, EntryPtr& prior, LeaseTable::Lease& lease);
  EntryPtr compute(const Request& request, KindCounters& kind, const EntryPtr& prior);
  static Answer hit(EntryPtr entry, std::string_view source, KindCounters& kind, Clock::time_point begin);
  static Answer answer(Landing landing, KindCounters& kind, Clock::time_point begin);

  const CacheOptions options;
  Warnings warnings;
  TierChain tiers;
  KindTable kinds;
  FlightTable flights;
  std::optional<LeaseTable> leases;
};

/// What costs nobody knows yet gets one: it is a few system calls, and a wrong guess the other way a second computation.
bool Cache::State::is_worth_a_lease(const Request& request, const KindCounters& kind) const {
  const std::chrono::nanoseconds measured(kind.last_cost.load(std::memory_order_relaxed));
  if (request.estimate.count() <= 0 && measured.count() < 0) return true;
  return std::max(request.estimate, measured) >= options.lease_threshold;
}

Landing Cache::State::from_tier(TierChain::Found found) {
  return {tiers.promote(std::move(found.entry), found.index), tiers.name(found.index), {}};
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
  facts.dependencies = request.dependencies;
  return std::make_shared<const Entry>(Entry{request.key, std::move(artifact), std::move(facts)});
}

/// Takes the lease, or waits for who has it. Gives what turned up meanwhile; nullopt: compute, under `lease`
/// if it is one.
std::optional<Landing> Cache::State::await_lease(const Request& request, EntryPtr& prior, LeaseTable::Lease& lease) {
  const auto look = [&] { return tiers.look_again(request.key, request.coverage, 0, tiers.size(), prior); };
  const auto deadline = Clock::now() + options.lease_wait;
  Clock::duration pause = kFirstPause;
  LeaseTable::Watch watch;
  const EntryPtr known = prior;
  for (;;) {
    LeaseTable::Attempt attempt = leases->try_acquire(request.key.id(), watch);
    if (attempt.claim == LeaseTable::Claim::unusable) return std::nullopt;
    if (attempt.claim != LeaseTable::Claim::busy) {
      // Somebody may have stored it between our look and our lease.
      if (TierChain::Found found = look(); found.entry) {
        Landing landing = from_tier(std::move(found));
        if (watch.has_waited()) landing.source = kJoined;
        return landing;
      }
      // Who was waited for went without storing anything: it failed, or nothing can be stored. Waiting in a row
      // for each other would serialise what can run side by side.
      const bool in_vain = attempt.claim == LeaseTable::Claim::granted && watch.has_waited() && prior == known;
      if (!in_vain) lease = std::move(attempt.lease);
      return std::nullopt;
    }
    const auto now = Clock::now();
    if (now >= deadline) return std::nullopt;
    std::this_thread::sleep_for(std::min(pause, deadline - now));
    pause = std::min<Clock::duration>(2 * pause, kLongestPause);
    if (TierChain::Found found = look(); found.entry) {
      Landing landing = from_tier(std::move(found));
      landing.source = kJoined;
      return landing;
    }
  }
}

/// The way past the nearest tier: farther tiers, other processes, make().
Landing Cache::State::fetch(const Request& request, KindCounters& kind, EntryPtr prior, std::size_t first,
                            bool may_lease) {
  if (TierChain::Found found = tiers.look(request.key, request.coverage, first, prior); found.entry) {
    return from_tier(std::move(found));
  }
  LeaseTable::Lease lease;
  if (may_lease && leases && is_worth_a_lease(request, kind)) {
    if (std::optional<Landing> landing = await_lease(request, prior, lease)) return std::move(*landing);
  }
  EntryPtr stored = tiers.store(compute(request, kind, prior));
  warnings.say_held();
  return {std::move(stored), kComputed, {}};
}

Answer Cache::State::hit(EntryPtr entry, std::string_view source, KindCounters& kind, Clock::time_point begin) {
  const std::chrono::nanoseconds elapsed = Clock::now() - begin;
  kind.count_hit(entry->artifact.bytes(), entry->facts.cost - elapsed);
  return {std::move(entry), source, elapsed};
}

/// Counts it, unless it was counted when it was made.
Answer Cache::State::answer(Landing landing, KindCounters& kind, Clock::time_point begin) {
  if (landing.source != kComputed && landing.source != kJoined) {
    return hit(std::move(landing.entry), landing.source, kind, begin);
  }
  if (landing.source == kJoined) kind.count_joined(landing.entry->artifact.bytes());
  return {std::move(landing.entry), landing.source, Clock::now() - begin};
}

Cache::Cache(std::vector<std::unique_ptr<Tier>> tiers, CacheOptions options)
    : state_(std::make_unique<State>(std::move(tiers), std::move(options))) {}

Cache::~Cache() = default;

Answer Cache::get_or_compute(const Request& request) {
  State& state = *state_;
  const auto begin = Clock::now();
  KindCounters& kind = state.kinds.of(request.key.kind());
  if (request.recompute) {
    EntryPtr made = state.tiers.replace(state.compute(request, kind, nullptr));
    return State::answer({std::move(made), kComputed, {}}, kind, begin);
  }

  EntryPtr prior;
  for (;;) {
    const std::uint64_t landed = state.flights.landed();
    if (state.tiers.size() > 0) {
      EntryPtr entry = state.tiers.get(0, request.key);
      if (reaches(entry, request.coverage)) return State::hit(std::move(entry), state.tiers.name(0), kind, begin);
      if (entry) prior = farther(std::move(prior), std::move(entry));
    }

    FlightTable::Seat seat = state.flights.board(request.key);
    switch (seat.role()) {
      case FlightTable::Role::loner:
        return State::answer(state.fetch(request, kind, std::move(prior), 1, false), kind, begin);

      case FlightTable::Role::passenger: {
        Landing landing = state.flights.wait(seat);
        if (landing.failure) std::rethrow_exception(landing.failure);
        if (reaches(landing.entry, request.coverage)) {
          if (landing.source == kComputed) landing.source = kJoined;
          return State::answer(std::move(landing), kind, begin);
        }
        prior = farther(std::move(prior), std::move(landing.entry));
        break;  // it went less far than is needed here
      }

      case FlightTable::Role::leader:
        try {
          Landing landing;
          if (seat.landed_before() != landed) {
            const std::size_t nearest = std::min<std::size_t>(1, state.tiers.size());
            auto found = state.tiers.look_again(request.key, request.coverage, 0, nearest, prior);
            if (found.entry) landing = state.from_tier(std::move(found));
          }
          if (!landing.entry) landing = state.fetch(request, kind, std::move(prior), 1, true);
          state.flights.land(seat, landing);
          return State::answer(std::move(landing), kind, begin);
        } catch (...) {
          state.flights.land(seat, {nullptr, {}, std::current_exception()});
          throw;
        }
    }
  }
}

Answer Cache::find(const Key& key, std::int64_t coverage) {
  const auto begin = Clock::now();
  EntryPtr prior;
  TierChain::Found found = state_->tiers.look(key, coverage, 0, prior);
  if (!found.entry) return {nullptr, {}, Clock::now() - begin};
  return State::answer(state_->from_tier(std::move(found)), state_->kinds.of(key.kind()), begin);
}

std::optional<EntryInfo> Cache::peek(const Key& key) { return state_->tiers.peek(key); }

bool Cache::erase(const Key& key) { return state_->tiers.erase(key); }

Metrics Cache::metrics() const { return {state_->tiers.stats(), state_->kinds.metrics()}; }

}  // namespace almanac::cache
