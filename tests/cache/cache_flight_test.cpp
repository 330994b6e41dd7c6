#include "sample_entry.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <latch>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

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

}  // namespace
}  // namespace almanac::cache
