// 64 processes of four threads that start together over an empty cache and all need the same sixteen things: each is
// computed once, whoever is killed or stopped meanwhile.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "at_length.hpp"
#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"
#include "fixed_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::FixedWork;
using testing::Signal;

constexpr int kKeys = 16;
constexpr int kProcesses = 64, kThreads = 4;
const std::chrono::milliseconds kKeyTime{testing::at_length() ? 1000 : 60};
constexpr std::size_t kWords = 4096;

/// What all processes of a round tell and see.
struct Board {
  std::array<std::atomic<int>, kKeys> computations{};
  std::array<std::atomic<pid_t>, kKeys> first{};   ///< who began to make it
  std::array<std::atomic<bool>, kKeys> is_first_done{};
  std::array<std::atomic<pid_t>, kKeys> served{};  ///< whose result was handed out: it must be the same for all
  std::atomic<int> answers{0};
  std::atomic<int> wrong{0};
};

enum class Way { one_by_one, many_at_once };

class Stampede : public ::testing::Test {
 protected:
  Stampede() : steps_(FixedWork::steps_for(kKeyTime)) {}

  static Key key(int number) { return Key("table", 1, {{"number", number}}); }

  static std::uint64_t seed_of(int number) { return 1000003u * static_cast<std::uint64_t>(number + 1); }
  static std::vector<std::int64_t> values_from(std::uint64_t outcome) {
    std::vector<std::int64_t> values(kWords);
    for (std::size_t i = 0; i < kWords; ++i) values[i] = static_cast<std::int64_t>(FixedWork::done(outcome + i, 1));
    return values;
  }

  Request request(int number) {
    Request wanted{.key = key(number)};
    wanted.estimate = kKeyTime;
    wanted.make = [this, number](const Artifact*) {
      const auto at = static_cast<std::size_t>(number);
      const int turn = ++board_->computations[at];
      if (turn == 1) board_->first[at] = ::getpid();
      std::uint64_t outcome = FixedWork::done(seed_of(number), steps_ / 2);
      if (number == halted_ && turn == 1) halfway_.give(), go_on_.await();
      if (number == halted_ && turn == 2) again_.give();
      outcome = FixedWork::done(outcome, steps_ - steps_ / 2);
      std::vector<Array> arrays;
      arrays.push_back(Array::of("values", {static_cast<std::int64_t>(kWords)}, values_from(outcome)));
      return Artifact(std::move(arrays), {{"maker", std::int64_t{::getpid()}}});
    };
    return wanted;
  }

  /// Bit for bit what it should be, and the same process's result that everybody else was given.
  void check(int number, const Answer& answer) {
    const auto at = static_cast<std::size_t>(number);
    const auto expected = values_from(FixedWork::known(seed_of(number), steps_));
    const auto* maker = answer.entry ? answer.entry->artifact.attribute<std::int64_t>("maker") : nullptr;
    bool is_right = maker && std::ranges::equal(answer.entry->artifact.at("values").as<std::int64_t>(), expected);
    if (is_right) {
      pid_t nobody = 0;
      is_right = board_->served[at].compare_exchange_strong(nobody, static_cast<pid_t>(*maker)) || nobody == *maker;
    }
    ++board_->answers;
    if (!is_right) ++board_->wrong;
  }

  void ask(Cache& cache, const std::vector<int>& order, Way way) {
    const auto answered = [&](int number, const Answer& answer) {
      check(number, answer);
      if (board_->first[static_cast<std::size_t>(number)] == ::getpid()) board_->is_first_done[static_cast<std::size_t>(number)] = true;
    };
    if (way == Way::one_by_one) {
      for (const int number : order) answered(number, cache.get_or_compute(request(number)));
      return;
    }
    std::vector<Request> requests;
    for (const int number : order) requests.push_back(request(number));
    cache.get_many(requests, [&](std::size_t place, const Cache::Outcome& outcome) { answered(order[place], outcome.answer); });
  }

