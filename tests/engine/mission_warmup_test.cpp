// What a mission makes ready for others beside its cases.
#include "mission_run.hpp"
#include "probe_recipe.hpp"

#include <almanac/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace almanac {
namespace {

using testing::bytes_of;
using testing::MissionFolder;
using testing::ProbeRecipe;

const std::string kMission = R"([mission]
name = "small"
[model]
equation = "time_fractional_diffusion"
alpha = 0.5
kappa = 0.05
[domain]
extent = [24]
[initial]
profile = "gaussian"
width = 0.2
[time]
dt = 0.01
steps = 20
)";

Key key_of(const std::string& name) { return Key("probe", 1, {{"name", name}}); }

/// A case that goes on only when that is so: in vain, if nothing happens beside it.
auto wait_in_the_case(std::function<bool()> is_so) {
  return [is_so = std::move(is_so)](const MissionProgress& at) {
    if (at.fraction == 0 || at.fraction == 1) return;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!is_so() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  };
}

TEST(MissionWarmup, IsDoneWhileTheMissionRunsAndReportedInItsSummary) {
  MissionFolder folder;
  std::atomic<int> made = 0;
  const ProbeRecipe recipe([&](const std::string& name) {
    ++made;
    if (name == "bad") throw std::runtime_error("no such luck");
  });
  const MissionReport report = folder.run(kMission, "out", {.progress = wait_in_the_case([&] {
                                                              return folder.engine().disk()->peek(key_of("b")).value().has_value();
                                                            }),
                                                            .warmup = recipe.catalog({"a", "bad", "b"})});
  EXPECT_FALSE(report.failed());
  ASSERT_TRUE(report.warmup);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(report.warmup->kinds.at(0).made, 2U);
  EXPECT_EQ(report.warmup->failures, (std::vector<std::string>{"here:1: probe name=bad: no such luck"}));
  const auto summary = nlohmann::json::parse(bytes_of(folder / "out/summary.json"));
  EXPECT_EQ(summary.at("warmup").at("kinds").at("probe").at("made"), 2);
  EXPECT_EQ(summary.at("warmup").at("failures").size(), 1U);
}

TEST(MissionWarmup, TheFileNamesACatalogBesideIt) {
  MissionFolder folder;
  folder.write("catalog.toml", "[[laplacian]]\nextent = [\"8\", \"9\"]\n");
  const Recipe& laplacian = RecipeRegistry::builtin().at("laplacian");
  const Key last = laplacian.request(laplacian.parse({{"extent", "9"}})).key;
  const MissionReport report =
      folder.run(kMission + "[cache]\nwarmup = \"catalog.toml\"\n", "out",
                 {.progress = wait_in_the_case([&] { return folder.engine().disk()->peek(last).value().has_value(); })});
  ASSERT_TRUE(report.warmup);
  EXPECT_EQ(report.warmup->kinds.at(0).kind, "laplacian");
  EXPECT_EQ(report.warmup->kinds.at(0).made, 2U);
}

TEST(MissionWarmup, StopsWithTheMission) {
  MissionFolder folder;
  std::atomic<bool> is_warming = false, may_end = false, stop = false;
  const ProbeRecipe recipe([&](const std::string&) {
    is_warming = true;
    is_warming.notify_all();
    may_end.wait(false);
  });
  const MissionReport report = folder.run(kMission, "out", {.progress =
                                                                [&](const MissionProgress& at) {
                                                                  if (at.fraction > 0 && at.fraction < 1) {
                                                                    is_warming.wait(false);
                                                                    stop = true;
                                                                  } else if (at.fraction == 1) {  // the case has met the stop
                                                                    may_end = true;
                                                                    may_end.notify_all();
                                                                  }
                                                                },
                                                            .stop = [&] { return stop.load(); },
                                                            .warmup = recipe.catalog({"a", "b"})});
  EXPECT_TRUE(report.interrupted);
  ASSERT_TRUE(report.warmup);
  EXPECT_TRUE(report.warmup->interrupted);
  EXPECT_EQ(report.warmup->kinds.at(0).made, 1U);
  EXPECT_EQ(report.warmup->kinds.at(0).artifacts, 2U);
}

TEST(MissionWarmup, IsNotDoneWhereNothingWouldBeKeptNorInADryRun) {
  MissionFolder folder;
  std::atomic<int> made = 0;
  const ProbeRecipe recipe([&](const std::string&) { ++made; });
  EXPECT_FALSE(folder.run(kMission, "out", {.dry_run = true, .warmup = recipe.catalog({"a"})}).warmup);
  Config none;
  none.enabled = false;
  folder.restart(none);
  EXPECT_FALSE(folder.run(kMission, "out", {.warmup = recipe.catalog({"a"})}).warmup);
  EXPECT_EQ(made, 0);
}

TEST(MissionWarmup, WhatIsWrongWithTheCatalogIsToldWhenTheMissionIsLoaded) {
  MissionFolder folder;
  folder.write("broken.toml", "[[laplacian]]\nextent = \"8\"\n[[fractional_kernel]]\nalpha = 9\n");
  const auto message = [&](const std::string& line) -> std::string {
    try {
      Mission::load(folder.write("mission.toml", kMission + "[cache]\n" + line + "\n"));
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  const auto expect = [&](const std::string& line, std::initializer_list<const char*> parts) {
    const std::string said = message(line);
    for (const char* part : parts) EXPECT_NE(said.find(part), std::string::npos) << said << " lacks " << part;
  };
  expect("warmup = \"none.toml\"", {"mission.toml:16", "[cache] warmup = \"none.toml\"", "there is no such file"});
  expect("warmup = \"broken.toml\"", {"mission.toml:16", "[cache] warmup", "broken.toml:3", "alpha = 9", "[-2, 4]"});
  expect("warmup = \".\"", {"mission.toml:16", "[cache] warmup", "folder"});
  expect("warmup = 3", {"mission.toml:16", "[cache] warmup = 3", "must be text"});
  expect("warmpu = \"standard\"", {"mission.toml:16", "warmpu", "did you mean warmup?"});
  EXPECT_EQ(message("warmup = \"standard\""), "no error");
}

}  // namespace
}  // namespace almanac
