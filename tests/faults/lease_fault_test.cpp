// Single flight between processes that are really started, really killed, and meet in a real folder.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Signal;

/// A disk tier that tells when it is looked at again: by who waits for a lease, or has just got one.
class WatchedDiskTier : public DiskTier {
 public:
  WatchedDiskTier(DiskOptions options, const Signal* looked) : DiskTier(std::move(options)), looked_(looked) {}
  Result<std::optional<EntryInfo>> peek(const Key& key) override {
    auto result = DiskTier::peek(key);
    if (looked_) std::exchange(looked_, nullptr)->give();
    return result;
  }

 private:
  const Signal* looked_;
};

class LeaseFaults : public ::testing::Test {
 protected:
  std::unique_ptr<Cache> open(const Signal* looked = nullptr, std::chrono::milliseconds wait = 600s) const {
    DiskOptions disk;
    disk.root = root_ / "cache";
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(1 << 20));
    tiers.push_back(std::make_unique<WatchedDiskTier>(disk, looked));
    CacheOptions options;
    options.lease_folder = leases();
    options.lease_wait = wait;
    return std::make_unique<Cache>(std::move(tiers), options);
  }
  fs::path leases() const { return root_ / "leases"; }

  static Key key(std::int64_t number) { return Key("table", 1, {{"number", number}}); }

  /// Makes (coverage) doubles that all say `value`, after `before` is done; each time that is noted in the log.
  Request request(std::int64_t number, double value, std::function<void()> before = [] {}, std::int64_t coverage = 4) const {
    Request wanted{.key = key(number), .coverage = coverage};
    wanted.estimate = 1s;
    wanted.make = [this, number, value, before, coverage](const Artifact* prior) {
      before();
      note(std::to_string(number) + " from " + std::to_string(prior ? coverage_of(prior->attributes()) : 0));
      std::vector<Array> arrays;
      arrays.push_back(Array::of("values", {coverage}, std::vector<double>(static_cast<std::size_t>(coverage), value)));
      return Artifact(std::move(arrays), {{std::string(kCoverage), coverage}});
    };
    return wanted;
  }

  void note(std::string line) const {
    line += '\n';
    const int log = ::open((root_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (::write(log, line.data(), line.size()) < 0) ::_exit(9);
    ::close(log);
  }
  std::vector<std::string> noted() const {
    std::ifstream log(root_ / "log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    std::ranges::sort(lines);
    return lines;
  }

  static double value_of(const Answer& answer) { return answer.entry->artifact.at("values").as<double>()[0]; }
  std::size_t lease_files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(leases()), {})); }

  testing::TemporaryFolder root_;
  testing::ChildProcesses children_;  // gone before the folder is
};

