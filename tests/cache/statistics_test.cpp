// What counts say, to the last digit, and how threads count.

#include <almanac/cache/statistics.hpp>

#include "kind_table.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;

TierHits hits_of(std::uint64_t bytes, std::chrono::nanoseconds cost, std::initializer_list<std::chrono::nanoseconds> times) {
  TierHits hits{.hits = times.size(), .bytes = bytes, .cost = cost};
  for (const auto time : times) hits.times.add(time);
  return hits;
}

// ---- times

TEST(TimeCounts, HasRangesOfAQuarterOfAPowerOfTwo) {
  EXPECT_EQ(TimeCounts::range_of(-5ns), 0u);
  for (std::int64_t time = 0; time < 4; ++time) EXPECT_EQ(TimeCounts::range_of(std::chrono::nanoseconds(time)), static_cast<std::size_t>(time));
  EXPECT_EQ(TimeCounts::range_of(4ns), 4u);
  EXPECT_EQ(TimeCounts::range_of(7ns), 7u);
  EXPECT_EQ(TimeCounts::range_of(8ns), 8u);
  EXPECT_EQ(TimeCounts::range_of(9ns), 8u);
  EXPECT_EQ(TimeCounts::range_of(15ns), 11u);
  EXPECT_EQ(TimeCounts::range_of(16ns), 12u);
  EXPECT_EQ(TimeCounts::range_of(1000h), TimeCounts::kRanges - 1);
  EXPECT_EQ(TimeCounts::range_of(std::chrono::nanoseconds::max()), TimeCounts::kRanges - 1);
  for (std::size_t range = 0; range < TimeCounts::kRanges; ++range) {
    const auto least = TimeCounts::least_of(range), next = TimeCounts::least_of(range + 1);
    EXPECT_LT(least, next);
    EXPECT_EQ(TimeCounts::range_of(least), range);
    if (range + 1 < TimeCounts::kRanges) {
      EXPECT_EQ(TimeCounts::range_of(next - 1ns), range);
    }
    // What a quantile says is within an eighth of anything that may be in its range.
    const auto middle = static_cast<double>(TimeCounts::middle_of(range).count());
    for (const double end : {static_cast<double>(least.count()), static_cast<double>((next - 1ns).count())}) {
      EXPECT_LE(std::abs(middle - end), 0.125 * end) << range;
    }
  }
}

TEST(TimeCounts, GivesMeanAndQuantiles) {
  TimeCounts times;
  EXPECT_EQ(times.mean(), 0ns);
  EXPECT_EQ(times.quantile(0.5), 0ns);
  for (int i = 0; i < 90; ++i) times.add(1000ns);   // 896 to 1024: 960
  for (int i = 0; i < 9; ++i) times.add(5000ns);    // 4096 to 5120: 4608
  times.add(1ms);                                   // 917504 to 1048576: 983040
  EXPECT_EQ(times.count(), 100u);
  EXPECT_EQ(times.total(), 90 * 1000ns + 9 * 5000ns + 1ms);
  EXPECT_EQ(times.mean(), 11350ns);
  EXPECT_EQ(times.quantile(0), 960ns);
  EXPECT_EQ(times.quantile(0.5), 960ns);
  EXPECT_EQ(times.quantile(0.9), 960ns);
  EXPECT_EQ(times.quantile(0.901), 4608ns);
  EXPECT_EQ(times.quantile(0.95), 4608ns);
  EXPECT_EQ(times.quantile(0.99), 4608ns);
  EXPECT_EQ(times.quantile(1), 983040ns);
}

