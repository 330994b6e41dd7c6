// Cases that end on their way: what stopped them is told with step, time and value, and what they had computed is kept.
#include "mission_run.hpp"
#include "reference_values.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace almanac {
namespace {

using testing::attribute;
using testing::MissionFolder;
using testing::names_in;
using testing::read_dataset;

/// y grows as exp(10^4 t): beyond the largest double before t = 0.1.
constexpr std::string_view kGrowing =
    "[model]\nequation = \"relaxation\"\nalpha = 0.5\nlambda = -100\nscheme = \"grunwald\"\n[time]\ndt = 0.00001\nsteps = 20000\n"
    "[output]\nevery = 1000\n";

TEST(StoppedMission, KeepsWhatWasComputedBeforeASolutionLeftTheNumbers) {
  MissionFolder folder;
  const MissionReport report = folder.run(std::string(kGrowing));
  const CaseReport& one = report.cases.front();
  EXPECT_TRUE(report.failed());
  EXPECT_EQ(one.status, CaseStatus::failed);
  EXPECT_NE(one.error.find(" = inf at t = 0.0"), std::string::npos) << one.error;
  EXPECT_NE(one.error.find(", step "), std::string::npos) << one.error;
  EXPECT_NE(one.error.find("is in mission.incomplete.h5"), std::string::npos) << one.error;
  EXPECT_EQ(names_in(folder / "out"),
            (std::vector<std::string>{"mission.incomplete.h5", "mission.incomplete.png", "mission.incomplete.xdmf", "summary.json"}));

  const auto file = folder / "out/mission.incomplete.h5";
  const auto t = read_dataset(file, "t").values, y = read_dataset(file, "y").values;
  ASSERT_EQ(t.size(), y.size());
  ASSERT_GT(t.size(), 3u);
  EXPECT_DOUBLE_EQ(t[1], 0.01);
  EXPECT_LT(t.back(), 0.1);
  EXPECT_GT(y.back(), 1e300);                        // the last step that was finished, though not one to be written
  for (const double value : y) EXPECT_TRUE(std::isfinite(value));
  EXPECT_NE(one.error.find(attribute<std::string>(file, "/", "incomplete")), std::string::npos);
  EXPECT_NE(one.findings.find("steps_done="), std::string::npos) << one.findings;
}

TEST(StoppedMission, ASingularStepLeavesTheStart) {
  MissionFolder folder;
  // (y_1 - y_0) / dt = 100 y_1 with dt = 1/100 has no solution
  const MissionReport report = folder.run(
      "[model]\nequation = \"relaxation\"\nalpha = 1\nlambda = -100\nscheme = \"grunwald\"\n[time]\ndt = 0.01\nsteps = 10\n");
  EXPECT_NE(report.cases.front().error.find("slope of the step's equation = 0"), std::string::npos) << report.cases.front().error;
  EXPECT_NE(report.cases.front().error.find("step 1, unknown 0"), std::string::npos) << report.cases.front().error;
  EXPECT_EQ(read_dataset(folder / "out/mission.incomplete.h5", "t").values, std::vector<double>{0});
}

TEST(StoppedMission, ACompleteRunTakesThePlaceOfAnIncompleteOne) {
  MissionFolder folder;
  std::string text(kGrowing);
  EXPECT_TRUE(folder.run(text).failed());
  text.replace(text.find("-100"), 4, "1");
  EXPECT_FALSE(folder.run(text).failed());
  EXPECT_EQ(names_in(folder / "out"), (std::vector<std::string>{"mission.h5", "mission.png", "mission.xdmf", "summary.json"}));
}

// What took hours is not thrown away for a run that came to nothing, nor taken for its result.
TEST(StoppedMission, ResultsOfAnEarlierRunStayAndAreToldFromItsOwn) {
  MissionFolder folder;
  std::string good(kGrowing);
  good.replace(good.find("-100"), 4, "1");
  ASSERT_FALSE(folder.run(good).failed());
  const std::string complete = testing::bytes_of(folder / "out/mission.h5");
  const CaseReport stopped = folder.run(std::string(kGrowing)).cases.front();
  const std::vector<std::filesystem::path> earlier{folder / "out/mission.h5", folder / "out/mission.xdmf", folder / "out/mission.png"};
  EXPECT_EQ(stopped.earlier, earlier);
  EXPECT_EQ(testing::bytes_of(folder / "out/mission.h5"), complete);
  auto summary = nlohmann::json::parse(std::ifstream(folder / "out/summary.json"));
  EXPECT_EQ(summary["cases"][0]["earlier_files"], (nlohmann::json{"mission.h5", "mission.xdmf", "mission.png"}));
  EXPECT_EQ(summary["cases"][0]["files"][0], "mission.incomplete.h5");
  // one that does not even begin leaves both kinds
  EXPECT_EQ(folder.run(good, "out", {.stop = [] { return true; }}).cases.front().earlier.size(), 6u);
  EXPECT_EQ(folder.run(good).cases.front().earlier.size(), 0u);
  summary = nlohmann::json::parse(std::ifstream(folder / "out/summary.json"));
  EXPECT_EQ(summary["cases"][0]["earlier_files"].size(), 0u);
}

// Weights of 5 million steps are made in 20 pieces, and a history in more; the first step comes behind them.
TEST(StoppedMission, IsInterruptedWhileWeightsAreMade) {
  MissionFolder folder;
  int asked = 0;
  MissionOptions options;
  options.stop = [&asked] { return ++asked > 12; };
  bool stepped = false;
  options.progress = [&stepped](const MissionProgress& at) { stepped = stepped || (at.fraction > 0 && at.fraction < 1); };
  const MissionReport report =
      folder.run("[model]\nequation = \"relaxation\"\nalpha = 0.5\n[time]\ndt = 1e-6\nsteps = 5000000\n", "out", options);
  EXPECT_EQ(report.cases.front().status, CaseStatus::interrupted);
  EXPECT_FALSE(stepped);
}

TEST(StoppedMission, OtherCasesGoOnAndTheOverviewSaysWhichStopped) {
  MissionFolder folder;
  std::string text(kGrowing);
  text.replace(text.find("lambda = -100\n"), 14, "");
  const MissionReport report = folder.run(text + "[sweep]\nlambda = [-100, 1]\n");
  EXPECT_EQ(report.cases[0].status, CaseStatus::failed);
  EXPECT_EQ(report.cases[1].status, CaseStatus::done);
  EXPECT_TRUE(std::filesystem::exists(folder / "out/overview.png"));
}

// Direct sums over 400000 steps take far longer than it takes to be asked whether to stop.
TEST(StoppedMission, CanBeInterruptedWithinACase) {
  MissionFolder folder;
  bool within = false;
  MissionOptions options;
  options.progress = [&within](const MissionProgress& at) { within = within || (at.fraction > 0 && at.fraction < 1); };
  options.stop = [&within] { return within; };
  const MissionReport report = folder.run(
      "[model]\nequation = \"relaxation\"\nalpha = 0.5\nscheme = \"grunwald\"\nhistory = \"direct\"\n[time]\ndt = 1e-6\nsteps = 400000\n", "out",
      options);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.cases.front().status, CaseStatus::interrupted);
  EXPECT_EQ(names_in(folder / "out"), std::vector<std::string>{"summary.json"});
}

}  // namespace
}  // namespace almanac
