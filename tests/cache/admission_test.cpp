#include <almanac/cache/admission.hpp>
#include <almanac/cache/appraisal.hpp>
#include <almanac/cache/kind_settings.hpp>

#include "sample_entry.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;

TEST(Admission, AsksForWhatItsStrategySays) {
  const Economics economics{.load = 3us, .write = 120us, .reuse = 4};
  EXPECT_LT(least_cost(Admission::aggressive, economics), 0ns);
  EXPECT_EQ(least_cost(Admission::balanced, economics), 3us);
  EXPECT_EQ(least_cost(Admission::conservative, economics), 30us);
  EXPECT_EQ(least_cost(Admission::dynamic, economics), 33us);  // 3 + 120 / 4
}

TEST(Admission, DynamicNeverAsksForLessThanBalancedAndStaysFinite) {
  for (const double reuse : {0.0, 1e-300, 0.5, 1.0, 1e300}) {
    const Economics economics{.load = 7us, .write = 1us, .reuse = reuse};
    EXPECT_GE(least_cost(Admission::dynamic, economics), least_cost(Admission::balanced, economics)) << reuse;
    EXPECT_LE(least_cost(Admission::dynamic, economics), 7us + 64us) << reuse;
  }
  const auto ages = std::chrono::nanoseconds::max();
  EXPECT_GT(least_cost(Admission::conservative, {.load = ages, .write = ages}), 24h);
  EXPECT_GT(least_cost(Admission::dynamic, {.load = ages, .write = ages, .reuse = 0}), 24h);
}

TEST(Admission, StretchesWhatExpires) {
  EXPECT_EQ(adapted(10min, Admission::aggressive, 1), 20min);
  EXPECT_EQ(adapted(10min, Admission::balanced, 9), 10min);
  EXPECT_EQ(adapted(10min, Admission::conservative, 1), 5min);
  EXPECT_EQ(adapted(10min, Admission::dynamic, 0.1), 5min);
  EXPECT_EQ(adapted(10min, Admission::dynamic, 1.5), 15min);
  EXPECT_EQ(adapted(10min, Admission::dynamic, 100), 20min);
  EXPECT_GT(adapted(std::chrono::nanoseconds::max(), Admission::aggressive, 1), 0ns);
}

TEST(Admission, TakesAKindForOneThatIsFoundAgainOnceUntilItIsSeen) {
  EXPECT_EQ(reuse_of({}), 1);
  EXPECT_EQ(reuse_of({.hits = 96, .made = 6}), 10);   // 100 / 10
  EXPECT_EQ(reuse_of({.hits = 0, .made = 4}), 0.5);
}

TEST(Admission, IsNamedInBothDirectionsAndListsTheNamesForAnyOther) {
  for (const Admission one : all_admissions()) EXPECT_EQ(*parse_admission(to_string(one)), one);
  for (const WriteMode one : all_write_modes()) EXPECT_EQ(*parse_write_mode(to_string(one)), one);
  for (const Compression one : all_compressions()) EXPECT_EQ(*parse_compression(to_string(one)), one);
  EXPECT_EQ(parse_admission("eager").error().message,
            "admission 'eager': must be one of aggressive, balanced, conservative, dynamic");
  EXPECT_EQ(parse_write_mode("").error().message,
            "write mode '': must be one of write_through, write_back, read_through, cache_aside");
  EXPECT_FALSE(parse_compression("Deflate").ok());
}

