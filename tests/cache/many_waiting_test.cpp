#include "many_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <latch>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;

TEST_F(Many, AreMadeBeforeAnotherThreadIsWaitedFor) {
  const auto cache = open();
  std::latch making(1), rest_is_made(1);
  std::jthread other([&] {
    cache->get_or_compute(table(0, [&] { making.count_down(), rest_is_made.wait(); }));
  });
  making.wait();
  const std::vector<Request> requests{table(0), table(1), table(2, [&] { rest_is_made.count_down(); })};
  EXPECT_EQ(sources(cache->get_many(requests)), (Words{"joined", "computed", "computed"}));
  EXPECT_EQ(made_.front(), 1);
}

TEST_F(Many, AreMadeBeforeAnotherProcessIsWaitedFor) {
  const auto cache = open(), elsewhere = open();
  std::latch making(1), rest_is_made(1);
  std::jthread other([&] {
    elsewhere->get_or_compute(table(0, [&] { making.count_down(), rest_is_made.wait(); }));
  });
  making.wait();
  const std::vector<Request> requests{table(0), table(1), table(2, [&] { rest_is_made.count_down(); })};
  EXPECT_EQ(sources(cache->get_many(requests)), (Words{"joined", "computed", "computed"}));
  EXPECT_EQ(made_.front(), 1);
  other.join();
  EXPECT_TRUE(std::filesystem::is_empty(leases_));
}

TEST_F(Many, AreSharedBetweenThoseThatAskInAnotherOrder) {
  for (const bool same_process : {true, false}) {
    made_.clear();
    far_->entries.clear();
    const std::shared_ptr<Cache> first = open(), second = same_process ? first : std::shared_ptr<Cache>(open());
    constexpr std::int64_t kKeys = 12;
    std::latch both_at_work(2);
    std::atomic<int> joined{0}, computed{0};
    const auto ask = [&](Cache& cache, bool backwards) {
      std::vector<Request> requests;
      bool is_first = true;
      const auto meet = [&] {
        if (std::exchange(is_first, false)) both_at_work.arrive_and_wait();
      };
      for (std::int64_t turn = 0; turn < kKeys; ++turn) requests.push_back(table(backwards ? kKeys - 1 - turn : turn, meet));
      for (const Outcome& outcome : cache.get_many(requests)) {
        joined += outcome.answer.source != "computed";
        computed += outcome.answer.source == "computed";
      }
    };
    {
      std::jthread forth([&] { ask(*first, false); }), back([&] { ask(*second, true); });
    }
    EXPECT_EQ(std::set<std::int64_t>(made_.begin(), made_.end()).size(), static_cast<std::size_t>(kKeys));
    EXPECT_EQ(made_.size(), static_cast<std::size_t>(kKeys));
    EXPECT_EQ(computed, kKeys);
    EXPECT_EQ(joined, kKeys);
    EXPECT_TRUE(std::filesystem::is_empty(leases_));
  }
}

