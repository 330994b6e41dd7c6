// Single flight between processes that are really started, really killed, and meet in a real folder.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A pipe on which processes tell each other how far they are. Reading waits.
class Signal {
 public:
  Signal() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("pipe");
  }
  ~Signal() {
    for (const int end : ends_) ::close(end);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void give() const {
    while (::write(ends_[1], "x", 1) < 0 && errno == EINTR) {
    }
  }
  void await() const {
    char byte = 0;
    while (::read(ends_[0], &byte, 1) < 0 && errno == EINTR) {
    }
  }

 private:
  std::array<int, 2> ends_{};
};

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

class LeaseFaults : public testing::Test {
 protected:
  LeaseFaults() {
    std::string name = (fs::temp_directory_path() / "almanac-processes-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~LeaseFaults() override {
    for (const pid_t child : children_) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

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

  /// Runs `body` in a process of its own; it is well when that gives true.
  pid_t start(const std::function<bool()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 2;
      try {
        code = body() ? 0 : 1;
      } catch (...) {
      }
      ::_exit(code);
    }
    children_.push_back(child);
    return child;
  }
  void expect_well(pid_t child) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    std::erase(children_, child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  }
  void kill(pid_t child) {
    ::kill(child, SIGKILL);
    siginfo_t info;
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);  // gone, though not reaped
  }

  static double value_of(const Answer& answer) { return answer.entry->artifact.at("values").as<double>()[0]; }
  std::size_t lease_files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(leases()), {})); }

  fs::path root_;
  std::vector<pid_t> children_;
};

TEST_F(LeaseFaults, TwoProcessesThatNeedTheSameAtOnceComputeItOnce) {
  Signal making, looked, go;
  const pid_t first = start([&] {
    const Answer answer = open()->get_or_compute(request(1, 1, [&] { making.give(), go.await(); }));
    return answer.source == "computed" && value_of(answer) == 1;
  });
  making.await();
  const pid_t second = start([&] {
    const Answer answer = open(&looked)->get_or_compute(request(1, 2));
    return answer.source == "joined" && value_of(answer) == 1;
  });
  looked.await();  // the second has found the lease taken, and waits
  go.give();
  expect_well(first);
  expect_well(second);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, AWaiterTakesOverFromAHolderThatIsKilled) {
  Signal making, looked, never;
  const pid_t holder = start([&] {
    open()->get_or_compute(request(1, 1, [&] { making.give(), never.await(); }));
    return false;
  });
  making.await();
  const pid_t waiter = start([&] {
    const Answer answer = open(&looked)->get_or_compute(request(1, 2));
    return answer.source == "computed" && value_of(answer) == 2;
  });
  looked.await();
  kill(holder);
  expect_well(waiter);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, OneOfManyWaitersTakesOverAndTheOthersGetWhatItMakes) {
  Signal making, looked, never;
  const pid_t holder = start([&] {
    open()->get_or_compute(request(1, 1, [&] { making.give(), never.await(); }));
    return false;
  });
  making.await();
  std::vector<pid_t> waiters;
  for (int waiter = 0; waiter < 8; ++waiter) {
    waiters.push_back(start([&] { return value_of(open(&looked)->get_or_compute(request(1, 2))) == 2; }));
  }
  for (int waiter = 0; waiter < 8; ++waiter) looked.await();
  kill(holder);
  for (const pid_t waiter : waiters) expect_well(waiter);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, SixteenProcessesOfTwoThreadsComputeFourKeysOnceEach) {
  Signal go;
  constexpr int kProcesses = 16, kKeys = 4;
  std::vector<pid_t> processes;
  for (int process = 0; process < kProcesses; ++process) {
    processes.push_back(start([&, process] {
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
  for (const pid_t process : processes) expect_well(process);
  EXPECT_EQ(noted(), (std::vector<std::string>{"0 from 0", "1 from 0", "2 from 0", "3 from 0"}));
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, AWaiterThatNeedsMoreGrowsWhatTheHolderMade) {
  Signal making, looked, go;
  const pid_t holder = start([&] {
    open()->get_or_compute(request(1, 1, [&] { making.give(), go.await(); }, 10));
    return true;
  });
  making.await();
  const pid_t waiter = start([&] {
    const Answer answer = open(&looked)->get_or_compute(request(1, 1, [] {}, 20));
    return coverage_of(answer.entry->artifact.attributes()) == 20;
  });
  looked.await();
  go.give();
  expect_well(holder);
  expect_well(waiter);
  EXPECT_EQ(noted(), (std::vector<std::string>{"1 from 0", "1 from 10"}));
}

TEST_F(LeaseFaults, WaitersDoNotQueueBehindAHolderThatFailed) {
  Signal making, looked, go;
  const pid_t holder = start([&] {
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
  const pid_t waiter = start([&] { return value_of(open(&looked)->get_or_compute(request(1, 2))) == 2; });
  looked.await();
  go.give();
  expect_well(holder);
  expect_well(waiter);
  EXPECT_EQ(noted(), std::vector<std::string>{"1 from 0"});
  EXPECT_EQ(lease_files(), 0u);
}

TEST_F(LeaseFaults, WhoWaitedTooLongComputesForItselfAndTheHolderAdoptsThat) {
  Signal making, go;
  const pid_t holder = start([&] {
    const Answer answer = open()->get_or_compute(request(1, 1, [&] { making.give(), go.await(); }));
    return answer.source == "computed" && value_of(answer) == 2;  // it was stored first: bit for bit the same for all
  });
  making.await();
  const pid_t waiter = start([&] {
    const Answer answer = open(nullptr, 1ms)->get_or_compute(request(1, 2));
    return answer.source == "computed" && value_of(answer) == 2;
  });
  expect_well(waiter);
  go.give();
  expect_well(holder);
  EXPECT_EQ(noted().size(), 2u);
  EXPECT_EQ(lease_files(), 0u);
}

}  // namespace
}  // namespace almanac::cache