TEST(Admission, SpeedsAreLatencyAndRate) {
  const Speed speed{.latency = 3us, .nanoseconds_per_byte = 0.5};
  EXPECT_EQ(speed.time_of(0), 3us);
  EXPECT_EQ(speed.time_of(4'000), 5us);
  EXPECT_GT(speed.time_of(std::numeric_limits<std::uint64_t>::max()), 24h);
}

/// A key of its own for each, so that all are made.
Request worth(std::int64_t number, std::chrono::nanoseconds estimate) {
  Request wanted = constant(sample_key(number), 1);
  wanted.estimate = estimate;
  return wanted;
}

TEST(Cache, DynamicAdmissionFollowsHowOftenAKindIsFoundAgain) {
  // Loading takes an hour, writing too: worth its while is what takes 1 + 1 / reuse hours to make.
  CacheOptions options = with_loads_of(1h, Admission::dynamic);
  Fixture unknown(options);
  unknown.cache->get_or_compute(worth(1, 100min));
  EXPECT_TRUE(unknown.far->entries.empty());
  unknown.cache->get_or_compute(worth(2, 151min));  // two made, none found again: 4 / 6
  EXPECT_EQ(unknown.far->entries.size(), 1u);

  options.past["sample"] = {.hits = 36, .made = 6};  // reuse 4: from 75 min on
  Fixture often(options);
  often.cache->get_or_compute(worth(1, 100min));
  EXPECT_EQ(often.far->entries.size(), 1u);

  // What is made and never found again counts against it: from 36 hits of 6 made to as many of 98 makes reuse 40 / 102.
  Fixture seldom(options);
  for (std::int64_t number = 0; number < 92; ++number) seldom.cache->get_or_compute(worth(1000 + number, 1s));
  EXPECT_TRUE(seldom.far->entries.empty());
  seldom.cache->get_or_compute(worth(1, 200min));
  EXPECT_TRUE(seldom.far->entries.empty());
  seldom.cache->get_or_compute(worth(2, 220min));
  EXPECT_EQ(seldom.far->entries.size(), 1u);
}

TEST(Cache, KindsAreKeptAsTheirSettingsSay) {
  CacheOptions options = with_loads_of(kForAges);
  options.kinds["all"] = {.admission = Admission::aggressive};
  options.kinds["near_only"] = {.admission = Admission::aggressive, .tiers = {"near"}};
  options.kinds["aside"] = {.admission = Admission::aggressive, .write = WriteMode::cache_aside};
  Fixture f(options);
  for (const char* kind : {"all", "near_only", "aside", "sample"}) f.cache->get_or_compute(constant(sample_key(1, kind), 1));
  EXPECT_EQ(f.near->entries.size(), 2u);
  EXPECT_EQ(f.far->entries.size(), 1u);
  EXPECT_TRUE(f.far->entries.contains(sample_key(1, "all").text()));

  // By name: everywhere where the kind is kept.
  for (const char* kind : {"near_only", "aside"}) {
    Request kept = constant(sample_key(2, kind), 1);
    kept.keep = true;
    f.cache->get_or_compute(kept);
  }
  EXPECT_TRUE(f.far->entries.contains(sample_key(2, "aside").text()));
  EXPECT_FALSE(f.far->entries.contains(sample_key(2, "near_only").text()));

  // Looked up it is everywhere, and what was once where it is kept no more goes with what takes its place.
  const Key elsewhere = sample_key(3, "near_only");
  f.far->entries[elsewhere.text()] = sample_entry(elsewhere, 3);
  EXPECT_EQ(f.cache->get_or_compute(constant(elsewhere, 4)).source, "far");
  Request again = constant(elsewhere, 5);
  again.recompute = true;
  f.cache->get_or_compute(again);
  EXPECT_FALSE(f.far->entries.contains(elsewhere.text()));
  EXPECT_EQ(value_of(f.cache->get_or_compute(constant(elsewhere, 6))), 5);
}

TEST(Cache, WhatIsReadThroughIsKeptInMemoryAlone) {
  CacheOptions options;
  options.settings.write = WriteMode::read_through;
  const auto far = std::make_shared<Shelf>();
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(make_memory_tier(1 << 20));
  tiers.push_back(std::make_unique<ShelfTier>("far", far));
  Cache cache(std::move(tiers), options);
  cache.get_or_compute(constant(sample_key(1), 1));
  EXPECT_EQ(cache.get_or_compute(constant(sample_key(1), 2)).source, "memory");
  EXPECT_TRUE(far->entries.empty());
  far->entries[sample_key(2).text()] = sample_entry(sample_key(2), 2);
  EXPECT_EQ(cache.get_or_compute(constant(sample_key(2), 3)).source, "far");
  EXPECT_EQ(cache.get_or_compute(constant(sample_key(2), 3)).source, "memory");
}

TEST(Cache, WhatIsMadeExpiresWhenItsKindDoes) {
  CacheOptions options;
  options.settings.ttl = 1h;  // and everything is stored: twice as long
  options.kinds["brief"] = {.admission = Admission::conservative, .ttl = 1h};
  options.kinds["lasting"] = {};
  options.kinds["ages"] = {.ttl = std::chrono::nanoseconds::max()};
  Fixture f(options);
  const auto lasts = [&](const char* kind) {
    const EntryPtr entry = f.cache->get_or_compute(constant(sample_key(1, kind), 1)).entry;
    return entry->facts.expires ? *entry->facts.expires - entry->facts.created : std::chrono::nanoseconds(0);
  };
  EXPECT_EQ(lasts("sample"), 2h);
  EXPECT_EQ(lasts("brief"), 30min);
  EXPECT_EQ(lasts("lasting"), 0h);
  EXPECT_GT(lasts("ages"), 24h * 365 * 100);
}

TEST(Cache, AppraisesWhatIsThereAndWhatIsNot) {
  CacheOptions options = with_loads_of(5ms, Admission::conservative);
  options.kinds["aside"] = {.write = WriteMode::cache_aside};
  Fixture f(options);
  Request wanted = constant(sample_key(1), 1);
  wanted.estimate = 40ms;
  wanted.expected_bytes = 32;
  Appraisal quick = f.cache->appraise(wanted);
  EXPECT_EQ(quick.source, Appraisal::Source::estimate);
  EXPECT_EQ(quick.cost, 40ms);
  EXPECT_EQ(quick.bytes, 32u);
  ASSERT_EQ(quick.tiers.size(), 2u);
  EXPECT_EQ(quick.tiers[1].tier, "far");
  EXPECT_EQ(quick.tiers[1].load, 5ms);
  EXPECT_EQ(quick.tiers[1].least_cost, 50ms);
  EXPECT_EQ(quick.tiers[1].verdict, Verdict::too_quick);
  EXPECT_FALSE(is_stored(quick.tiers[1].verdict));
  EXPECT_FALSE(quick.tiers[1].is_there);

  wanted.estimate = 60ms;
  EXPECT_EQ(f.cache->appraise(wanted).tiers[1].verdict, Verdict::pays);
  wanted.keep = true;
  EXPECT_EQ(f.cache->appraise(wanted).tiers[1].verdict, Verdict::asked_for);
  f.cache->get_or_compute(wanted);
  wanted.keep = false;
  const Appraisal there = f.cache->appraise(wanted);
  EXPECT_EQ(there.source, Appraisal::Source::measured);
  EXPECT_LT(there.cost, 60ms);
  EXPECT_TRUE(there.tiers[0].is_there && there.tiers[1].is_there);
  EXPECT_TRUE(f.cache->metrics().kinds["sample"].hits == 0 && f.near->stats.hits == 0) << "an appraisal is no look-up";

  Request unknown = constant(sample_key(1, "unheard_of"), 1);
  unknown.estimate = 0ns;
  const Appraisal open = f.cache->appraise(unknown);
  EXPECT_EQ(open.source, Appraisal::Source::unknown);
  EXPECT_FALSE(open.bytes.has_value());
  EXPECT_EQ(open.tiers[1].verdict, Verdict::depends);
  EXPECT_EQ(f.cache->appraise(constant(sample_key(1, "aside"), 1)).tiers[0].verdict, Verdict::cache_aside);
}

TEST(Cache, AppraisesWhatWouldGrowAndWhatMemoryTakes) {
  const auto far = std::make_shared<Shelf>();
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(make_memory_tier(1 << 20));
  tiers.push_back(std::make_unique<ShelfTier>("far", far));
  Cache cache(std::move(tiers), with_loads_of(kForAges));
  Growing growing;
  EXPECT_EQ(cache.appraise(growing.to(20)).tiers[1].verdict, Verdict::too_quick);
  const Key key = sample_key(1, "growing");
  far->entries[key.text()] = sample_entry(key, 0, 10, 10);
  const Appraisal grown = cache.appraise(growing.to(20));
  EXPECT_EQ(grown.tiers[0].verdict, Verdict::in_memory);
  EXPECT_LT(grown.tiers[0].least_cost, 0ns);
  EXPECT_EQ(grown.tiers[1].verdict, Verdict::grows);
  EXPECT_FALSE(grown.tiers[1].is_there);
  EXPECT_TRUE(cache.appraise(growing.to(10)).tiers[1].is_there);
}

TEST(Cache, TellsHowFastItsTiersAre) {
  Fixture f(with_loads_of(1ms));
  const auto speeds = f.cache->speeds();
  ASSERT_EQ(speeds.size(), 2u);
  EXPECT_EQ(speeds.at("far").load.latency, 1ms);
  EXPECT_EQ(speeds.at("far").write.latency, 1ms);
}

}  // namespace
}  // namespace almanac::cache
