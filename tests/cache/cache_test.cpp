#include "sample_entry.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace almanac::cache {
namespace {

TEST(Cache, ComputesOnceAndHitsEverAfter) {
  Fixture f;
  const Answer made = f.cache->get_or_compute(constant(sample_key(1), 5));
  EXPECT_EQ(made.source, "computed");
  EXPECT_EQ(value_of(made), 5);
  const Answer hit = f.cache->get_or_compute(constant(sample_key(1), 6));
  EXPECT_EQ(hit.source, "near");
  EXPECT_EQ(hit.entry, made.entry);
  EXPECT_EQ(f.far->entries.size(), 1u);
}

TEST(Cache, WritesDownWhatItKnowsOfAnArtifact) {
  CacheOptions options;
  options.producer = {"almanac/test", "SCALAR"};
  Fixture f(options);
  const auto before = std::chrono::system_clock::now();
  Request wanted = request(sample_key(1), [](const Artifact*) {
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
    }
    return sample_artifact(1);
  });
  wanted.host_binding = "this machine";
  wanted.dependencies = {sample_key(2).id()};
  const EntryFacts facts = f.cache->get_or_compute(wanted).entry->facts;
  EXPECT_EQ(facts.producer.version, "almanac/test");
  EXPECT_EQ(facts.host_binding, "this machine");
  EXPECT_EQ(facts.dependencies, wanted.dependencies);
  EXPECT_GE(facts.cost, std::chrono::milliseconds(2));
  EXPECT_GE(facts.created, before);
  EXPECT_FALSE(facts.expires);
}

TEST(Cache, PromotesWhatAFartherTierHad) {
  Fixture f;
  const EntryPtr entry = sample_entry(sample_key(1), 3);
  f.far->entries[entry->key.text()] = entry;
  EXPECT_EQ(f.cache->get_or_compute(constant(sample_key(1), 4)).source, "far");
  EXPECT_EQ(f.near->entries[entry->key.text()], entry);
  EXPECT_EQ(f.cache->get_or_compute(constant(sample_key(1), 4)).source, "near");
}

TEST(Cache, HandsOutWhatTheFarthestTierHadFirst) {
  Fixture f;
  const EntryPtr theirs = sample_entry(sample_key(1), 1);
  // Another process stores it while this one is making it.
  const Answer mine = f.cache->get_or_compute(request(sample_key(1), [&](const Artifact*) {
    f.far->entries[theirs->key.text()] = theirs;
    return sample_artifact(2);
  }));
  EXPECT_EQ(mine.entry, theirs);
  EXPECT_EQ(f.near->entries[theirs->key.text()], theirs);
}

TEST(Cache, GoesOnPastATierThatFailsAndWarnsOncePerCause) {
  Fixture f;
  f.near->fails = true;
  for (int turn = 0; turn < 3; ++turn) {
    for (std::int64_t number = 0; number < 3; ++number) {
      EXPECT_EQ(value_of(f.cache->get_or_compute(constant(sample_key(number), 1))), 1);
    }
  }
  // It fails in get and in put, for one cause.
  ASSERT_EQ(f.warnings.size(), 1u);
  EXPECT_NE(f.warnings[0].find("near, get"), std::string::npos) << f.warnings[0];
  EXPECT_NE(f.warnings[0].find("the door is stuck"), std::string::npos) << f.warnings[0];
  EXPECT_EQ(f.cache->metrics().tiers["near"].errors, 9u + 3u + 6u);  // gets, puts of what was made, of what was promoted
  EXPECT_EQ(f.cache->metrics().kinds["sample"].misses, 3u);
  EXPECT_EQ(f.cache->metrics().kinds["sample"].hits, 6u);
}

TEST(Cache, LetsNoTierThrow) {
  Fixture f;
  f.near->throws = f.far->throws = true;
  EXPECT_EQ(f.cache->get_or_compute(constant(sample_key(1), 1)).source, "computed");
  EXPECT_EQ(f.cache->find(sample_key(1)).entry, nullptr);
  EXPECT_FALSE(f.cache->peek(sample_key(1)));
  EXPECT_FALSE(f.cache->erase(sample_key(1)));
}

TEST(Cache, WorksWithoutAnyTier) {
  Cache cache({}, {});
  EXPECT_EQ(cache.get_or_compute(constant(sample_key(1), 1)).source, "computed");
  EXPECT_EQ(cache.get_or_compute(constant(sample_key(1), 2)).source, "computed");
}

