#include "sample_entry.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

TEST(Cache, GrowsAnEntryFromWhatIsThere) {
  Fixture f;
  Growing growing;
  EXPECT_EQ(f.cache->get_or_compute(growing.to(10)).source, "computed");
  EXPECT_EQ(f.cache->get_or_compute(growing.to(5)).source, "near");
  EXPECT_EQ(f.cache->get_or_compute(growing.to(20)).source, "computed");
  EXPECT_EQ(f.cache->get_or_compute(growing.to(20)).source, "near");
  EXPECT_EQ(growing.priors, (std::vector<std::int64_t>{0, 10}));
  for (const auto& shelf : {f.near, f.far}) {
    EXPECT_EQ(coverage_of(shelf->entries.begin()->second->artifact.attributes()), 20);
  }
}

TEST(Cache, GrowsFromTheFarthestReachingEntryOfAnyTier) {
  Fixture f;
  const Key key = sample_key(1, "growing");
  f.near->entries[key.text()] = sample_entry(key, 0, 10, 10);
  f.far->entries[key.text()] = sample_entry(key, 0, 15, 15);
  Growing growing;
  EXPECT_EQ(f.cache->get_or_compute(growing.to(12)).source, "far");
  f.near->entries[key.text()] = sample_entry(key, 0, 10, 10);
  EXPECT_EQ(f.cache->get_or_compute(growing.to(20)).source, "computed");
  EXPECT_EQ(growing.priors, (std::vector<std::int64_t>{15}));
}

TEST(Cache, CountsWhatAPriorCostAsPartOfTheCost) {
  Fixture f;
  const Key key = sample_key(1, "growing");
  Entry prior = *sample_entry(key, 0, 10, 10);
  prior.facts.cost = std::chrono::hours(1);
  f.far->entries[key.text()] = std::make_shared<const Entry>(prior);
  Growing growing;
  EXPECT_GE(f.cache->get_or_compute(growing.to(20)).entry->facts.cost, std::chrono::hours(1));
}

TEST(Cache, AWaiterThatNeedsMoreThanTheFlightBringsGetsIt) {
  Fixture f;
  std::atomic<int> looked{0};
  f.near->on_get = [&] { looked.fetch_add(1), looked.notify_all(); };
  Growing growing;
  std::jthread less([&] {
    Request wanted = growing.to(10);
    wanted.make = [&, make = wanted.make](const Artifact* prior) {
      for (int now = looked; now < 2; now = looked) looked.wait(now);
      return make(prior);
    };
    f.cache->get_or_compute(wanted);
  });
  for (int now = looked; now < 1; now = looked) looked.wait(now);
  const Answer answer = f.cache->get_or_compute(growing.to(20));
  EXPECT_EQ(coverage_of(answer.entry->artifact.attributes()), 20);
}

TEST(Cache, AMakerThatFallsShortIsAnsweredWithWhatItMade) {
  Fixture f;
  Request wanted = request(sample_key(1), [](const Artifact*) { return sample_artifact(0, 5, 5); });
  wanted.coverage = 10;
  EXPECT_EQ(coverage_of(f.cache->get_or_compute(wanted).entry->artifact.attributes()), 5);
}

}  // namespace
}  // namespace almanac::cache
