// How a cache is judged, from figures alone.

#include "health.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace almanac {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kToday = 20000;
const auto kSeen = std::chrono::system_clock::time_point(std::chrono::days(kToday));

/// Of a cache that was not asked for anything.
HealthFigures figures() {
  HealthFigures figures;
  figures.today = kToday;
  figures.entries = 10;
  figures.bytes = 1'000'000;
  figures.free_bytes = 50'000'000'000;
  figures.file_system_bytes = 100'000'000'000;
  figures.max_memory = 512'000'000;
  figures.probe = 100us;
  return figures;
}

const HealthCheck& check_of(const Health& health, std::string_view name) {
  for (const HealthCheck& check : health.checks) {
    if (check.name == name) return check;
  }
  ADD_FAILURE() << name;
  return health.checks.front();
}

bool is_well(const HealthFigures& figures, std::string_view name) {
  const HealthCheck check = check_of(judge(figures), name);
  EXPECT_FALSE(check.reason.empty());
  return check.is_well;
}

TEST(Health, OfACacheThatWasNotAskedIsWell) {
  const Health health = judge(figures());
  EXPECT_TRUE(health.is_well());
  EXPECT_EQ(health.checks.size(), 6u);
  EXPECT_TRUE(health.advice.empty());
  EXPECT_FALSE(health.trend.bytes_a_day);
}

TEST(Health, MindsAFullBudgetAndAFullDisk) {
  HealthFigures full = figures();
  full.max_bytes = 1'020'000;
  EXPECT_FALSE(is_well(full, "quota"));
  full.max_bytes = 1'030'000;
  EXPECT_TRUE(is_well(full, "quota"));
  full.free_bytes = 4'000'000'000;
  EXPECT_FALSE(is_well(full, "quota"));
  EXPECT_FALSE(judge(full).is_well());
}

TEST(Health, MindsFewHitsOfManyRequestsInTheLastMonth) {
  HealthFigures poor = figures();
  poor.counted.days[kToday] = {.requests = 99, .hits = 0};
  EXPECT_TRUE(is_well(poor, "hit ratio")) << "too few";
  poor.counted.days[kToday - 29] = {.requests = 901, .hits = 199};
  EXPECT_FALSE(is_well(poor, "hit ratio"));
  poor.counted.days[kToday - 29].hits = 200;
  EXPECT_TRUE(is_well(poor, "hit ratio"));
  poor.counted.days[kToday - 30] = {.requests = 1'000'000, .hits = 0};
  EXPECT_TRUE(is_well(poor, "hit ratio")) << "long ago";
}

TEST(Health, MindsATailThatIsFelt) {
  HealthFigures slow = figures();
  cache::TierHits hits;
  for (int i = 0; i < 980; ++i) hits.times.add(10us);
  for (int i = 0; i < 20; ++i) hits.times.add(2s);
  hits.hits = 1000;
  add_hits(slow.counted.kinds["laplacian"], "disk", hits);
  EXPECT_FALSE(is_well(slow, "tail latency"));
  HealthFigures felt_by_nobody = figures();
  cache::TierHits quick;
  for (int i = 0; i < 980; ++i) quick.times.add(10us);
  for (int i = 0; i < 20; ++i) quick.times.add(5ms);
  quick.hits = 1000;
  add_hits(felt_by_nobody.counted.kinds["laplacian"], "disk", quick);
  EXPECT_TRUE(is_well(felt_by_nobody, "tail latency"));
}

TEST(Health, MindsQuarantineStaleLeasesAndTheFolder) {
  HealthFigures ill = figures();
  ill.quarantined = 1;
  EXPECT_FALSE(is_well(ill, "corruption"));
  ill.stale_leases = 2;
  EXPECT_FALSE(is_well(ill, "leases"));
  ill.remote = "nfs";
  EXPECT_FALSE(is_well(ill, "folder"));
  ill.remote.clear();
  EXPECT_TRUE(is_well(ill, "folder"));
  ill.probe = 60ms;
  EXPECT_FALSE(is_well(ill, "folder"));
  ill.probe.reset();
  EXPECT_FALSE(is_well(ill, "folder"));
}

TEST(Health, TellsGrowthAndWhenItIsFull) {
  HealthFigures growing = figures();
  // 100 kB a day, and today as much as that makes.
  for (int days : {4, 3, 1}) growing.counted.days[kToday - days] = {.surveyed = kSeen, .held_bytes = 1'000'000u - 100'000u * static_cast<unsigned>(days)};
  growing.counted.days[kToday - 2] = {.requests = 5};                                       // nobody looked
  growing.counted.days[kToday - 200] = {.surveyed = kSeen, .held_bytes = 1'000'000'000};  // long ago
  growing.max_bytes = 2'000'000;
  const Trend trend = judge(growing).trend;
  EXPECT_EQ(trend.days, 4u);
  ASSERT_TRUE(trend.bytes_a_day && trend.days_until_full);
  EXPECT_NEAR(*trend.bytes_a_day, 100'000, 1e-6);  // sums of whole numbers below 2^53, and one division
  EXPECT_NEAR(*trend.days_until_full, 10, 1e-9);
  growing.bytes = 10;  // it was cleared
  EXPECT_LT(*judge(growing).trend.bytes_a_day, 0);
  EXPECT_FALSE(judge(growing).trend.days_until_full);
}

bool advises(const HealthFigures& figures, const std::string& part) {
  for (const Advice& one : judge(figures).advice) {
    EXPECT_FALSE(one.because.empty());
    if (one.what.find(part) != std::string::npos) return true;
  }
  return false;
}

TEST(Health, AdvisesMoreMemoryWhereMuchIsMissedThatWasThere) {
  HealthFigures tight = figures();
  tight.counted.tiers["memory"] = {.hits = 900, .misses = 100, .would_have_hit = 49};
  EXPECT_FALSE(advises(tight, "max_memory"));
  tight.counted.tiers["memory"].would_have_hit = 50;
  EXPECT_TRUE(advises(tight, "max_memory"));
}

TEST(Health, AdvisesMoreDiskWhereEvictedThingsAreMadeAgain) {
  HealthFigures tight = figures();
  tight.counted.kinds["laplacian"].would_have_hit = 10;
  EXPECT_FALSE(advises(tight, "max_disk")) << "there is no budget";
  tight.max_bytes = 10'000'000;
  EXPECT_TRUE(advises(tight, "max_disk"));
}

TEST(Health, AdvisesToStopStoringWhatIsNeverFoundAgain) {
  HealthFigures wasted = figures();
  cache::KindMetrics& kind = wasted.counted.kinds["my_table"];
  kind.misses = 200;
  kind.stored = 200;
  kind.storing = 2s;
  EXPECT_TRUE(advises(wasted, "stop storing my_table"));
  cache::TierHits in_memory{.hits = 1, .cost = 10s};
  in_memory.times.add(1us);
  add_hits(kind, "memory", in_memory);
  EXPECT_TRUE(advises(wasted, "stop storing my_table")) << "memory needs no disk";
  add_hits(kind, "disk", in_memory);
  EXPECT_FALSE(advises(wasted, "stop storing my_table")) << "one hit saved ten seconds";
}

TEST(Health, AdvisesToTuneWhatIsPlannedAgainAndAgain) {
  HealthFigures planned = figures();
  planned.to_tune.push_back({"512x512 r2c, adaptive", 7, 3s});
  EXPECT_TRUE(advises(planned, "almanac tune"));
}

}  // namespace
}  // namespace almanac