TEST_F(LeaseFaults, TwoProcessesThatNeedTheSameAtOnceComputeItOnce) {
  Signal making, looked, go;
  const pid_t first = children_.start([&] {
    const Answer answer = open()->get_or_compute(request(1, 1, [&] { making.give(), go.await(); }));
    return answer.source == "computed" && value_of(answer) == 1;
  });
  making.await();
  const pid_t second = children_.start([&] {
    const Answer answer = open(&looked)->get_or_compute(request(1, 2));
    return answer.source == "joined" && value_of(answer) == 1;
  });
  looked.await();  // the second has found the lease taken, and waits
  go.give();
  children_.expect_well(first);
  children_.expect_well(second);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, AWaiterTakesOverFromAHolderThatIsKilled) {
  Signal making, looked, never;
  const pid_t holder = children_.start([&] {
    open()->get_or_compute(request(1, 1, [&] { making.give(), never.await(); }));
    return false;
  });
  making.await();
  const pid_t waiter = children_.start([&] {
    const Answer answer = open(&looked)->get_or_compute(request(1, 2));
    return answer.source == "computed" && value_of(answer) == 2;
  });
  looked.await();
  children_.kill(holder);
  children_.expect_well(waiter);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, OneOfManyWaitersTakesOverAndTheOthersGetWhatItMakes) {
  Signal making, looked, never;
  const pid_t holder = children_.start([&] {
    open()->get_or_compute(request(1, 1, [&] { making.give(), never.await(); }));
    return false;
  });
  making.await();
  std::vector<pid_t> waiters;
  for (int waiter = 0; waiter < 8; ++waiter) {
    waiters.push_back(children_.start([&] { return value_of(open(&looked)->get_or_compute(request(1, 2))) == 2; }));
  }
  for (int waiter = 0; waiter < 8; ++waiter) looked.await();
  children_.kill(holder);
  for (const pid_t waiter : waiters) children_.expect_well(waiter);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, SixteenProcessesOfTwoThreadsComputeFourKeysOnceEach) {
  Signal go;
  constexpr int kProcesses = 16, kKeys = 4;
  std::vector<pid_t> processes;
  for (int process = 0; process < kProcesses; ++process) {
    processes.push_back(children_.start([&, process] {
      const auto cache = open();
      go.await();
      std::array<bool, 2> right{true, true};
      {
        std::vector<std::jthread> threads;
        for (std::size_t thread = 0; thread < right.size(); ++thread) {
          threads.emplace_back([&, thread] {
            for (int turn = 0; turn < kKeys; ++turn) {
              const int number = (turn + process + static_cast<int>(thread)) % kKeys;
              const Answer answer = cache->get_or_compute(request(number, 10.0 * number));
              if (value_of(answer) != 10.0 * number) right[thread] = false;
            }
          });
        }
      }
      return right[0] && right[1];
    }));
  }
  for (int process = 0; process < kProcesses; ++process) go.give();
  for (const pid_t process : processes) children_.expect_well(process);
  EXPECT_EQ(noted(), (std::vector<std::string>{"0 from 0", "1 from 0", "2 from 0", "3 from 0"}));
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, AWaiterThatNeedsMoreGrowsWhatTheHolderMade) {
  Signal making, looked, go;
  const pid_t holder = children_.start([&] {
    open()->get_or_compute(request(1, 1, [&] { making.give(), go.await(); }, 10));
    return true;
  });
  making.await();
  const pid_t waiter = children_.start([&] {
    const Answer answer = open(&looked)->get_or_compute(request(1, 1, [] {}, 20));
    return coverage_of(answer.entry->artifact.attributes()) == 20;
  });
  looked.await();
  go.give();
  children_.expect_well(holder);
  children_.expect_well(waiter);
  EXPECT_EQ(noted(), (std::vector<std::string>{"1 from 0", "1 from 10"}));
}

TEST_F(LeaseFaults, WaitersDoNotQueueBehindAHolderThatFailed) {
  Signal making, looked, go;
  const pid_t holder = children_.start([&] {
    try {
      open()->get_or_compute(request(1, 1, [&] {
        making.give(), go.await();
        throw std::runtime_error("no convergence");
      }));
    } catch (const std::runtime_error&) {
      return true;
    }
    return false;
  });
  making.await();
  const pid_t waiter = children_.start([&] { return value_of(open(&looked)->get_or_compute(request(1, 2))) == 2; });
  looked.await();
  go.give();
  children_.expect_well(holder);
  children_.expect_well(waiter);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, WhoWaitedTooLongComputesForItselfAndTheHolderAdoptsThat) {
  Signal making, go;
  const pid_t holder = children_.start([&] {
    const Answer answer = open()->get_or_compute(request(1, 1, [&] { making.give(), go.await(); }));
    return answer.source == "computed" && value_of(answer) == 2;  // it was stored first: bit for bit the same for all
  });
  making.await();
  const pid_t waiter = children_.start([&] {
    const Answer answer = open(nullptr, 1ms)->get_or_compute(request(1, 2));
    return answer.source == "computed" && value_of(answer) == 2;
  });
  children_.expect_well(waiter);
  go.give();
  children_.expect_well(holder);
  EXPECT_EQ(noted().size(), 2u);
  EXPECT_EQ(lease_files(), 0u);
}

}  // namespace
}  // namespace almanac::cache
