#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "lease_record.hpp"
#include "sample_entry.hpp"
#include "shelf_tier.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <latch>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

/// A cache of two shelves, "near" and "far", and what it warned of.
struct Fixture {
  std::shared_ptr<Shelf> near = std::make_shared<Shelf>(), far = std::make_shared<Shelf>();
  std::vector<std::string> warnings;
  std::unique_ptr<Cache> cache;

  explicit Fixture(CacheOptions options = {}) {
    options.warn = [this](std::string_view line) { warnings.emplace_back(line); };
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(std::make_unique<ShelfTier>("near", near));
    tiers.push_back(std::make_unique<ShelfTier>("far", far));
    cache = std::make_unique<Cache>(std::move(tiers), std::move(options));
  }
};

/// A growing artifact whose i-th value is i; counts how often it is made, and from how much.
struct Growing {
  std::atomic<int> made{0};
  std::vector<std::int64_t> priors;

  Request to(std::int64_t coverage) {
    Request wanted = request(sample_key(1, "growing"), [this, coverage](const Artifact* prior) {
      ++made;
      priors.push_back(prior ? coverage_of(prior->attributes()) : 0);
      return sample_artifact(0, coverage, coverage);
    });
    wanted.coverage = coverage;
    return wanted;
  }
};

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

TEST(Cache, ComputesOnceForManyThreads) {
  Fixture f;
  constexpr int kThreads = 16;
  std::atomic<int> made{0}, looked{0};
  f.near->on_get = [&] { looked.fetch_add(1), looked.notify_all(); };
  std::map<std::string_view, int> sources;
  std::mutex mutex;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      const Answer answer = f.cache->get_or_compute(request(sample_key(1), [&](const Artifact*) {
        ++made;
        // Until all have looked in vain, nothing is there.
        for (int now = looked; now < kThreads; now = looked) looked.wait(now);
        return sample_artifact(9);
      }));
      const std::lock_guard lock(mutex);
      ++sources[answer.source];
      EXPECT_EQ(value_of(answer), 9);
    });
  }
  threads.clear();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(sources["computed"], 1);
  // Who looked in vain joined the flight, or came just after it landed and found the entry at the second look.
  EXPECT_EQ(sources["joined"] + sources["near"], kThreads - 1);
  const KindMetrics kind = f.cache->metrics().kinds["sample"];
  EXPECT_EQ(kind.misses, 1u);
  EXPECT_EQ(kind.joined + kind.hits, kThreads - 1u);
  EXPECT_EQ(kind.bytes, kThreads * 32u);
}

TEST(Cache, LooksAgainWhenAFlightLandedAfterItsLook) {
  Fixture f;
  // The first look finds nothing; before its thread takes off, another one makes and stores the artifact.
  f.near->after_get = [&] {
    std::jthread other([&] { EXPECT_EQ(f.cache->get_or_compute(constant(sample_key(1), 1)).source, "computed"); });
  };
  const Answer answer = f.cache->get_or_compute(constant(sample_key(1), 2));
  EXPECT_EQ(answer.source, "near");
  EXPECT_EQ(value_of(answer), 1);
  EXPECT_EQ(f.cache->metrics().tiers["near"].misses, 2u);
}

TEST(Cache, HandsAnExceptionToWhoeverWaitsAndForgetsIt) {
  Fixture f;
  constexpr int kThreads = 8;
  std::atomic<int> failed{0}, looked{0};
  f.near->on_get = [&] { looked.fetch_add(1), looked.notify_all(); };
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        try {
          f.cache->get_or_compute(request(sample_key(1), [&](const Artifact*) -> Artifact {
            for (int now = looked; now < kThreads; now = looked) looked.wait(now);
            throw std::runtime_error("no convergence");
          }));
        } catch (const std::runtime_error& error) {
          failed += error.what() == std::string_view("no convergence");
        }
      });
    }
  }
  EXPECT_EQ(failed, kThreads);
  EXPECT_TRUE(f.far->entries.empty());
  EXPECT_EQ(f.cache->get_or_compute(constant(sample_key(1), 1)).source, "computed");
}

