// When a machine is quiet enough to measure on: told by texts of /proc/stat and a clock of the test's own.

#include "fft/idle_machine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace almanac {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A machine with two processors, of which others use as much as the test says, beginning with the first one, while its clock
/// goes on when somebody sleeps.
class FakeMachine {
 public:
  double others = 0;          ///< processors in use by others
  double ours = 0;            ///< and by this process
  int quiet_after = -1;       ///< sleeps until the others go
  int stop_after = 1000;      ///< sleeps until asked to stop: no test waits for ever
  bool has_stat = true;
  std::vector<int> usable{};  ///< processors this process may run on; none: nobody says
  int sleeps = 0;
  std::vector<std::string> said;

  IdleMachine::End wait(std::optional<Clock::time_point> until = {}) {
    IdleMachine machine({.stat = [this] { return stat(); },
                         .usable = [this] { return usable; },
                         .own_seconds = [this] { return own_; },
                         .now = [this] { return now_; },
                         .pause = [this](std::chrono::nanoseconds time) { return pause(time); }});
    return machine.wait([this](std::string_view line) { said.emplace_back(line); }, until);
  }

  Clock::time_point now() const { return now_; }

 private:
  std::string stat() const {
    if (!has_stat) return "";
    const auto ticks = [](double seconds) { return static_cast<long>(seconds * static_cast<double>(sysconf(_SC_CLK_TCK))); };
    const long all = ticks(first_ + second_);
    return fmt::format("cpu  {} 3 {} 99999 50 0 0 7 5 5\ncpu0 {} 1 0 4999\ncpu1 {} 1 1 5000\nintr 12 13\nctxt 9\n", all / 2, all - all / 2,
                       ticks(first_), ticks(second_));
  }
  bool pause(std::chrono::nanoseconds time) {
    const double seconds = std::chrono::duration<double>(time).count();
    now_ += time;
    const double used = others + ours;
    first_ += std::min(1.0, used) * seconds;
    second_ += std::max(0.0, used - 1) * seconds;
    own_ += ours * seconds;
    ++sleeps;
    if (sleeps == quiet_after) others = 0;
    return sleeps == stop_after;
  }

  Clock::time_point now_{};
  double first_ = 900, second_ = 100, own_ = 20;
};

TEST(ProcessorTime, CountsEverybodysWorkAndNotTheWaiting) {
  const auto time = ProcessorTime::read("cpu  100 20 30 5000 600 4 5 6 77 8\ncpu0 1\ncpu1 1\ncpu2 1\nintr 5\n", 100);
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->busy, 1.65) << "idle, iowait, and guests, which are in user already, are none of it";
  EXPECT_EQ(time->processors, 3);
  EXPECT_DOUBLE_EQ(ProcessorTime::read("cpu  100 20 30 5000\n", 100)->busy, 1.5) << "as old kernels write it";
}

TEST(ProcessorTime, CountsThoseAskedForWhereTheTextHasThem) {
  const std::string_view stat = "cpu  1000 0 0 5\ncpu0 600 0 0 5\ncpu1 300 0 0 5\ncpu12 70 0 30 5\nintr 5\ncpu13 7 7 7 7\n";
  EXPECT_DOUBLE_EQ(ProcessorTime::read(stat, 100, std::vector{1, 12})->busy, 4);
  EXPECT_EQ(ProcessorTime::read(stat, 100, std::vector{1, 12})->processors, 2);
  EXPECT_EQ(ProcessorTime::read(stat, 100, std::vector{12, 99})->processors, 1) << "99 is off, or not to be seen from here";
  EXPECT_DOUBLE_EQ(ProcessorTime::read(stat, 100, std::vector{99})->busy, 10);
  EXPECT_EQ(ProcessorTime::read(stat, 100, std::vector{13})->processors, 3) << "that line is of something else";
}

