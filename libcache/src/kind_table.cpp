#include "kind_table.hpp"

#include <almanac/cache/statistics.hpp>

#include <memory>
#include <utility>

namespace almanac::cache {

void TimeLane::add_to(TimeCounts& sum) const noexcept {
  for (std::size_t range = 0; range < TimeCounts::kRanges; ++range) {
    if (const std::uint64_t count = counts[range].get(); count > 0) sum.add(range, count, {});
  }
  sum.add(0, 0, std::chrono::nanoseconds(total.get()));
}

KindCounters::~KindCounters() {
  const auto remove = [](auto& lanes) {
    for (auto& lane : lanes) delete lane.load();
  };
  for (auto& lanes : hits_) remove(lanes);
  remove(misses_);
}

template <class Lane>
Lane* KindCounters::make_lane(std::atomic<Lane*>& place) noexcept {
  std::unique_ptr<Lane> fresh(new (std::nothrow) Lane);
  Lane* there = nullptr;
  if (!fresh || !place.compare_exchange_strong(there, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire)) return there;
  return fresh.release();
}

template KindCounters::HitLane* KindCounters::make_lane(std::atomic<HitLane*>&) noexcept;
template KindCounters::MissLane* KindCounters::make_lane(std::atomic<MissLane*>&) noexcept;

KindMetrics KindCounters::metrics(std::span<const std::string_view> tiers) const {
  KindMetrics sum;
  for (std::size_t tier = 0; tier < std::min(tiers.size(), kMostTiers); ++tier) {
    TierHits here;
    for (const auto& place : hits_[tier]) {
      const HitLane* const lane = place.load(std::memory_order_acquire);
      if (!lane) continue;
      here.bytes += lane->bytes.get();
      here.cost += std::chrono::nanoseconds(lane->cost.get());
      lane->times.add_to(here.times);
    }
    here.hits = here.times.count();
    if (here.hits > 0) add_hits(sum, tiers[tier], here);
  }
  for (const auto& place : misses_) {
    const MissLane* const lane = place.load(std::memory_order_acquire);
    if (!lane) continue;
    sum.joined += lane->joined.get();
    sum.bytes += lane->bytes_joined.get() + lane->bytes_computed.get();
    sum.stored += lane->stored.get();
    sum.passed_by += lane->passed_by.get();
    sum.storing += std::chrono::nanoseconds(lane->storing.get());
    lane->miss_times.add_to(sum.miss_times);
    lane->compute_times.add_to(sum.compute_times);
  }
  sum.misses = sum.compute_times.count();
  return sum;
}

Usage KindCounters::usage() const noexcept {
  Usage usage;
  const auto count = [](const TimeLane& times, std::uint64_t& sum) {
    for (const auto& range : times.counts) sum += range.get();
  };
  for (const auto& lanes : hits_) {
    for (const auto& place : lanes) {
      if (const HitLane* const lane = place.load(std::memory_order_acquire)) count(lane->times, usage.hits);
    }
  }
  for (const auto& place : misses_) {
    if (const MissLane* const lane = place.load(std::memory_order_acquire)) count(lane->compute_times, usage.made);
  }
  return usage;
}

KindTable::~KindTable() {
  for (auto& bucket : buckets_) {
    for (KindCounters* counters = bucket.load(); counters;) delete std::exchange(counters, counters->next);
  }
}

KindCounters& KindTable::of(std::string_view kind) {
  // Kinds are few and differ in length or at an end: that tells the bucket, the comparison the rest.
  const std::size_t mixed = kind.empty() ? 0 : kind.size() * 7 + static_cast<unsigned char>(kind.front()) * 5 +
                                                   static_cast<unsigned char>(kind.back()) * 3;
  std::atomic<KindCounters*>& bucket = buckets_[mixed % kBuckets];
  KindCounters* first = bucket.load(std::memory_order_acquire);
  std::unique_ptr<KindCounters> fresh;
  for (KindCounters* checked = nullptr;;) {
    for (KindCounters* counters = first; counters != checked; counters = counters->next) {
      if (counters->kind == kind) return *counters;
    }
    checked = first;
    if (!fresh) fresh = std::make_unique<KindCounters>(kind);
    fresh->next = first;
    if (bucket.compare_exchange_strong(first, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
      return *fresh.release();
    }
  }
}

std::map<std::string, KindMetrics, std::less<>> KindTable::metrics(std::span<const std::string_view> tiers) const {
  std::map<std::string, KindMetrics, std::less<>> all;
  for (const auto& bucket : buckets_) {
    for (const KindCounters* one = bucket.load(std::memory_order_acquire); one; one = one->next) {
      all.emplace(one->kind, one->metrics(tiers));
    }
  }
  return all;
}

}  // namespace almanac::cache
