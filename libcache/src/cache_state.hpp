#pragma once

#include "flight.hpp"
#include "kind_table.hpp"
#include "lease.hpp"
#include "patience.hpp"
#include "policy/trace_recorder.hpp"
#include "statistics/process_statistics.hpp"
#include "tier_chain.hpp"
#include "warnings.hpp"
#include "write_back_queue.hpp"

#include <almanac/cache/cache.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// What a Cache is made of, and the steps of a look-up that one request and many have in common.
struct Cache::State {
  using Clock = std::chrono::steady_clock;
  class Gathering;

  static constexpr std::string_view kComputed = "computed";
  static constexpr std::string_view kJoined = "joined";

  State(std::vector<std::unique_ptr<Tier>> all, CacheOptions given);

  /// One request, past the hit in the nearest tier.
  Answer look_up(const Request& request, KindCounters& kind, EntryPtr prior, std::uint64_t landed, Clock::time_point begin);

  /// The tiers from `first` on, other processes, make(). Neither entry nor failure ← it gave up.
  Landing fetch(const Request& request, KindCounters& kind, EntryPtr prior, std::size_t first, Patience& patience);

  /// The same without waiting for anybody: nobody waits for the result either.
  Landing fetch_alone(const Request& request, KindCounters& kind, EntryPtr prior, std::size_t first);

  /// What came of a try to be the one who makes it.
  struct Turn {
    Landing landing;            ///< with an entry: it is there by now
    LeaseTable::Lease lease;    ///< without one: make it all the same, if nobody is busy
    bool is_busy = false;       ///< another process is at it
  };

  /// Takes the lease if it can be had. `known` is the prior as it was before anybody was waited for.
  Turn take_turn(const Request& request, EntryPtr& prior, const EntryPtr& known, LeaseTable::Watch& watch);

  /// Makes the artifact and stores it by its kind's settings; `keep`: by name. The lease, if there is one, goes along with what is
  /// written later; else it stays where it is.
  Landing make(const Request& request, KindCounters& kind, const EntryPtr& prior, bool keep, LeaseTable::Lease& lease);

  /// Makes the artifact anew and puts it in place of what is there.
  Landing remake(const Request& request, KindCounters& kind);

  // ---- what is kept where: cache_economy.cpp

  const KindSettings& settings_of(std::string_view kind) const;
  double reuse_of(const KindCounters& kind) const;
  Terms terms_of(std::chrono::nanoseconds cost, const KindCounters& kind, bool by_name) const;
  std::optional<std::chrono::system_clock::time_point> expiry_of(const KindCounters& kind, std::chrono::system_clock::time_point created) const;

  /// Begins to write back, where a kind asks for it and there is memory to keep it meanwhile.
  void open_write_back();

  /// Has it written later, beyond memory, if that is what its kind asks for and there is a place in the queue. The lease goes along.
  bool hand_over(const EntryPtr& made, const Terms& terms, KindCounters& kind, LeaseTable::Lease& lease);
  void write_back(WriteBackQueue::Item& item);

  /// What waits to be written back is as good as in memory.
  TierChain::Found find_waiting(const Key& key, std::int64_t coverage, EntryPtr& prior);

  // ----

  /// What waits to be written back, and the tiers from `first` on.
  TierChain::Found look(const Request& request, std::size_t first, EntryPtr& prior);

  bool is_worth_a_lease(const Request& request, const KindCounters& kind) const;
  Landing from_tier(TierChain::Found found);
  EntryPtr compute(const Request& request, KindCounters& kind, const EntryPtr& prior);
  static bool gives_up(const Request& request) { return request.give_up && request.give_up(); }
  static bool rest(const Request& request, Clock::time_point until);
  Answer hit(EntryPtr entry, std::string_view source, KindCounters& kind, Clock::time_point begin);
  Answer answer(Landing landing, KindCounters& kind, Clock::time_point begin);
  Metrics metrics() const;

  const CacheOptions options;
  Warnings warnings;
  TierChain tiers;
  KindTable kinds;
  FlightTable flights;
  std::optional<LeaseTable> leases;
  std::optional<TraceRecorder> trace;
  const Clock::time_point opened = Clock::now();
  std::optional<ProcessStatistics> statistics;
  std::optional<WriteBackQueue> written_back;  ///< of some kinds; the first to go, with all the others there
};

}  // namespace almanac::cache
