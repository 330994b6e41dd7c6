// `almanac tune`, and what later processes have of it.

#include "command_line.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;
using testing::RunningProgram;

class TuneCommand : public testing::CommandLineTest {
 protected:
  json tuned(Words words, int code = 0) const {
    words.insert(words.begin(), {"tune", "--no-idle"});
    return document(words, code);
  }

  static json state_of(const json& report, std::size_t at = 0) { return report["problems"][at]["state"]; }

  /// A mission whose plans are adaptive, over this test's cache.
  std::string mission() const {
    return write("mission.toml",
                 "[mission]\nname = \"drop\"\n[model]\nequation = \"time_fractional_diffusion\"\nkappa = 0.1\nalpha = 0.5\n"
                 "[domain]\nextent = [12, 8]\n[initial]\nprofile = \"gaussian\"\nwidth = 0.1\n"
                 "[time]\ndt = 1e-3\nsteps = 4\n[fft]\nrigor = \"adaptive\"\n");
  }
  Outcome run_mission(std::vector<std::pair<std::string, std::string>> more = {}) const {
    auto around = surroundings();
    around.insert(around.end(), more.begin(), more.end());
    return testing::run_program({ALMANAC_PROGRAM, "run", mission(), "--output", folder_ / "out", "--json"}, around);
  }
  /// What a program says where standard error is a terminal.
  std::string said_on_a_terminal(const std::string& words) const {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    EXPECT_TRUE(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    const std::string name = ptsname(terminal);
    const int kept_open = open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(shell("exec '" ALMANAC_PROGRAM "' " + words + " 2> " + name).exit_code, 0);
    std::string said;
    std::array<char, 4096> part;
    for (ssize_t got; (got = read(terminal, part.data(), part.size())) > 0;) said.append(part.data(), static_cast<std::size_t>(got));
    close(kept_open);
    close(terminal);
    return said;
  }

  /// Where the plans of a mission came from.
  static std::vector<std::string> sources(const Outcome& run) {
    std::vector<std::string> list;
    const json report = json::parse(run.out);
    for (const json& artifact : report["cases"][0]["artifacts"]) {
      if (artifact["kind"] == "fft_wisdom") list.push_back(artifact["source"]);
    }
    return list;
  }
};

/// Children that keep processors busy until the test ends.
class BusyMachine {
 public:
  explicit BusyMachine(long processors) {
    for (long i = 0; i < processors; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (std::atomic<unsigned> n = 0;;) n.fetch_add(1, std::memory_order_relaxed);
      }
      children_.push_back(child);
    }
  }
  ~BusyMachine() {
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  BusyMachine(const BusyMachine&) = delete;
  BusyMachine& operator=(const BusyMachine&) = delete;

 private:
  std::vector<pid_t> children_;
};

TEST_F(TuneCommand, PlansTheProductOfTheListsAndStoresIt) {
  const json report = tuned({"32", "8x6", "--transform", "r2c", "--precision", "single,double", "--rigor", "measure"});
  EXPECT_EQ(report["made"], 4);
  EXPECT_EQ(report["problems"].size(), 4U);
  EXPECT_EQ(report["problems"][0]["problem"], "32 r2c precision=single rigor=measure");
  EXPECT_EQ(report["problems"][3]["problem"], "8x6 r2c rigor=measure");
  EXPECT_EQ(entries().size(), 4U);
  const json again = tuned({"32", "16", "--transform", "r2c", "--rigor", "measure"});
  EXPECT_EQ(again["ready"], 1);
  EXPECT_EQ(again["made"], 1);
  EXPECT_EQ(state_of(again, 0), "ready") << "what is there is not planned again, and it is said";
  EXPECT_EQ(state_of(again, 1), "made");
}

TEST_F(TuneCommand, PatientMakesThePlanOfAdaptiveRequestsToo) {
  const json report = tuned({"64"});
  EXPECT_EQ(state_of(report), "made");
  const json& one = report["problems"][0];
  EXPECT_GT(one["measure_execution_ns"], 0);
  EXPECT_GT(one["patient_execution_ns"], 0);
  const bool is_no_faster = one["patient_execution_ns"] > 0.97 * one["measure_execution_ns"].get<double>();
  EXPECT_TRUE(one["adaptive_rigor"] == "measure" || (one["adaptive_rigor"] == "patient" && !is_no_faster)) << one;
  EXPECT_EQ(entries().size(), 2U);
  const json info = document({"info", "fft_wisdom", "extent=64", "rigor=adaptive"});
  EXPECT_EQ(info["attributes"]["coverage"], 2);
  EXPECT_EQ(info["attributes"]["rigor"], one["adaptive_rigor"]);
  EXPECT_EQ(document({"validate", "--recompute", "1"})["recomputed"], 2);
}

TEST_F(TuneCommand, WhatHasNoDirectionIsPlannedOnce) {
  EXPECT_EQ(tuned({"32", "--transform", "r2c", "--direction", "forward,backward", "--rigor", "measure"})["problems"].size(), 1U);
  EXPECT_EQ(tuned({"32", "--direction", "forward,backward", "--rigor", "measure"})["problems"].size(), 2U);
}

TEST_F(TuneCommand, SaysOnATerminalWhatItPlansFromTheFirstProblemOn) {
  const std::string said = said_on_a_terminal("tune --no-idle 16 18 --rigor measure --json");
  const auto first = said.find("[........................]   0 %  1 of 2: 16 c2c rigor=measure: measure, ");
  EXPECT_NE(first, std::string::npos) << said;
  const auto second = said.find("%  2 of 2: 18 c2c rigor=measure: measure, ");
  EXPECT_NE(second, std::string::npos) << said;
  EXPECT_NE(said.find(" left", second), std::string::npos) << said;
  EXPECT_EQ(almanac({"tune", "--no-idle", "20", "--rigor", "measure", "--json"}).err.find('['), std::string::npos) << "but no bar into a pipe";
}

TEST_F(TuneCommand, ABudgetOfNothingPlansNothingAndSaysSo) {
  const json report = tuned({"32", "--budget", "0"});
  EXPECT_EQ(report["left"], 1);
  EXPECT_NE(report["problems"][0]["message"].get<std::string>().find("of the budget are left"), std::string::npos);
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(tuned({"32", "4096x4096", "--rigor", "measure", "--budget", "20s"})["made"], 1) << "what does not fit does not keep others from it";
  const Outcome told = almanac({"tune", "--no-idle", "32", "--rigor", "exhaustive", "--budget", "0s"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_NE(told.err.find("1 left for the next time"), std::string::npos) << told.err;
}

TEST_F(TuneCommand, RefusesWhatItCannotPlanBeforeAnythingIsPlanned) {
  expect_refusal({"tune"}, 2, {"EXTENT is missing", "--from-log"});
  expect_refusal({"tune", "32", "--from-log"}, 2, {"--from-log", "EXTENT"});
  const Words of_one{"--transform=r2c", "--direction=backward", "--batch=2", "--precision=single", "--threads=2", "--strides=1:1", "--split", "--in-place"};
  for (const std::string& option : of_one) {
    expect_refusal({"tune", "--from-log", option}, 2, {"--from-log", option.substr(0, option.find('=')).c_str()});
  }
  expect_refusal({"tune", "16", "0x5"}, 2, {"extent", "0"});
  expect_refusal({"tune", "16", "12y"}, 2, {"extent", "12y"});
  expect_refusal({"tune", "16", "--transform", "fft"}, 2, {"transform", "fft", "c2c"});
  expect_refusal({"tune", "16", "--precision", "half"}, 2, {"precision", "half", "single"});
  expect_refusal({"tune", "16", "--threads", "1,0"}, 2, {"threads", "0"});
  expect_refusal({"tune", "16", "--rigor", "estimate"}, 2, {"rigor", "estimate"});
  expect_refusal({"tune", "16", "--budget", "long"}, 2, {"--budget", "long", "10min"});
  expect_refusal({"tune", "16", "--strides", "1:1/"}, 2, {"strides", "1:1/"});
  expect_refusal({"tune", "99999999999"}, 2, {"extent", "memory"});
  EXPECT_TRUE(entries().empty());
}

TEST_F(TuneCommand, WaitsForAnIdleMachineSaysSoAndEndsAtOnceWithCtrlC) {
  const BusyMachine busy(1 + sysconf(_SC_NPROCESSORS_CONF) / 16);
  for (const int signal : {SIGINT, SIGTERM}) {
    RunningProgram program(typed({"tune", "32", "--json"}), surroundings());
    EXPECT_TRUE(program.await_error("waiting: others use"));
    program.signal(signal);
    const Outcome outcome = program.finish();
    EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
    const json report = json::parse(outcome.out);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_EQ(state_of(report), "left");
  }
  EXPECT_TRUE(entries().empty());
}

#ifndef ALMANAC_ADDRESS_SANITIZER  // which needs all the addresses there are
TEST_F(TuneCommand, AFailingProblemDoesNotStopTheRest) {
  const Outcome outcome = testing::run_program(
      {"/bin/sh", "-c", "ulimit -v 2000000; exec '" ALMANAC_PROGRAM "' tune --no-idle --rigor measure --in-place --json 16384x16384 16"}, surroundings());
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(state_of(report, 0), "failed");
  EXPECT_FALSE(report["problems"][0]["message"].get<std::string>().empty());
  EXPECT_EQ(state_of(report, 1), "made");
}
#endif

TEST_F(TuneCommand, WhatAMissionPlannedIsPlannedBetterForTheNext) {
  const Outcome first = run_mission();
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(sources(first), (std::vector<std::string>{"computed", "computed"})) << "estimated, at once";
  EXPECT_EQ(almanac({"ls", "fft_wisdom"}).out.find("fft_wisdom@"), std::string::npos) << "nothing was measured, nor made ahead";
  const json report = tuned({"--from-log"});
  EXPECT_EQ(report["made"], 2) << report;
  EXPECT_EQ(report["problems"][0]["problem"].get<std::string>().substr(0, 5), "12x8 ");
  const Outcome second = run_mission();
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(sources(second), (std::vector<std::string>{"disk", "disk"}));
  EXPECT_EQ(tuned({"--from-log"})["ready"], 2);
  EXPECT_EQ(document({"validate"})["wrong"].size(), 0U);
}

TEST_F(TuneCommand, NothingLoggedIsNothingToDo) {
  const json report = tuned({"--from-log"});
  EXPECT_EQ(report["problems"].size(), 0U);
}

TEST_F(TuneCommand, TheEngineStartsItAtItsEndWhereItIsAskedTo) {
  // The program it starts is what $ALMANAC_PROGRAM names: here one that writes down how it was called, and what it has of its parent.
  const std::string note = folder_ / "called";
  const std::string program = write("tuner.sh", "#!/bin/sh\n{ echo \"$@\"; pwd; echo \"$ALMANAC_CONFIG\"\n"
                                                "if test -e /proc/$$/fd/9; then echo open; else echo closed; fi\n"
                                                "echo \"$ALMANAC_WRAP_SOCKET:$LD_PRELOAD\"; } > '" + note + ".part'\n"
                                                "mv '" + note + ".part' '" + note + "'\n");
  fs::permissions(program, fs::perms::owner_all);
  EXPECT_EQ(run_mission({{"ALMANAC_PROGRAM", program}}).exit_code, 0);
  write("settings.toml", "[fft]\ntune_in_background = true\n");
  // All of it named as it is found from where the run is.
  mission();
  const std::string here = "cd '" + folder_.path().string() + "'; exec 9< /dev/null; ALMANAC_PROGRAM=tuner.sh ALMANAC_DIR=cache "
                           "ALMANAC_WRAP_SOCKET=none LD_PRELOAD=/nowhere/libalmanac_fftw_wrap.so:/nowhere/other.so ";
  const std::string run = "exec '" ALMANAC_PROGRAM "' run mission.toml --output out";
  for (const std::string config : {"settings.toml", "almanac.toml"}) {
    const bool is_named = config == "settings.toml";
    if (!is_named) fs::rename(folder_ / "settings.toml", folder_ / "almanac.toml");
    const Outcome outcome = shell(here + (is_named ? "ALMANAC_CONFIG=settings.toml " : "") + run);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.err.find("warning"), std::string::npos) << outcome.err;
    while (!fs::exists(note)) std::this_thread::yield();
    EXPECT_EQ(contents(note), "--cache-dir " + (folder_ / "cache").string() + " tune --in-background\n/\n" + (folder_ / config).string() +
                                  "\nclosed\n:/nowhere/other.so\n");
    fs::remove(note);
  }

  fs::remove(program);
  const Outcome warned = run_mission({{"ALMANAC_PROGRAM", program}, {"ALMANAC_FFT_TUNE_IN_BACKGROUND", "true"}});
  EXPECT_EQ(warned.exit_code, 0);
  EXPECT_NE(warned.err.find("tune_in_background"), std::string::npos) << warned.err;
  EXPECT_NE(warned.err.find("$ALMANAC_PROGRAM"), std::string::npos) << warned.err;
}

TEST_F(TuneCommand, TheOneInTheBackgroundLeavesOffForTheOneThatIsAskedFor) {
  ASSERT_EQ(run_mission().exit_code, 0);
  const BusyMachine busy(1 + sysconf(_SC_NPROCESSORS_CONF) / 16);
  RunningProgram background(typed({"tune", "--in-background", "--budget", "10h"}), surroundings());
  ASSERT_TRUE(background.await_error("waiting: others use"));
  const Outcome asked = almanac({"tune", "--no-idle", "32", "--rigor", "measure", "--json"});
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_NE(asked.err.find("waiting: another tuner is at work over this cache"), std::string::npos) << asked.err;
  EXPECT_EQ(json::parse(asked.out)["made"], 1);
  EXPECT_EQ(background.finish().exit_code, 0);
  EXPECT_EQ(document({"ls", "fft_wisdom"}).size(), 1U) << "the other one planned nothing";
}

TEST_F(TuneCommand, WaitingForAnotherOneEndsWithCtrlC) {
  fs::create_directories(folder_ / "cache" / "fft-log");
  const int lock = open((folder_ / "cache" / "fft-log" / "tuner.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0);
  RunningProgram program(typed({"tune", "--no-idle", "32"}), surroundings());
  EXPECT_TRUE(program.await_error("waiting: another tuner"));
  program.signal(SIGINT);
  EXPECT_EQ(program.finish().exit_code, 130);
  close(lock);
  EXPECT_TRUE(entries().empty());
}

TEST_F(TuneCommand, InTheBackgroundItTunesWhatWasLoggedAndOnlyOnceAtATime) {
  ASSERT_EQ(run_mission().exit_code, 0);
  {
    const int lock = open((folder_ / "cache" / "fft-log" / "tuner.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ASSERT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0);
    const Outcome second = almanac({"tune", "--in-background", "--no-idle"});
    EXPECT_EQ(second.exit_code, 0);
    EXPECT_TRUE(second.out.empty()) << "another one is at it: " << second.out;
    close(lock);
  }
  const json report = document({"tune", "--in-background", "--no-idle"});
  EXPECT_EQ(report["made"], 2);
  const Outcome next = run_mission({{"ALMANAC_FFT_TUNE_IN_BACKGROUND", "true"}, {"ALMANAC_PROGRAM", "/nowhere"}});
  EXPECT_EQ(next.exit_code, 0);
  EXPECT_EQ(next.err.find("tune_in_background"), std::string::npos) << "everything is as good as it gets: " << next.err;
}

}  // namespace
}  // namespace almanac