TEST_F(Many, OfManyThreadsAndProcessesAreMadeOnceEach) {
  constexpr int kProcesses = 4, kThreads = 3;
  constexpr std::int64_t kKeys = 16;
  std::vector<std::unique_ptr<Cache>> caches;
  for (int process = 0; process < kProcesses; ++process) caches.push_back(open());
  std::latch start(kProcesses * kThreads);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kProcesses * kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        std::vector<Request> requests;
        for (std::int64_t turn = 0; turn < kKeys; ++turn) requests.push_back(table((turn * 5 + thread * 3) % kKeys));
        start.arrive_and_wait();
        const auto outcomes = caches[static_cast<std::size_t>(thread % kProcesses)]->get_many(requests);
        for (std::int64_t turn = 0; turn < kKeys; ++turn) {
          wrong += value_of(outcomes[static_cast<std::size_t>(turn)].answer) != static_cast<double>((turn * 5 + thread * 3) % kKeys);
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(made_.size(), static_cast<std::size_t>(kKeys));
  EXPECT_TRUE(std::filesystem::is_empty(leases_));
}

TEST_F(Many, TakeOverWhatTheDeadLeft) {
  ProcessIdentity dead = ProcessIdentity::of_this_process();
  dead.start -= 1;
  leave_lease(0, dead);
  const std::vector<Request> requests{table(0), table(1)};
  EXPECT_EQ(sources(open()->get_many(requests)), (Words{"computed", "computed"}));
  EXPECT_TRUE(std::filesystem::is_empty(leases_));
}

TEST_F(Many, TakeOverFromAHolderElsewhereThatVanished) {
  leave_lease(0, elsewhere());
  CacheOptions quick;
  quick.lease_interval = 1ms;
  quick.lease_wait = 9s;  // of beats a second apart ten would not pass in that time, and it would be made without a lease
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(leases_), {}); };
  const std::vector<Request> requests{table(0, [&] { EXPECT_EQ(files(), 2); }), table(1)};
  EXPECT_EQ(sources(open(quick)->get_many(requests)), (Words{"computed", "computed"}));
  EXPECT_EQ(made_, (Numbers{1, 0}));
  EXPECT_TRUE(std::filesystem::is_empty(leases_));
}

TEST_F(Many, AreNotWaitedForLongerThanAgreedHoweverLongTheHolderBeats) {
  const auto elsewhere = open();
  CacheOptions hasty;
  hasty.lease_wait = 20ms;
  const auto cache = open(hasty);
  std::latch making(1), done(1);
  std::jthread other([&] {
    elsewhere->get_or_compute(table(0, [&] { making.count_down(), done.wait(); }));
  });
  making.wait();
  const std::vector<Request> requests{table(0), table(1)};
  EXPECT_EQ(sources(cache->get_many(requests)), (Words{"computed", "computed"}));
  done.count_down();
}

TEST_F(Many, TakeOverWhatAnotherThreadGaveUp) {
  // The other thread leads the flight and waits for another process, until it gives up: then it is ours to wait.
  const auto elsewhere = open(), cache = open();
  std::latch making(1), done(1);
  std::jthread holder([&] {
    elsewhere->get_or_compute(table(0, [&] { making.count_down(), done.wait(); }));
  });
  making.wait();
  std::latch leading(1);
  std::atomic<bool> enough{false};
  std::jthread other([&] {
    Request impatient = table(0);
    impatient.give_up = [&, told = false]() mutable {
      if (!std::exchange(told, true)) leading.count_down();
      return enough.load();
    };
    EXPECT_EQ(cache->get_or_compute(impatient).entry, nullptr);
    done.count_down();
  });
  leading.wait();
  Request patient = table(0);
  patient.give_up = [&, questions = 0]() mutable {
    if (++questions == 2) enough = true;  // the second time it is asked while it waits
    return false;
  };
  const std::vector<Request> requests{patient};
  EXPECT_EQ(sources(cache->get_many(requests)), Words{"joined"});
  EXPECT_EQ(made_, Numbers{0});
}

TEST_F(Many, MayEachBeGivenUp) {
  const auto elsewhere = open(), cache = open();
  std::latch making(2), done(1);
  std::jthread remote([&] { elsewhere->get_or_compute(table(0, [&] { making.count_down(), done.wait(); })); });
  std::jthread local([&] { cache->get_or_compute(table(1, [&] { making.count_down(), done.wait(); })); });
  making.wait();
  // Asked often enough while others are at it; at the end nobody waits for these two any more.
  const auto after = [](int questions) {
    return [left = std::make_shared<std::atomic<int>>(questions)] { return --*left < 0; };
  };
  std::vector<Request> requests{table(0), table(1), table(2), table(3)};
  requests[0].give_up = after(3);
  requests[1].give_up = after(4);
  requests[2].give_up = after(0);
  const auto outcomes = cache->get_many(requests);
  EXPECT_EQ(sources(outcomes), (Words{"", "", "", "computed"}));
  for (const std::size_t place : {0u, 1u, 2u}) EXPECT_FALSE(outcomes[place].failure);
  EXPECT_EQ(made_, Numbers{3});
  done.count_down();
}