  /// A process whose threads each ask for all keys, in orders of their own.
  void start(const fs::path& root, const std::vector<std::vector<int>>& orders, Way way, std::chrono::milliseconds interval = 1000ms) {
    children_.start([&] {
      std::vector<std::unique_ptr<Tier>> tiers;
      tiers.push_back(make_memory_tier(1 << 24));
      tiers.push_back(std::make_unique<DiskTier>(DiskOptions{.root = root}));
      CacheOptions options;
      options.lease_folder = root / "leases";
      options.lease_interval = interval;
      options.warn = [this](std::string_view line) { std::cerr << line << '\n', ++board_->wrong; };
      Cache cache(std::move(tiers), options);
      std::vector<std::jthread> threads;
      for (const auto& order : orders) threads.emplace_back([&, this] { ask(cache, order, way); });
      threads.clear();
      return true;
    });
  }

  void start_all(const fs::path& root, Way way, unsigned seed, std::chrono::milliseconds interval = 1000ms) {
    std::mt19937 random(seed);
    std::vector<int> order(kKeys);
    std::iota(order.begin(), order.end(), 0);
    for (int process = 0; process < kProcesses; ++process) {
      std::vector<std::vector<int>> orders;
      for (int thread = 0; thread < kThreads; ++thread) {
        std::ranges::shuffle(order, random);
        orders.push_back(order);
      }
      start(root, orders, way, interval);
    }
  }

  /// What a round took: for those who waited for it, and of all processors.
  struct Time {
    double wall, processors;
  };
  template <class Start>
  Time time(Start start_processes) {
    const double used = processor_seconds();
    const auto begin = std::chrono::steady_clock::now();
    start_processes();
    children_.expect_all_well();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    return {wall.count(), processor_seconds() - used};
  }
  /// Of all children that have ended.
  static double processor_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }

  /// What two processes need at the least: each on a core of its own and with one thread, from the two ends of the list, so
  /// that neither ever waits before all is made.
  Time time_two_processes() {
    const testing::TemporaryFolder folder(testing::quickest_place());
    std::vector<int> forwards(kKeys);
    std::iota(forwards.begin(), forwards.end(), 0);
    const std::vector<int> backwards(forwards.rbegin(), forwards.rend());
    const Time taken = time([&] {
      start(folder / "cache", {forwards}, Way::one_by_one);
      start(folder / "cache", {backwards}, Way::one_by_one);
    });
    expect_computed_once(folder / "cache", 2);
    return taken;
  }

  /// Every answer given by so many threads was right, and no key was computed again: whatever it was about.
  void expect_computed_once(const fs::path& root, int threads) {
    for (int number = 0; number < kKeys; ++number) EXPECT_EQ(board_->computations[static_cast<std::size_t>(number)], 1) << "key " << number;
    expect_answered(root, threads);
  }
  void expect_answered(const fs::path& root, int threads) {
    EXPECT_EQ(board_->answers, threads * kKeys);
    EXPECT_EQ(board_->wrong, 0);
    EXPECT_TRUE(fs::is_empty(root / "leases"));
    EXPECT_TRUE(testing::leftovers_in(root).empty());
    board_.renew();
  }

  void compute_once_each(Way way, unsigned seed) {
    const Time two = time_two_processes();
    const Time all = time([&] { start_all(folder_ / "cache", way, seed); });
    expect_computed_once(folder_ / "cache", kProcesses * kThreads);
    std::cout << "  " << kProcesses << " processes of " << kThreads << " threads: " << all.wall << " s (" << all.processors
              << " s of processors); two processes: " << two.wall << " s (" << two.processors << " s); ratio " << all.wall / two.wall << '\n';
    if (testing::at_length()) {
      EXPECT_LE(all.wall / two.wall, 1.3);
    }
  }

  /// The process that makes `halted_` is halfway, and has to be killed or stopped.
  pid_t await_halfway() {
    halfway_.await();
    return board_->first[static_cast<std::size_t>(halted_)];
  }
  /// The keys that this process, which does nothing more, was the first to begin and has not stored for all it told, or was about
  /// to begin: it has their leases.
  std::vector<bool> makes(const fs::path& root, pid_t process) {
    std::vector<bool> his;
    for (int number = 0; number < kKeys; ++number) {
      const auto at = static_cast<std::size_t>(number);
      his.push_back((board_->first[at] == process && !board_->is_first_done[at]) || has_lease(root, number, process));
    }
    return his;
  }
  static bool has_lease(const fs::path& root, int number, pid_t process) {
    std::ifstream file(root / "leases" / (key(number).id().hex() + ".lease"));
    for (std::string line; std::getline(file, line);) {
      if (line == "pid " + std::to_string(process)) return true;
    }
    return false;
  }
  /// What a process may have left that was killed between storing and clearing up is cleared by the next who needs the place.
  static void come_next(const fs::path& root) {
    DiskTier tier({.root = root});
    EXPECT_TRUE(tier.validate(false, {})->empty());
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(1 << 20));
    Cache cache(std::move(tiers), {.lease_folder = root / "leases"});
    Request other{.key = key(kKeys), .make = [](const Artifact*) { return Artifact(); }, .estimate = 1s};
    cache.get_or_compute(other);
  }
  /// Each key is computed once; again only where its maker was at it when it was struck: there `halted_` was for certain.
  void expect_computed_again(const std::vector<bool>& his) {
    for (int number = 0; number < kKeys; ++number) {
      const int computations = board_->computations[static_cast<std::size_t>(number)];
      EXPECT_TRUE(computations == 1 || (computations == 2 && his[static_cast<std::size_t>(number)])) << "key " << number << ": " << computations;
    }
    EXPECT_EQ(board_->computations[static_cast<std::size_t>(halted_)], 2);
  }

  void go_on_without_a_stopped_holder(bool wakes_early, unsigned seed);

  const std::uint64_t steps_;
  int halted_ = -1;
  Signal halfway_, go_on_, again_;
  testing::SharedMemory<Board> board_;
  testing::TemporaryFolder folder_{testing::quickest_place()};  // so that no disk's being busy is taken for a holder's silence
  testing::ChildProcesses children_;  // gone before the folder is
};

