// What a run makes of trouble: it is stopped, a case fails, a disk is full, a folder or a cache cannot be used.
#include "mission_run.hpp"
#include "small_mission.hpp"

#include <almanac/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <atomic>
#include <csignal>

namespace almanac {
namespace {

using testing::bytes_of;
using testing::kMission;
using testing::MissionFolder;
using testing::names_in;
using testing::read_dataset;

TEST(MissionRun, ACaseThatCannotWriteOneOfItsFilesWritesNone) {
  MissionFolder folder;
  const MissionReport first = folder.run(kMission);
  const std::string name = first.cases.at(0).name;
  const std::string before = bytes_of(folder / ("out/" + name + ".h5"));
  std::filesystem::remove(folder / ("out/" + name + ".png"));
  std::filesystem::create_directory(folder / ("out/" + name + ".png"));
  std::string changed = kMission;
  changed.replace(changed.find("kappa = "), 8, "kappa = 1");
  const MissionReport second = folder.run(changed);
  EXPECT_EQ(second.cases.at(0).status, CaseStatus::failed);
  EXPECT_EQ(bytes_of(folder / ("out/" + name + ".h5")), before);
  EXPECT_EQ(second.cases.at(1).status, CaseStatus::done);
}

TEST(MissionRun, ASummaryThatCannotBeWrittenLosesNoReport) {
  MissionFolder folder;
  std::filesystem::create_directories(folder / "out/summary.json");
  const MissionReport report = folder.run(kMission);
  EXPECT_TRUE(report.failed());
  EXPECT_NE(report.error.find("summary.json"), std::string::npos) << report.error;
  for (const CaseReport& one : report.cases) EXPECT_EQ(one.status, CaseStatus::done);
}

TEST(MissionRun, StoppedInACaseItLeavesFinishedOnesAndNothingHalf) {
  MissionFolder folder;
  std::atomic<bool> stop = false;
  const MissionReport report = folder.run(kMission, "out",
                                          {.progress = [&](const MissionProgress& at) { stop = at.case_index == 1 && at.fraction > 0; },
                                           .stop = [&] { return stop.load(); }});
  EXPECT_TRUE(report.interrupted);
  ASSERT_EQ(report.cases.size(), 3u);
  EXPECT_EQ(report.cases[0].status, CaseStatus::done);
  EXPECT_EQ(report.cases[1].status, CaseStatus::interrupted);
  EXPECT_EQ(report.cases[2].status, CaseStatus::not_begun);
  EXPECT_FALSE(report.failed());
  EXPECT_EQ(names_in(folder / "out"), (std::vector<std::string>{"alpha=0.5.h5", "alpha=0.5.png", "alpha=0.5.xdmf", "summary.json"}));
  EXPECT_EQ(read_dataset(folder / "out/alpha=0.5.h5", "u").values.size(), 5u * 24 * 16);
  EXPECT_EQ(nlohmann::json::parse(bytes_of(folder / "out/summary.json")).at("interrupted"), true);
}

TEST(MissionRun, StoppedBeforeItBeginsItDoesNothing) {
  MissionFolder folder;
  const MissionReport report = folder.run(kMission, "out", {.stop = [] { return true; }});
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(names_in(folder / "out"), (std::vector<std::string>{"summary.json"}));
}

TEST(MissionRun, ACaseThatFailsIsReportedAndTheOthersGoOn) {
  MissionFolder folder;
  std::filesystem::create_directories(folder / "out/alpha=1.h5/in the way");
  const MissionReport report = folder.run(kMission);
  EXPECT_TRUE(report.failed());
  EXPECT_EQ(report.cases[0].status, CaseStatus::done);
  EXPECT_EQ(report.cases[1].status, CaseStatus::failed);
  EXPECT_NE(report.cases[1].error.find("alpha=1.h5"), std::string::npos) << report.cases[1].error;
  EXPECT_EQ(report.cases[2].status, CaseStatus::done);
  for (const std::string& name : names_in(folder / "out")) EXPECT_EQ(name.find(".part"), std::string::npos) << name;
}

// A limit on the size of files stands for a full disk: the same writes fail, with another cause.
TEST(MissionRun, AFullDiskFailsTheCaseAndLeavesNothingHalf) {
  MissionFolder folder;
  folder.run(kMission, "warm");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{12'000, before.rlim_max};  // a result has 15 kB
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const MissionReport report = folder.run(kMission);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  for (const CaseReport& one : report.cases) {
    EXPECT_EQ(one.status, CaseStatus::failed);
    EXPECT_NE(one.error.find("cannot write " + (folder / "out" / (one.name + ".h5")).string() + ": "), std::string::npos) << one.error;
    EXPECT_NE(one.error.find("File too large"), std::string::npos) << one.error;
    EXPECT_EQ(one.error.find('\n'), std::string::npos) << one.error;
  }
  EXPECT_EQ(names_in(folder / "out"), (std::vector<std::string>{"summary.json"}));
}

TEST(MissionRun, AnOutputThatCannotBeUsedIsRefusedBeforeAnythingIsComputed) {
  MissionFolder folder;
  folder.write("file", "in the way");
  for (const std::string output : {"file", "file/below"}) {
    EXPECT_THROW(folder.run(kMission, output), EnvironmentError) << output;
    EXPECT_THROW(folder.run(kMission, output, {.dry_run = true}), EnvironmentError) << output;
  }
  EXPECT_TRUE(names_in(folder / "cache/objects").empty());
  EXPECT_EQ(bytes_of(folder / "file"), "in the way");
}

TEST(MissionRun, ACacheThatCannotBeUsedCostsAWarningAndNothingElse) {
  MissionFolder folder;
  Config blocked;
  blocked.cache_dir = folder.write("blocked", "a file where the folder should be");
  folder.restart(blocked);
  const MissionReport report = folder.run(kMission);
  EXPECT_FALSE(report.failed());
  EXPECT_FALSE(folder.warnings.empty());
}

}  // namespace
}  // namespace almanac