TEST(Cache, MayBeAskedForAnotherKeyWhileMakingOne) {
  Fixture f;
  const Answer outer = f.cache->get_or_compute(request(sample_key(1), [&](const Artifact*) {
    return sample_artifact(1 + value_of(f.cache->get_or_compute(constant(sample_key(2), 10))));
  }));
  EXPECT_EQ(value_of(outer), 11);
}

TEST(Cache, MayBeAskedForTheVeryKeyItIsMaking) {
  const std::filesystem::path folder = own_path("leases");
  CacheOptions options;
  options.lease_folder = folder;
  Fixture f(options);
  Request outer = request(sample_key(1), [&](const Artifact*) {
    return sample_artifact(1 + value_of(f.cache->get_or_compute(constant(sample_key(1), 10))));
  });
  outer.estimate = std::chrono::seconds(1);  // under a lease, which the inner one must not wait for
  EXPECT_EQ(value_of(f.cache->get_or_compute(outer)), 10);  // the inner one was stored first
  std::filesystem::remove_all(folder);
}

TEST(Cache, TwoKeysMayNeedEachOtherAcrossThreads) {
  Fixture f;
  std::latch both_making(2);
  // 1 needs 2 and 2 needs 1: each thread makes one and asks for the other; nobody may wait for ever.
  const auto make = [&](std::int64_t own, std::int64_t other) {
    return value_of(f.cache->get_or_compute(request(sample_key(own), [&, other](const Artifact*) {
      both_making.arrive_and_wait();
      return sample_artifact(value_of(f.cache->get_or_compute(constant(sample_key(other), 1))) + 1);
    })));
  };
  std::jthread first([&] { EXPECT_GE(make(1, 2), 1); });
  std::jthread second([&] { EXPECT_GE(make(2, 1), 1); });
}

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
    EXPECT_GT(metrics.kinds.at(kind).seconds_computing, 0);
  }
  EXPECT_EQ(metrics.kinds.at("pear").misses, 3u);
  EXPECT_EQ(metrics.tiers.at("near").hits, 4u);
  EXPECT_EQ(metrics.tiers.at("near").misses, 5u);
  EXPECT_EQ(metrics.tiers.at("far").misses, 5u);
}

TEST(Cache, StoresOnlyWhatTakesLongerToMakeThanToLoad) {
  // Loading 8 kB takes 3 µs from a local disk: far below a thousandth of what these estimates say, or far above.
  CacheOptions options;
  options.admission_factor = 1000;
  Fixture f(options);
  const auto table = [](std::int64_t number, std::chrono::nanoseconds estimate) {
    Request wanted = request(sample_key(number), [](const Artifact*) { return sample_artifact(1, 1000); });
    wanted.estimate = estimate;
    return wanted;
  };
  EXPECT_EQ(f.cache->get_or_compute(table(1, std::chrono::seconds(1))).source, "computed");
  EXPECT_EQ(f.far->entries.size(), 1u);
  EXPECT_EQ(f.cache->metrics().kinds["sample"].passed_by, 0u);

  options.admission_factor = 1e12;
  Fixture strict(options);
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
  CacheOptions options;
  options.admission_factor = 100;
  Fixture f(options);
  f.cache->get_or_compute(request(sample_key(1), [](const Artifact*) {
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
    }
    return sample_artifact(1);
  }));
  EXPECT_EQ(f.far->entries.size(), 1u);
}

TEST(Cache, AlwaysStoresInMemory) {
  CacheOptions options;
  options.admission_factor = 1e12;
  const auto far = std::make_shared<Shelf>();
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(make_memory_tier(1 << 20));
  tiers.push_back(std::make_unique<ShelfTier>("far", far));
  Cache cache(std::move(tiers), options);
  cache.get_or_compute(constant(sample_key(1), 1));
  EXPECT_EQ(cache.get_or_compute(constant(sample_key(1), 2)).source, "memory");
  EXPECT_TRUE(far->entries.empty());
}