TEST_F(Stampede, ComputesEachKeyOnce) { compute_once_each(Way::one_by_one, 7); }

TEST_F(Stampede, ThatAsksForAllAtOnceComputesEachKeyOnce) { compute_once_each(Way::many_at_once, 8); }

TEST_F(Stampede, ComputesAgainWhatAKilledMakerWasAt) {
  for (const int number : {3, 12}) {
    halted_ = number;
    const testing::TemporaryFolder folder(testing::quickest_place());
    start_all(folder / "cache", number == 3 ? Way::one_by_one : Way::many_at_once, 9);
    const pid_t maker = await_halfway();
    children_.kill(maker);
    const auto his = makes(folder / "cache", maker);
    children_.expect_all_well();
    expect_computed_again(his);
    come_next(folder / "cache");
    EXPECT_GE(board_->answers, (kProcesses - 1) * kThreads * kKeys);
    board_->answers = kProcesses * kThreads * kKeys;
    expect_answered(folder / "cache", kProcesses * kThreads);
  }
}

void Stampede::go_on_without_a_stopped_holder(bool wakes_early, unsigned seed) {
  halted_ = 5;
  start_all(folder_ / "cache", Way::one_by_one, seed, 100ms);
  const pid_t holder = await_halfway();
  ASSERT_EQ(::kill(holder, SIGSTOP), 0);
  ASSERT_EQ(::waitpid(holder, nullptr, WUNTRACED), holder);
  const auto his = makes(folder_ / "cache", holder);
  again_.await();  // his silence was noticed: somebody else is at it
  go_on_.give();
  if (!wakes_early) children_.expect_all_well(holder);
  ASSERT_EQ(::kill(holder, SIGCONT), 0);
  children_.expect_all_well();
  expect_computed_again(his);
  expect_answered(folder_ / "cache", kProcesses * kThreads);
}

TEST_F(Stampede, GoesOnWithoutAStoppedHolderThatWakesMeanwhile) { go_on_without_a_stopped_holder(true, 10); }

TEST_F(Stampede, GoesOnWithoutAStoppedHolderThatWakesWhenAllIsDone) { go_on_without_a_stopped_holder(false, 11); }

}  // namespace
}  // namespace almanac::cache
