// Many wrapped programs over one cache: some are killed, and all that are not get the plans that were first measured.

#include "wrapped_programs.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <random>

#include <sched.h>
#include <signal.h>

namespace almanac::testing {
namespace {

constexpr int kRuns = 16, kKilled = 8;

class WrapSharing : public WrapTest {
 protected:
  /// Each entry's file, and what is in it.
  std::map<std::string, std::string> kept() const {
    std::map<std::string, std::string> files;
    for (const auto& file : entries()) {
      if (file.extension() == ".h5") files.emplace(file.string(), contents(file));
    }
    return files;
  }

  static std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> found = lines(text);
    std::ranges::sort(found);
    return found;
  }
};

/// Whether programs are killed as well, and not their parents alone.
class WrapKilled : public WrapSharing, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Of, WrapKilled, ::testing::Bool(), [](const auto& both) { return both.param ? "EitherHalf" : "Parents"; });

TEST_P(WrapKilled, LeaveEverybodyThePlansThatWereStored) {
  std::vector<std::unique_ptr<RunningProgram>> runs;
  for (int i = 0; i < kRuns; ++i) {
    const auto words = wrapping({program("planning_double"), "some", std::to_string(i)}, {}, "report" + std::to_string(i));
    runs.push_back(std::make_unique<RunningProgram>(typed(words), surroundings()));
  }
  std::vector<int> living(kRuns);
  std::ranges::generate(living, [n = 0]() mutable { return n++; });
  const auto all_ended = [&] { return std::ranges::all_of(runs, [](const auto& run) { return run->has_ended(); }); };
  std::map<std::string, std::string> stored;
  const auto expect_all_there = [&] {
    auto now = kept();
    for (const auto& [file, bytes] : stored) EXPECT_TRUE(now.contains(file) && now.at(file) == bytes) << file << " was stored, and is lost or another";
    stored.swap(now);
  };
  std::mt19937 random(7);
  for (int killed = 0; killed < kKilled; ++killed) {
    while (entries().size() <= static_cast<std::size_t>(killed) && !all_ended()) sched_yield();
    const auto victim = living.begin() + std::uniform_int_distribution<std::ptrdiff_t>(0, std::ssize(living) - 1)(random);
    // Either half: the parent, whose program goes on without; or the program, to which the parent passes the signal on.
    runs[static_cast<std::size_t>(*victim)]->signal(!GetParam() || killed % 2 == 0 ? SIGKILL : SIGTERM);
    living.erase(victim);
    expect_all_there();
  }
  std::vector<Outcome> outcomes;
  for (const auto& run : runs) outcomes.push_back(run->finish());
  expect_all_there();

  std::map<std::string, std::map<std::string, std::string>> results;  // problem → bits → who had them
  const auto note = [&](const std::string& who, const std::string& out) {
    for (const std::string& line : lines(out)) results[line.substr(0, line.find(' '))][line] += ' ' + who;
  };
  std::size_t measured = 0;
  for (const int run : living) {
    const Outcome& outcome = outcomes[static_cast<std::size_t>(run)];
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    measured += report("report" + std::to_string(run)).at("measured").get<std::size_t>();
    note(std::to_string(run), outcome.out);
  }
  EXPECT_LE(measured, stored.size()) << "some were measured again, though they were there";
  const std::size_t before = stored.size();
  std::size_t measured_late = 0;
  for (int i = 0; i < 2; ++i) {  // two that plan all 12 problems between them
    const Wrapped late = wrap({program("planning_double"), "some", std::to_string(i)});
    measured_late += late["measured"];
    note("late", late.outcome.out);
  }
  expect_all_there();
  EXPECT_EQ(stored.size(), before + measured_late);
  EXPECT_EQ(results.size(), 12U);
  for (const auto& [problem, bits] : results) EXPECT_EQ(bits.size(), 1U) << problem << " is planned otherwise by" << bits.begin()->second;
  EXPECT_EQ(almanac({"validate"}).exit_code, 0);
}

TEST_F(WrapSharing, InEveryOrderAProgramGetsTheSameBits) {
  // Bundles of other problems are there, and are made between.
  wrap({program("planning_double"), "some", "1"});
  const Wrapped first = wrap({program("planning_double"), "shuffled", "1"});
  EXPECT_EQ(first["measured"], 120U) << first.report;
  wrap({program("planning_double"), "some", "2"});
  for (const char* order : {"2", "3"}) {
    const Wrapped again = wrap({program("planning_double"), "shuffled", order});
    EXPECT_EQ(again["cached"], 120U) << again.report;
    EXPECT_NE(again.outcome.out, first.outcome.out) << "another order";
    EXPECT_EQ(sorted_lines(again.outcome.out), sorted_lines(first.outcome.out));
  }
}

}  // namespace
}  // namespace almanac::testing