TEST(Cache, GrowsWhatATierHoldsHoweverQuicklyItIsMade) {
  CacheOptions options;
  options.admission_factor = 1e12;
  Fixture f(options);
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
  options.admission_factor = 1;
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

TEST(Cache, LetsWhoeverGivesUpGo) {
  Fixture f;
  Request wanted = request(sample_key(1), [](const Artifact*) -> Artifact { throw std::logic_error("made all the same"); });
  wanted.give_up = [] { return true; };
  for (const bool recompute : {false, true}) {
    wanted.recompute = recompute;
    const Answer answer = f.cache->get_or_compute(wanted);
    EXPECT_EQ(answer.entry, nullptr);
    EXPECT_EQ(answer.source, "");
  }
  f.cache->get_or_compute(constant(sample_key(1), 1));
  wanted.recompute = false;
  EXPECT_EQ(f.cache->get_or_compute(wanted).source, "near");  // what is there is not waited for
}

TEST(Cache, APassengerThatGivesUpLeavesTheOthersWaiting) {
  Fixture f;
  std::latch making(1), gone(1);
  std::jthread leader([&] {
    f.cache->get_or_compute(request(sample_key(1), [&](const Artifact*) {
      making.count_down();
      gone.wait();
      return sample_artifact(1);
    }));
  });
  making.wait();
  std::jthread patient([&] { EXPECT_EQ(value_of(f.cache->get_or_compute(constant(sample_key(1), 2))), 1); });
  Request wanted = constant(sample_key(1), 3);
  wanted.give_up = [questions = 3]() mutable { return --questions < 0; };
  EXPECT_EQ(f.cache->get_or_compute(wanted).entry, nullptr);
  gone.count_down();
}

TEST(Cache, PassengersTakeOverFromALeaderThatGivesUp) {
  const std::filesystem::path folder = own_path("give-up");
  CacheOptions options;
  options.lease_folder = folder;
  Fixture f(options), elsewhere(options);
  std::latch making(1), gone(1), leading(1), boarded(1);
  const auto held = [&](double value, std::function<bool()> give_up) {
    Request wanted = constant(sample_key(1), value);
    wanted.estimate = std::chrono::seconds(1);
    wanted.give_up = std::move(give_up);
    return wanted;
  };
  std::jthread holder([&] {
    Request wanted = held(1, {});
    wanted.make = [&](const Artifact*) -> Artifact {
      making.count_down();
      gone.wait();
      throw std::runtime_error("nothing came of it");
    };
    EXPECT_THROW(elsewhere.cache->get_or_compute(wanted), std::runtime_error);
  });
  making.wait();
  std::atomic<bool> has_passenger{false};
  std::jthread leader([&] {
    EXPECT_EQ(f.cache->get_or_compute(held(2, [&, told = false]() mutable {
      if (!std::exchange(told, true)) leading.count_down();
      return has_passenger.load();
    })).entry, nullptr);
    gone.count_down();
  });
  leading.wait();
  const Answer answer = f.cache->get_or_compute(held(3, [&] {
    has_passenger = true;
    return false;
  }));
  EXPECT_EQ(value_of(answer), 3);
  EXPECT_EQ(answer.source, "computed");
  holder.join();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Cache, WaitersForAnotherProcessThatFailedDoNotWaitForEachOther) {
  const std::filesystem::path folder = own_path("failed");
  CacheOptions options;
  options.lease_folder = folder;
  Fixture elsewhere(options), here(options), there(options);
  std::latch making(1), waiting(2), both_making(2);
  const auto worth_a_lease = [](std::function<Artifact(const Artifact*)> make) {
    Request wanted = request(sample_key(1), std::move(make));
    wanted.estimate = std::chrono::seconds(1);
    return wanted;
  };
  std::jthread holder([&] {
    EXPECT_THROW(elsewhere.cache->get_or_compute(worth_a_lease([&](const Artifact*) -> Artifact {
      making.count_down();
      waiting.wait();
      throw std::runtime_error("no convergence");
    })), std::runtime_error);
  });
  making.wait();
  const auto wait = [&](Fixture& f) {
    Request wanted = worth_a_lease([&](const Artifact*) {
      both_making.arrive_and_wait();  // side by side
      return sample_artifact(1);
    });
    wanted.give_up = [&, questions = 0]() mutable {
      if (++questions == 2) waiting.count_down();  // the second time it is asked while it waits
      return false;
    };
    EXPECT_EQ(f.cache->get_or_compute(wanted).source, "computed");
  };
  std::jthread first([&] { wait(here); }), second([&] { wait(there); });
  for (std::jthread* thread : {&holder, &first, &second}) thread->join();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

/// What another process is, as far as leases tell, that makes the first key until it is told to finish.
class BusyElsewhere {
 public:
  explicit BusyElsewhere(const CacheOptions& options) : cache_(options) {
    thread_ = std::jthread([this] {
      Request wanted = request(sample_key(1), [this](const Artifact*) {
        making_.count_down();
        done_.wait();
        return sample_artifact(1);
      });
      wanted.estimate = std::chrono::seconds(1);
      cache_.cache->get_or_compute(wanted);
    });
    making_.wait();
  }
  void finish() {
    done_.count_down();
    thread_.join();
  }

 private:
  Fixture cache_;
  std::latch making_{1}, done_{1};
  std::jthread thread_;
};

TEST(Cache, AWaiterForAnotherProcessMayGiveUp) {
  const std::filesystem::path folder = own_path("give-up-lease");
  CacheOptions options;
  options.lease_folder = folder;
  Fixture f(options);
  BusyElsewhere holder(options);
  Request wanted = constant(sample_key(1), 2);
  wanted.estimate = std::chrono::seconds(1);
  wanted.give_up = [questions = 5]() mutable { return --questions < 0; };
  EXPECT_EQ(f.cache->get_or_compute(wanted).entry, nullptr);
  holder.finish();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Cache, TakesOverFromAHolderElsewhereThatVanished) {
  const std::filesystem::path folder = own_path("vanished");
  std::filesystem::create_directories(folder);
  std::ofstream(folder / (sample_key(1).id().hex() + ".lease"))
      << LeaseRecord{draw_token(), 3, {"another-boot", "pid:[1]", ::getpid(), 1, "elsewhere"}}.text();
  CacheOptions options;
  options.lease_folder = folder;
  options.lease_interval = std::chrono::milliseconds(1);
  options.lease_wait = std::chrono::seconds(5);  // in which ten beats a second apart do not pass: then it had no lease
  Fixture f(options);
  Request wanted = request(sample_key(1), [&](const Artifact*) {
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 2);
    return sample_artifact(1);
  });
  wanted.estimate = std::chrono::seconds(1);
  EXPECT_EQ(f.cache->get_or_compute(wanted).source, "computed");
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Cache, WaitsNoLongerThanAgreedHoweverLongTheHolderBeats) {
  const std::filesystem::path folder = own_path("deadline");
  CacheOptions options;
  options.lease_folder = folder;
  BusyElsewhere holder(options);
  options.lease_wait = std::chrono::milliseconds(30);
  Fixture f(options);
  Request wanted = constant(sample_key(1), 2);
  wanted.estimate = std::chrono::seconds(1);
  EXPECT_EQ(value_of(f.cache->get_or_compute(wanted)), 2);
  holder.finish();
  std::filesystem::remove_all(folder);
}

TEST(Cache, ComputesWithoutALeaseWhereTheFolderTakesNone) {
  const std::filesystem::path blocked = own_path("blocked");
  std::ofstream(blocked) << "in the way";
  CacheOptions options;
  options.lease_folder = blocked;
  Fixture f(options);
  for (std::int64_t number = 0; number < 3; ++number) {
    Request wanted = constant(sample_key(number), 1);
    wanted.estimate = std::chrono::seconds(1);
    EXPECT_EQ(f.cache->get_or_compute(wanted).source, "computed");
  }
  EXPECT_EQ(f.warnings.size(), 1u);
  std::filesystem::remove(blocked);
}

}  // namespace
}  // namespace almanac::cache