TEST_F(Many, OfOneKeyOfWhichTheFarthestGivesUpAreMadeAsFarAsTheOthersNeed) {
  const auto cache = open();
  std::vector<Request> requests{growing(10), growing(30)};
  requests[1].give_up = [] { return true; };
  EXPECT_EQ(sources(cache->get_many(requests)), (Words{"computed", ""}));
  EXPECT_EQ(made_, Numbers{10});
}

TEST_F(Many, ShareTheFailureOfAnotherThread) {
  const auto cache = open();
  std::latch making(1), rest_is_made(1);
  std::jthread other([&] {
    EXPECT_THROW(cache->get_or_compute(table(0,
                                             [&] {
                                               making.count_down(), rest_is_made.wait();
                                               throw std::runtime_error("no convergence");
                                             })),
                 std::runtime_error);
  });
  making.wait();
  const std::vector<Request> requests{table(0), table(1, [&] { rest_is_made.count_down(); })};
  EXPECT_EQ(sources(cache->get_many(requests)), (Words{"failed", "computed"}));
}

TEST_F(Many, JoinWhatNoTierKeeps) {
  Cache cache({}, {});
  std::latch making(1), rest_is_made(1);
  std::jthread other([&] { cache.get_or_compute(table(0, [&] { making.count_down(), rest_is_made.wait(); })); });
  making.wait();
  const std::vector<Request> requests{table(0), table(1, [&] { rest_is_made.count_down(); })};
  const auto outcomes = cache.get_many(requests);
  EXPECT_EQ(outcomes[1].answer.source, "computed");
  EXPECT_EQ(value_of(outcomes[0].answer), 0);
}

TEST_F(Many, MayBeAskedForWhileOneOfThemIsMade) {
  const auto cache = open();
  const std::vector<Request> inner{table(1), table(2)};
  const std::vector<Request> outer{table(1, [&] { EXPECT_EQ(value_of(cache->get_many(inner)[0].answer), 1); }), table(2)};
  const auto outcomes = cache->get_many(outer);
  EXPECT_EQ(value_of(outcomes[0].answer), 1);
  EXPECT_EQ(value_of(outcomes[1].answer), 2);
}

TEST_F(Many, AndWhoseMakersNeedEachOtherNeverWaitInACircle) {
  for (int round = 0; round < 50; ++round) {
    far_->entries.clear();
    const auto cache = open();
    std::latch both_making(2);
    // Who makes 0 needs 1 and 2; who makes 1 needs 0 and 3.
    const auto make = [&](std::int64_t own, std::vector<std::int64_t> others) {
      return cache->get_or_compute(table(own, [&, others] {
        both_making.arrive_and_wait();
        std::vector<Request> requests;
        for (const std::int64_t other : others) requests.push_back(table(other));
        for (const Outcome& outcome : cache->get_many(requests)) EXPECT_NE(outcome.answer.entry, nullptr);
      }));
    };
    std::jthread first([&] { EXPECT_EQ(value_of(make(0, {1, 2})), 0); });
    std::jthread second([&] { EXPECT_EQ(value_of(make(1, {0, 3})), 1); });
  }
}

TEST_F(Many, AndOneThatWaitsForThemNeverWaitInACircle) {
  for (int round = 0; round < 50; ++round) {
    far_->entries.clear();
    const auto cache = open();
    std::latch both_making(2);
    std::jthread first([&] {
      cache->get_or_compute(table(0, [&] {
        both_making.arrive_and_wait();
        EXPECT_EQ(value_of(cache->get_or_compute(table(1))), 1);
      }));
    });
    std::jthread second([&] {
      cache->get_or_compute(table(1, [&] {
        both_making.arrive_and_wait();
        const std::vector<Request> requests{table(0), table(2)};
        EXPECT_EQ(value_of(cache->get_many(requests)[0].answer), 0);
      }));
    });
  }
}

}  // namespace
}  // namespace almanac::cache
