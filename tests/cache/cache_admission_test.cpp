#include "sample_entry.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

TEST(Cache, StoresOnlyWhatTakesLongerToMakeThanToLoad) {
  Fixture f(with_loads_of(std::chrono::milliseconds(10)));
  const auto table = [](std::int64_t number, std::chrono::nanoseconds estimate) {
    Request wanted = request(sample_key(number), [](const Artifact*) { return sample_artifact(1, 1000); });
    wanted.estimate = estimate;
    return wanted;
  };
  EXPECT_EQ(f.cache->get_or_compute(table(1, std::chrono::seconds(1))).source, "computed");
  EXPECT_EQ(f.far->entries.size(), 1u);
  EXPECT_EQ(f.cache->metrics().kinds["sample"].passed_by, 0u);

  Fixture strict(with_loads_of(kForAges));
  EXPECT_EQ(strict.cache->get_or_compute(table(1, std::chrono::seconds(1))).source, "computed");
  EXPECT_EQ(strict.cache->get_or_compute(table(1, std::chrono::seconds(1))).source, "computed");
  EXPECT_TRUE(strict.far->entries.empty());
  EXPECT_EQ(strict.cache->metrics().kinds["sample"].passed_by, 2u);
  EXPECT_TRUE(strict.warnings.empty());

  Request kept = table(2, std::chrono::nanoseconds(0));
  kept.keep = true;
  strict.cache->get_or_compute(kept);
  Request again = table(3, std::chrono::nanoseconds(0));
  again.recompute = true;
  strict.cache->get_or_compute(again);
  EXPECT_EQ(strict.far->entries.size(), 2u);
}

TEST(Cache, StoresByWhatItTookWhereThatIsMoreThanTheEstimate) {
  Fixture f(with_loads_of(std::chrono::microseconds(300)));
  f.cache->get_or_compute(request(sample_key(1), [](const Artifact*) {
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
    }
    return sample_artifact(1);
  }));
  EXPECT_EQ(f.far->entries.size(), 1u);
}

TEST(Cache, AlwaysStoresInMemory) {
  const auto far = std::make_shared<Shelf>();
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(make_memory_tier(1 << 20));
  tiers.push_back(std::make_unique<ShelfTier>("far", far));
  Cache cache(std::move(tiers), with_loads_of(kForAges));
  cache.get_or_compute(constant(sample_key(1), 1));
  EXPECT_EQ(cache.get_or_compute(constant(sample_key(1), 2)).source, "memory");
  EXPECT_TRUE(far->entries.empty());
}

TEST(Cache, GrowsWhatATierHoldsHoweverQuicklyItIsMade) {
  Fixture f(with_loads_of(kForAges));
  Growing growing;
  f.cache->get_or_compute(growing.to(10));
  EXPECT_TRUE(f.far->entries.empty());
  const Key key = sample_key(1, "growing");
  f.far->entries[key.text()] = sample_entry(key, 0, 10, 10);
  f.cache->get_or_compute(growing.to(20));
  EXPECT_EQ(coverage_of(f.far->entries[key.text()]->artifact.attributes()), 20);
  EXPECT_TRUE(f.near->entries.empty());
}

TEST(Cache, LearnsFromItsHitsHowLongATierTakes) {
  // A tier that is slow to load from, made so by its hits, takes no more of what is made in less time.
  CacheOptions options;
  options.settings.admission = Admission::balanced;
  Fixture f(options);
  Request quick = constant(sample_key(1), 1);
  quick.estimate = std::chrono::microseconds(500);
  f.cache->get_or_compute(quick);
  EXPECT_EQ(f.far->entries.size(), 1u);
  f.far->on_get = [] {
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
    }
  };
  for (int hit = 0; hit < 40; ++hit) {
    f.near->entries.clear();
    EXPECT_EQ(f.cache->get_or_compute(quick).source, "far");
  }
  quick.key = sample_key(2);
  f.cache->get_or_compute(quick);
  EXPECT_EQ(f.far->entries.size(), 1u);
}

}  // namespace
}  // namespace almanac::cache
