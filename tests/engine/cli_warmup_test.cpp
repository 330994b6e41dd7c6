// `almanac warmup` from lists, again and again, and beside a mission, as a person would.

#include "command_line.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <thread>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;
using testing::RunningProgram;

class WarmupCommand : public testing::CommandLineTest {
 protected:
  static Words words(Words more) {
    more.insert(more.begin(), "warmup");
    return typed(std::move(more));
  }
  Outcome warmup(Words more) const { return testing::run_program(words(std::move(more)), surroundings()); }
};

const std::string kList = "# two of them\nfractional_kernel alpha=1.5 n=1000\n\nlaplacian extent=16x16   # small\n";

TEST_F(WarmupCommand, MakesWhatAListNamesAndFindsItTheNextTime) {
  const std::string list = write("list.txt", kList);
  const json first = json::parse(warmup({"--list", list, "--json"}).out);
  EXPECT_EQ(first["kinds"]["fractional_kernel"]["made"], 1);
  EXPECT_EQ(first["kinds"]["laplacian"]["made"], 1);
  EXPECT_EQ(entries().size(), 2U);
  const Outcome second = shell("'" ALMANAC_PROGRAM "' warmup --list - --json < '" + list + "'");
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(json::parse(second.out)["kinds"]["laplacian"]["found"], 1);
}

TEST_F(WarmupCommand, AListIsCheckedBeforeAnythingIsMade) {
  const auto expect = [&](const Outcome& outcome, std::initializer_list<const char*> parts) {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    for (const char* part : parts) EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err << " lacks " << part;
    EXPECT_TRUE(entries().empty());
  };
  expect(warmup({"--list", write("bad.txt", kList + "fractional_kernel alpha=9 n=3\n")}), {"bad.txt:5", "alpha = 9", "[-2, 4]"});
  expect(warmup({"--list", folder_ / "none.txt"}), {"none.txt"});
  expect(warmup({"--list", folder_.path()}), {folder_.path().c_str(), "it is a folder"});
  expect(shell("echo nonsense x=1 | '" ALMANAC_PROGRAM "' warmup --list -"), {"standard input:1", "nonsense"});
  expect(warmup({"standard", "--list", write("list.txt", kList)}), {"--list"});
  for (const char* every : {"0s", "soon", "-1s", "10"}) expect(warmup({"--every", every}), {"--every", every, "10min"});
  expect(warmup({"--every", "1s", "--recompute"}), {"--recompute"});
}

TEST_F(WarmupCommand, SaysThatNothingIsKeptWhereThereIsNoDisk) {
  const std::string list = write("list.txt", kList), settings = write("settings.toml", "disk = false\n");
  const Outcome outcome = warmup({"--config", settings, "--list", list, "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string said = "almanac: warning: nothing is kept: there is no disk tier";
  const std::size_t at = outcome.err.find(said);
  ASSERT_NE(at, std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find(said, at + 1), std::string::npos) << outcome.err;
  EXPECT_EQ(warmup({"--list", list}).err.find("nothing is kept"), std::string::npos);
}

TEST_F(WarmupCommand, EveryRepeatsPutsBackWhatWasClearedAndEndsWithCtrlC) {
  const std::string list = write("list.txt", "laplacian extent=8\n");
  RunningProgram program(words({"--list", list, "--every", "1ms", "--json"}), surroundings());
  ASSERT_TRUE(program.await_error("round 1: "));
  ASSERT_EQ(entries().size(), 1U);
  fs::remove(entries().front());  // at whatever round the program is by now
  while (entries().empty() && !program.has_ended()) std::this_thread::yield();
  EXPECT_EQ(entries().size(), 1U);
  program.signal(SIGINT);
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("round 1: 1 made, 0 found, in "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("round 2: "), std::string::npos) << outcome.err;
  const json document = json::parse(outcome.out);
  EXPECT_GE(document["count"], 2);
  for (std::size_t round = 0; round + 1 < document["rounds"].size(); ++round)
    EXPECT_EQ(document["rounds"][round]["interrupted"], false) << round;
}

TEST_F(WarmupCommand, TheWaitBetweenRoundsEndsAtOnceWhenAsked) {
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove_all(folder_ / "cache");
    RunningProgram program(words({"--list", write("list.txt", "laplacian extent=8\n"), "--every", "10h"}), surroundings());
    ASSERT_TRUE(program.await_error("round 1: "));
    program.signal(signal);
    const Outcome outcome = program.finish();  // in ten hours otherwise
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(outcome.out.empty()) << outcome.out;
  }
}

#ifndef ALMANAC_ADDRESS_SANITIZER  // which needs all the addresses there are
// A limit on memory stands for a machine that has less than the catalog takes it for.
TEST_F(WarmupCommand, AFailingKeyIsToldTheRestIsMadeAndTheExitCodeSaysSo) {
  const std::string list = write("list.txt", "laplacian extent=8\nfft_wisdom extent=16384x16384 in_place=true\nlaplacian extent=9\n");
  const std::string limited = "ulimit -v 2000000; exec '" ALMANAC_PROGRAM "' ";
  const Outcome once = shell(limited + "warmup --list '" + list + "'");
  EXPECT_EQ(once.exit_code, 1) << once.err;
  EXPECT_NE(once.err.find("list.txt:2: fft_wisdom extent=16384x16384 in_place=true: "), std::string::npos) << once.err;
  EXPECT_EQ(entries().size(), 2U);

  fs::remove_all(folder_ / "cache");
  RunningProgram program({"/bin/sh", "-c", limited + "warmup --every 1ms --list '" + list + "'"}, surroundings());
  ASSERT_TRUE(program.await_error("round 1: "));
  EXPECT_EQ(entries().size(), 2U);
  program.signal(SIGINT);
  EXPECT_EQ(program.finish().exit_code, 1);
}
#endif

TEST_F(WarmupCommand, AMissionIsToldToMakeACatalogReady) {
  const std::string mission = write("mission.toml",
                                    "[mission]\nname = \"drop\"\n[model]\nequation = \"time_fractional_diffusion\"\nkappa = 0.1\nalpha = 0.5\n"
                                    "[domain]\nextent = [48, 48]\n[initial]\nprofile = \"gaussian\"\nwidth = 0.1\n"
                                    "[time]\ndt = 1e-3\nsteps = 20\n");
  const std::string catalog = write("catalog.toml", "[[laplacian]]\nextent = [\"8\", \"9\"]\n");
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {ALMANAC_PROGRAM, "run", mission, "--output", folder_ / "out"});
    return testing::run_program(more, surroundings());
  };
  const Outcome outcome = run({"--warmup", catalog, "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["warmup"]["kinds"]["laplacian"]["artifacts"], 2);
  EXPECT_NE(outcome.err.find("warm-up: "), std::string::npos) << outcome.err;
  EXPECT_TRUE(json::parse(run({"--json"}).out)["warmup"].is_null());
  const Outcome refused = run({"--warmup", folder_ / "none.toml"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("none.toml"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace almanac
