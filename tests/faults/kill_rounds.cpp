#include "kill_rounds.hpp"

#include "child_processes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <vector>

#include <sched.h>
#include <sys/wait.h>

namespace almanac::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// How far the child is.
struct Progress {
  std::atomic<bool> has_begun{false};
  std::atomic<int> done{0};
};

class Rounds {
 public:
  explicit Rounds(Deed& deed) : deed_(deed) {}

  /// A child that begins with `turn`, and is killed when `await_time` returns.
  template <class AwaitTime>
  void kill_one(int turn, AwaitTime await_time) {
    ChildProcesses children;
    progress_->has_begun = false;
    progress_->done = 0;
    const pid_t child = children.start([&] {
      deed_.begin();
      progress_->has_begun = true;  // from now on it is at it, wherever the signal meets it
      for (int next = turn; deed_.work(next) && !::testing::Test::HasFailure(); ++next) ++progress_->done;
      return false;
    });
    await(child, [&] { return progress_->has_begun.load(); });
    await_time(child);
    children.kill(child);
    ++kills_.kills;
    kills_.with_leftovers += deed_.has_left_something(child);
    deed_.check();
  }

  /// What a new process takes for the first thing it does.
  Clock::duration measure(int turn) {
    Clock::duration taken{};
    kill_one(turn, [&](pid_t child) {
      const auto begin = Clock::now();
      await(child, [&] { return progress_->done > 0; });
      taken = Clock::now() - begin;
    });
    return taken;
  }

  const Kills& kills() const { return kills_; }

  /// Returns also when the child has ended by itself, which kill() takes for the failure it is.
  template <class Condition>
  static void await(pid_t child, Condition is_so) {
    siginfo_t info{};
    while (!is_so() && ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) ::sched_yield();
  }

 private:
  Deed& deed_;
  SharedMemory<Progress> progress_;
  Kills kills_;
};

}  // namespace

Kills kill_at(Deed& deed, int kills, unsigned seed) {
  constexpr int kMeasurements = 3;
  Rounds rounds(deed);
  std::vector<Clock::duration> least(static_cast<std::size_t>(deed.turns()), Clock::duration::max());
  for (int round = 0; round < kMeasurements * deed.turns() && !::testing::Test::HasFailure(); ++round) {
    auto& known = least[static_cast<std::size_t>(round % deed.turns())];
    known = std::min(known, rounds.measure(round));
  }

  std::mt19937 random(seed);
  for (int round = 0; rounds.kills().kills < kills && !::testing::Test::HasFailure(); ++round) {
    const auto delay = 2 * least[static_cast<std::size_t>(round % deed.turns())] * static_cast<int>(random() % 1024) / 1024;
    rounds.kill_one(round, [&](pid_t child) {
      const auto until = Clock::now() + delay;
      Rounds::await(child, [&] { return Clock::now() >= until; });
    });
  }
  return rounds.kills();
}

}  // namespace almanac::testing