TEST(ProcessorTime, TakesOtherTextsForNone) {
  for (const char* text : {"", "cpu", "cpu  ", "cpu  1 2 3\n", "cpu0 1 2 3 4 5 6 7 8\n", "cpu  a b c d\n", "intr 1 2 3 4\n"}) {
    EXPECT_FALSE(ProcessorTime::read(text, 100)) << text;
  }
  EXPECT_FALSE(ProcessorTime::read("cpu  100 20 30 5000\n", 0));
}

TEST(ProcessorTime, ReadsThisMachines) {
  std::ifstream stream("/proc/stat");
  if (!stream) GTEST_SKIP() << "there is no /proc/stat here";
  const auto time = ProcessorTime::read(std::string(std::istreambuf_iterator<char>(stream), {}), 100);
  ASSERT_TRUE(time);
  EXPECT_GT(time->busy, 0);
  EXPECT_GE(time->processors, 1);
}

TEST(IdleMachine, IsIdleAfterOneQuietWindow) {
  FakeMachine machine;
  machine.others = 0.1;
  EXPECT_EQ(machine.wait(), IdleMachine::End::idle);
  EXPECT_EQ(machine.sleeps, 1);
  EXPECT_TRUE(machine.said.empty());
}

TEST(IdleMachine, TakesItsOwnWorkForNoneOfOthers) {
  FakeMachine machine;
  machine.ours = 1.9;
  EXPECT_EQ(machine.wait(), IdleMachine::End::idle);
  machine.others = 0.9;
  machine.stop_after = machine.sleeps + 3;
  EXPECT_EQ(machine.wait(), IdleMachine::End::stopped);
}

TEST(IdleMachine, DoesNotWaitForWhoWorksWhereItMayNotRun) {
  FakeMachine machine;
  machine.others = 1;
  machine.usable = {1};
  EXPECT_EQ(machine.wait(), IdleMachine::End::idle);
  machine.usable = {0};
  machine.stop_after = machine.sleeps + 3;
  EXPECT_EQ(machine.wait(), IdleMachine::End::stopped);
  EXPECT_NE(machine.said.at(0).find("others use 1.0 of 1 processors"), std::string::npos) << machine.said[0];
}

TEST(IdleMachine, WaitsForOthersAndSaysSoAtOnceAndOnceAMinute) {
  FakeMachine machine;
  machine.others = 1.4;
  machine.quiet_after = 2 * 144;  // each look is a window and a pause: 1.25 s, so that is after 180 s
  EXPECT_EQ(machine.wait(), IdleMachine::End::idle);
  ASSERT_EQ(machine.said.size(), 3U);
  EXPECT_NE(machine.said[0].find("others use 1.4 of 2 processors"), std::string::npos) << machine.said[0];
}

TEST(IdleMachine, EndsWhenAskedInAWindowAndBetweenTwo) {
  for (const int after : {1, 2, 7, 8}) {
    FakeMachine machine;
    machine.others = 1;
    machine.stop_after = after;
    EXPECT_EQ(machine.wait(), IdleMachine::End::stopped);
    EXPECT_EQ(machine.sleeps, after);
  }
}

TEST(IdleMachine, EndsWhenItIsTooLate) {
  FakeMachine machine;
  machine.others = 1;
  EXPECT_EQ(machine.wait(machine.now() + 10s), IdleMachine::End::too_late);
  EXPECT_GE(machine.now() - Clock::time_point(), 10s);
  EXPECT_LT(machine.now() - Clock::time_point(), 12s);
}

TEST(IdleMachine, ThatSaysNothingOfItselfIsTakenToBeIdle) {
  FakeMachine machine;
  machine.has_stat = false;
  machine.others = 2;
  EXPECT_EQ(machine.wait(), IdleMachine::End::idle);
}

TEST(IdleMachine, BearsMoreWhereThereAreManyProcessors) {
  EXPECT_EQ(bearable(1), 0.25);
  EXPECT_EQ(bearable(2), 0.25);
  EXPECT_GT(bearable(64), 1);
  EXPECT_LT(bearable(64), 2);
}

}  // namespace
}  // namespace almanac
