#include "lease_record.hpp"
#include "sample_entry.hpp"
#include "two_shelves.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <latch>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

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

TEST(Cache, WhoGivesUpOverTheMakingLeavesItToOneOfThoseWhoWait) {
  const std::filesystem::path folder = own_path("left");
  CacheOptions options;
  options.lease_folder = folder;
  Fixture elsewhere(options), here(options), there(options);
  std::latch making(1), waiting(2);
  std::atomic<bool> given_up = false;
  std::atomic<int> with_a_lease = 0;
  std::jthread holder([&] {
    Request wanted = request(sample_key(1), [&](const Artifact*) -> Artifact {
      making.count_down();
      waiting.wait();
      given_up = true;
      throw std::runtime_error("interrupted");
    });
    wanted.estimate = std::chrono::seconds(1);
    wanted.give_up = [&] { return given_up.load(); };
    EXPECT_THROW(elsewhere.cache->get_or_compute(wanted), std::runtime_error);
  });
  making.wait();
  const auto wait = [&](Fixture& f) {
    Request wanted = request(sample_key(1), [&](const Artifact*) {
      if (!std::filesystem::is_empty(folder)) ++with_a_lease;
      return sample_artifact(1);
    });
    wanted.estimate = std::chrono::seconds(1);
    wanted.give_up = [&, questions = 0]() mutable {
      if (++questions == 2) waiting.count_down();  // the second time it is asked while it waits
      return false;
    };
    EXPECT_EQ(f.cache->get_or_compute(wanted).source, "computed");  // each keeps what it makes to itself here
  };
  std::jthread first([&] { wait(here); }), second([&] { wait(there); });
  for (std::jthread* thread : {&holder, &first, &second}) thread->join();
  EXPECT_GE(with_a_lease, 1) << "the one that took over has it too";
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Cache, ThatWhoeverMadeItWasInterruptedIsForHimAlone) {
  Fixture f;
  std::latch making(1), waiting(1);
  std::atomic<bool> given_up = false;
  std::jthread maker([&] {
    Request wanted = request(sample_key(1), [&](const Artifact*) -> Artifact {
      making.count_down();
      waiting.wait();
      given_up = true;
      throw std::runtime_error("interrupted");
    });
    wanted.give_up = [&] { return given_up.load(); };
    EXPECT_THROW(f.cache->get_or_compute(wanted), std::runtime_error);
  });
  making.wait();
  Request other = constant(sample_key(1), 3);
  other.give_up = [&, questions = 0]() mutable {
    if (++questions == 2) waiting.count_down();  // the second time it is asked while it waits
    return false;
  };
  EXPECT_EQ(value_of(f.cache->get_or_compute(other)), 3);
}

TEST(Cache, OfManyRequestsForAKeyTheOneThatWasInterruptedFailsAlone) {
  Fixture f;
  bool given_up = false;
  std::vector<Request> wanted(2, constant(sample_key(1), 3));
  wanted[0].coverage = 2;
  wanted[0].make = [&](const Artifact*) -> Artifact {
    given_up = true;
    throw std::runtime_error("interrupted");
  };
  wanted[0].give_up = [&] { return given_up; };
  const auto outcomes = f.cache->get_many(wanted);
  EXPECT_TRUE(outcomes[0].failure);
  EXPECT_FALSE(outcomes[1].failure);
  EXPECT_EQ(value_of(outcomes[1].answer), 3);
}

TEST(Cache, TakesOverFromAHolderElsewhereThatVanished) {
  const std::filesystem::path folder = own_path("vanished");
  std::filesystem::create_directories(folder);
  std::ofstream(folder / (sample_key(1).id().hex() + ".lease"))
      << LeaseRecord{draw_token(), 3, {"another-boot", "pid:[1]", ::getpid(), 1, "elsewhere"}}.text();
  CacheOptions options;
  options.lease_folder = folder;
  options.lease_interval = std::chrono::milliseconds(1);
  options.lease_wait = std::chrono::seconds(9);  // in which ten beats a second apart do not pass: then it had no lease
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
