#pragma once

#include "statistics/thread_lane.hpp"

#include <almanac/cache/admission.hpp>
#include <almanac/cache/metrics.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <new>
#include <span>
#include <string>
#include <string_view>

namespace almanac::cache {

/// TimeCounts in a lane.
struct TimeLane {
  LaneCount<std::int64_t> total;
  std::array<LaneCount<std::uint64_t>, TimeCounts::kRanges> counts;

  void add(std::chrono::nanoseconds time, bool is_shared) noexcept {
    total.add(time.count(), is_shared);
    counts[TimeCounts::range_of(time)].add(1, is_shared);
  }
  void add_to(TimeCounts& sum) const noexcept;
};

/// What is counted of one kind. Threads count in lanes of their own, made at their first count, so that a hit writes no memory
/// that other cores write. Each count is right; between two of them others may count on. Where there is no memory for a lane,
/// nothing is counted.
class KindCounters {
 public:
  /// Tiers beyond so many are counted with the last of them.
  static constexpr std::size_t kMostTiers = 8;

  explicit KindCounters(std::string_view name) : kind(name) {}
  ~KindCounters();
  KindCounters(const KindCounters&) = delete;
  KindCounters& operator=(const KindCounters&) = delete;

  const std::string kind;
  std::atomic<std::int64_t> last_cost{-1};  ///< what make() last took, in ns; negative: not known yet
  KindCounters* next = nullptr;

  /// A request was answered by that tier. `cost`: of making what it got.
  void count_hit(std::size_t tier, std::uint64_t bytes, std::chrono::nanoseconds cost, std::chrono::nanoseconds took) noexcept {
    const std::size_t lane = lane_of_this_thread();
    if (HitLane* const hits = lane_in(hits_[std::min(tier, kMostTiers - 1)], lane)) {
      hits->bytes.add(bytes, lane == kSharedLane);
      hits->cost.add(cost.count(), lane == kSharedLane);
      hits->times.add(took, lane == kSharedLane);
    }
  }
  void count_joined(std::uint64_t bytes) noexcept {
    in_lane([&](MissLane& lane, bool is_shared) {
      lane.joined.add(1, is_shared);
      lane.bytes_joined.add(bytes, is_shared);
    });
  }
  /// make() has made something.
  void count_computed(std::uint64_t bytes, std::chrono::nanoseconds cost) noexcept {
    in_lane([&](MissLane& lane, bool is_shared) {
      lane.bytes_computed.add(bytes, is_shared);
      lane.compute_times.add(cost, is_shared);
    });
    last_cost.store(cost.count(), std::memory_order_relaxed);
  }
  /// The request that had it made was answered.
  void count_missed(std::chrono::nanoseconds took) noexcept {
    in_lane([&](MissLane& lane, bool is_shared) { lane.miss_times.add(took, is_shared); });
  }
  void count_stored(std::chrono::nanoseconds took) noexcept {
    in_lane([&](MissLane& lane, bool is_shared) {
      lane.stored.add(1, is_shared);
      lane.storing.add(took.count(), is_shared);
    });
  }
  void count_passed_by() noexcept {
    in_lane([&](MissLane& lane, bool is_shared) { lane.passed_by.add(1, is_shared); });
  }

  /// `tiers`: their names, from the nearest. Cost: some µs a thread
  KindMetrics metrics(std::span<const std::string_view> tiers) const;

  /// The hits and misses of it. Cost: some 100 ns a thread
  Usage usage() const noexcept;

 private:
  struct alignas(64) HitLane {
    LaneCount<std::uint64_t> bytes;
    LaneCount<std::int64_t> cost;
    TimeLane times;
  };
  struct alignas(64) MissLane {
    LaneCount<std::uint64_t> joined, bytes_joined, bytes_computed, stored, passed_by;
    LaneCount<std::int64_t> storing;
    TimeLane miss_times, compute_times;
  };
  template <class Lane>
  using Lanes = std::array<std::atomic<Lane*>, kLanes>;

  /// nullptr: there is no memory for it.
  template <class Lane>
  static Lane* lane_in(Lanes<Lane>& lanes, std::size_t number) noexcept {
    Lane* const lane = lanes[number].load(std::memory_order_acquire);
    return lane ? lane : make_lane(lanes[number]);
  }
  template <class Lane>
  static Lane* make_lane(std::atomic<Lane*>& place) noexcept;

  template <class Count>
  void in_lane(Count&& count) noexcept {
    const std::size_t number = lane_of_this_thread();
    if (MissLane* const lane = lane_in(misses_, number)) count(*lane, number == kSharedLane);
  }

  std::array<Lanes<HitLane>, kMostTiers> hits_{};
  Lanes<MissLane> misses_{};
};

/// The counters of each kind, made when it is first asked for and kept as long as the table.
/// Threads: thread-safe, without locks. Cost: a few ns; memory is taken once a kind.
class KindTable {
 public:
  KindTable() = default;
  ~KindTable();
  KindTable(const KindTable&) = delete;
  KindTable& operator=(const KindTable&) = delete;

  KindCounters& of(std::string_view kind);
  std::map<std::string, KindMetrics, std::less<>> metrics(std::span<const std::string_view> tiers) const;

 private:
  static constexpr std::size_t kBuckets = 64;
  std::array<std::atomic<KindCounters*>, kBuckets> buckets_{};
};

}  // namespace almanac::cache