TEST(TimeCounts, AddUpSubtractAndDoNotRunOver) {
  TimeCounts a, b;
  a.add(10ns);
  b.add(10ns);
  b.add(3us);
  TimeCounts sum = a;
  sum.add(b);
  EXPECT_EQ(sum.count(), 3u);
  EXPECT_EQ(sum.count_in(TimeCounts::range_of(10ns)), 2u);
  EXPECT_EQ(sum.total(), 3020ns);
  sum.subtract(a);
  EXPECT_EQ(sum, b);
  sum.add(5, std::numeric_limits<std::uint64_t>::max(), std::chrono::nanoseconds::max());
  sum.add(sum);
  EXPECT_EQ(sum.count(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(sum.total(), std::chrono::nanoseconds::max());
}

// ---- formulas

/// Ten requests: 6 hits (4 in memory, 2 on disk), 3 computed, 1 that joined.
KindMetrics known_kind() {
  KindMetrics kind;
  add_hits(kind, "memory", hits_of(400, 4 * 100ms, {100ns, 100ns, 100ns, 100ns}));
  add_hits(kind, "disk", hits_of(300, 2 * 100ms, {3us, 5us}));
  for (const auto time : {90ms, 110ms, 100ms}) kind.compute_times.add(time);
  kind.misses = 3;
  kind.joined = 1;
  kind.bytes += 300 + 100;
  kind.stored = 2;
  kind.storing = 500ms;
  return kind;
}

TEST(Statistics, SayOfAKnownTraceWhatItWas) {
  const KindMetrics kind = known_kind();
  EXPECT_EQ(kind.hits, 6u);
  EXPECT_EQ(requests_of(kind), 10u);
  EXPECT_EQ(kind.bytes, 1100u);
  EXPECT_EQ(kind.bytes_hit, 700u);
  EXPECT_EQ(kind.cost_hit, 600ms);
  EXPECT_EQ(kind.hit_times.total(), 8400ns);
  EXPECT_EQ(kind.saved, 600ms - 8400ns);
  EXPECT_EQ(hit_ratio(kind), 0.6);
  EXPECT_EQ(byte_hit_ratio(kind), 700.0 / 1100.0);
  EXPECT_EQ(cost_hit_ratio(kind), 600.0 / 900.0);
  EXPECT_EQ(saving_per_hit(kind), (600ms - 8400ns) / 6);
  EXPECT_EQ(gain(kind), 1e8 / 1400.0);
  EXPECT_EQ(break_even(kind), 3u) << "250 ms a stored one, 99.9986 ms a hit";
  EXPECT_EQ(kind.hit_times.mean(), 1400ns);
  EXPECT_EQ(kind.compute_times.mean(), 100ms);
}

TEST(Statistics, SayNothingWhereThereIsNothingToDivideBy) {
  const KindMetrics none;
  EXPECT_EQ(hit_ratio(none), std::nullopt);
  EXPECT_EQ(byte_hit_ratio(none), std::nullopt);
  EXPECT_EQ(cost_hit_ratio(none), std::nullopt);
  EXPECT_EQ(saving_per_hit(none), std::nullopt);
  EXPECT_EQ(gain(none), std::nullopt);
  EXPECT_EQ(break_even(none), std::nullopt);
  KindMetrics never_made;
  add_hits(never_made, "disk", hits_of(1, 1ns, {2ns}));  // slower than making it
  EXPECT_EQ(saving_per_hit(never_made), -1ns);
  EXPECT_EQ(gain(never_made), std::nullopt);
  never_made.stored = 1;
  EXPECT_EQ(break_even(never_made), std::nullopt) << "never";
}

TEST(Statistics, BreakEvenIsRoundedUpAndAtLeastOne) {
  KindMetrics kind;
  add_hits(kind, "disk", hits_of(1, 110ns, {10ns}));  // saves 100 ns
  kind.stored = 1;
  for (const auto& [storing, uses] : {std::pair{0ns, 1u}, {1ns, 1u}, {100ns, 1u}, {101ns, 2u}, {200ns, 2u}, {1001ns, 11u}}) {
    kind.storing = storing;
    EXPECT_EQ(break_even(kind), uses) << storing.count();
  }
}

TEST(Statistics, OfTwoProcessesAddUp) {
  KindMetrics sum = known_kind();
  KindMetrics more = known_kind();
  more.hits += 5;  // that no tier was noted for
  add(sum, more);
  EXPECT_EQ(sum.hits, 17u);
  EXPECT_EQ(sum.misses, 6u);
  EXPECT_EQ(sum.joined, 2u);
  EXPECT_EQ(sum.bytes, 2200u);
  EXPECT_EQ(sum.bytes_hit, 1400u);
  EXPECT_EQ(sum.saved, 2 * (600ms - 8400ns));
  EXPECT_EQ(sum.by_tier.at("memory").hits, 8u);
  EXPECT_EQ(sum.by_tier.at("disk").times.total(), 16us);
  EXPECT_EQ(sum.storing, 1s);
  EXPECT_EQ(break_even(sum), break_even(known_kind()));
}

TEST(Statistics, KeepTheKeysOfTheGreatestWorthAndTheLatestDays) {
  Statistics all;
  constexpr std::size_t kMany = Statistics::kMostKeys + 1;
  for (std::size_t number = 0; number < kMany; ++number) {
    const std::string text = "table@1{n=" + std::to_string(number) + "}";
    all.used[Id::of(text)] = {.text = text, .uses = 1 + number % 7, .cost = std::chrono::milliseconds(number)};
  }
  for (std::int64_t day = 0; day < 1000; ++day) all.days[day].requests = 1;
  all.keep_within_bounds();
  EXPECT_EQ(all.used.size(), Statistics::kMostKeys - Statistics::kMostKeys / 4);
  EXPECT_EQ(all.days.size(), Statistics::kMostDays);
  EXPECT_EQ(all.days.begin()->first, 600);
  const auto order = all.by_worth();
  for (std::size_t place = 1; place < order.size(); ++place) EXPECT_GE(order[place - 1]->worth(), order[place]->worth());
  EXPECT_FALSE(all.used.contains(Id::of("table@1{n=0}")));
  EXPECT_TRUE(all.used.contains(Id::of("table@1{n=" + std::to_string(kMany - 1) + "}")));
}

// ---- counting

TEST(KindTable, CountsEveryHitOfMoreThreadsThanThereAreLanes) {
  constexpr std::size_t kThreads = kLanes + 16;
  constexpr std::uint64_t kHits = 500;
  const std::string_view tiers[] = {"memory", "disk"};
  KindTable table;
  for (int wave = 1; wave <= 2; ++wave) {  // the second one goes on in the lanes of the first
    std::barrier all_have_a_lane(static_cast<std::ptrdiff_t>(kThreads));
    std::vector<std::jthread> threads;
    for (std::size_t number = 0; number < kThreads; ++number) {
      threads.emplace_back([&, number] {
        KindCounters& kind = table.of("sample");
        kind.count_hit(0, 1, 10ns, 3ns);
        all_have_a_lane.arrive_and_wait();
        for (std::uint64_t hit = 1; hit < kHits; ++hit) kind.count_hit(hit % 2, 1, 10ns, 3ns);
        if (number % 2 == 0) kind.count_computed(5, 7us);
        kind.count_joined(2);
      });
    }
    threads.clear();
    const KindMetrics counted = table.metrics(tiers).at("sample");
    const auto waves = static_cast<std::uint64_t>(wave);
    EXPECT_EQ(counted.hits, waves * kThreads * kHits);
    EXPECT_EQ(counted.by_tier.at("disk").hits, waves * kThreads * kHits / 2);
    EXPECT_EQ(counted.bytes_hit, waves * kThreads * kHits);
    EXPECT_EQ(counted.cost_hit, 10ns * counted.hits);
    EXPECT_EQ(counted.saved, 7ns * counted.hits);
    EXPECT_EQ(counted.hit_times.count_in(3), counted.hits);
    EXPECT_EQ(counted.joined, waves * kThreads);
    EXPECT_EQ(counted.misses, waves * kThreads / 2);
    EXPECT_EQ(counted.bytes, counted.hits + waves * (2 * kThreads + 5 * kThreads / 2));
    EXPECT_EQ(table.of("sample").usage().hits, counted.hits);
    EXPECT_EQ(table.of("sample").usage().made, counted.misses);
  }
}

TEST(KindTable, TellsWhatItCountsWhileOthersCount) {
  const std::string_view tiers[] = {"memory"};
  KindTable table;
  std::atomic<bool> is_over{false};
  std::jthread counting([&] {
    while (!is_over) table.of("sample").count_hit(0, 1, 2ns, 1ns);
  });
  std::uint64_t last = 0;
  for (int look = 0; look < 1000; ++look) {
    const auto kinds = table.metrics(tiers);
    const std::uint64_t hits = kinds.empty() ? 0 : kinds.at("sample").hits;
    EXPECT_GE(hits, last);
    last = hits;
  }
  is_over = true;
}

TEST(Cache, CountsARequestThatMissesNearAndHitsFarAsOneHit) {
  Fixture f;
  const EntryPtr entry = sample_entry(sample_key(1), 3);
  f.far->entries[entry->key.text()] = entry;
  (void)f.cache->get_or_compute(constant(sample_key(1), 4));
  (void)f.cache->get_or_compute(constant(sample_key(1), 4));
  (void)f.cache->get_or_compute(constant(sample_key(2), 4));
  const Metrics metrics = f.cache->metrics();
  const KindMetrics& kind = metrics.kinds.at("sample");
  EXPECT_EQ(kind.hits, 2u);
  EXPECT_EQ(kind.misses, 1u);
  EXPECT_EQ(requests_of(kind), 3u);
  EXPECT_EQ(kind.by_tier.at("near").hits, 1u);
  EXPECT_EQ(kind.by_tier.at("far").hits, 1u);
  EXPECT_EQ(kind.hit_times.count(), 2u);
  EXPECT_EQ(kind.miss_times.count(), 1u);
  EXPECT_GE(kind.miss_times.total(), kind.compute_times.total());
  EXPECT_EQ(kind.stored, 1u);
  EXPECT_GT(metrics.uptime, 0ns);
}

}  // namespace
}  // namespace almanac::cache