TEST(Cache, RecomputesOnRequestAndReplacesWhatIsThere) {
  Fixture f;
  f.cache->get_or_compute(constant(sample_key(1), 1));
  Request again = constant(sample_key(1), 2);
  again.recompute = true;
  EXPECT_EQ(f.cache->get_or_compute(again).source, "computed");
  EXPECT_EQ(value_of(f.cache->get_or_compute(constant(sample_key(1), 3))), 2);
  EXPECT_EQ(cache::value_of(f.far->entries.begin()->second->artifact), 2);
}

TEST(Cache, ErasesNothingInOrderToReplaceIt) {
  Fixture f;
  f.cache->get_or_compute(constant(sample_key(1), 1));
  Request again = constant(sample_key(1), 2);
  again.recompute = true;
  // Whoever looks while the farther tier is given the new one finds the old one in both, and never none.
  f.far->on_replace = [&] {
    EXPECT_EQ(f.near->entries.size(), 1u);
    EXPECT_EQ(f.far->entries.size(), 1u);
    EXPECT_EQ(f.near->entries.begin()->second->artifact.at("values").as<double>()[0], 1);
  };
  const EntryPtr theirs = sample_entry(sample_key(1), 3);
  f.far->gives_instead = theirs;  // what the farthest gives back is what the nearer get
  EXPECT_EQ(f.cache->get_or_compute(again).entry, theirs);
  EXPECT_EQ(f.near->entries.begin()->second, theirs);
}

TEST(Cache, KeepsWhatIsThereWhenARecomputationFails) {
  Fixture f;
  f.cache->get_or_compute(constant(sample_key(1), 1));
  Request again = request(sample_key(1), [](const Artifact*) -> Artifact { throw std::runtime_error("no"); });
  again.recompute = true;
  EXPECT_THROW(f.cache->get_or_compute(again), std::runtime_error);
  EXPECT_EQ(value_of(f.cache->get_or_compute(constant(sample_key(1), 3))), 1);
}

TEST(Cache, FindsWithoutMaking) {
  Fixture f;
  EXPECT_EQ(f.cache->find(sample_key(1)).entry, nullptr);
  const Key key = sample_key(1, "growing");
  f.far->entries[key.text()] = sample_entry(key, 0, 10, 10);
  EXPECT_EQ(f.cache->find(key, 11).entry, nullptr);
  EXPECT_EQ(f.cache->find(key, 10).source, "far");
  EXPECT_EQ(f.cache->find(key).source, "near");
}

TEST(Cache, PeeksAtWhatReachesFarthest) {
  Fixture f;
  EXPECT_FALSE(f.cache->peek(sample_key(1)));
  const Key key = sample_key(1, "growing");
  f.near->entries[key.text()] = sample_entry(key, 0, 10, 10);
  f.far->entries[key.text()] = sample_entry(key, 0, 20, 20);
  EXPECT_EQ(f.cache->peek(key)->path, "far");
}

TEST(Cache, ErasesFromEveryTier) {
  Fixture f;
  f.cache->get_or_compute(constant(sample_key(1), 1));
  EXPECT_TRUE(f.cache->erase(sample_key(1)));
  EXPECT_FALSE(f.cache->erase(sample_key(1)));
  EXPECT_TRUE(f.near->entries.empty());
  EXPECT_TRUE(f.far->entries.empty());
}

TEST(Cache, CountsByKind) {
  Fixture f;
  for (int turn = 0; turn < 3; ++turn) {
    f.cache->get_or_compute(constant(sample_key(1, "apple"), 1));
    f.cache->get_or_compute(constant(sample_key(1, "elppa"), 1));  // one bucket with the other
    f.cache->get_or_compute(constant(sample_key(turn, "pear"), 1));
  }
  const Metrics metrics = f.cache->metrics();
  ASSERT_EQ(metrics.kinds.size(), 3u);
  for (const char* kind : {"apple", "elppa"}) {
    EXPECT_EQ(metrics.kinds.at(kind).misses, 1u);
    EXPECT_EQ(metrics.kinds.at(kind).hits, 2u);
    EXPECT_EQ(metrics.kinds.at(kind).bytes, 3 * 32u);
    EXPECT_GT(metrics.kinds.at(kind).seconds_computing(), 0);
  }
  EXPECT_EQ(metrics.kinds.at("pear").misses, 3u);
  EXPECT_EQ(metrics.tiers.at("near").hits, 4u);
  EXPECT_EQ(metrics.tiers.at("near").misses, 5u);
  EXPECT_EQ(metrics.tiers.at("far").misses, 5u);
}

}  // namespace
}  // namespace almanac::cache
