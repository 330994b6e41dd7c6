// What whole missions ask for before their cases do, and what their reports say of it.
#include "mission_run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

namespace almanac {
namespace {

using testing::bytes_of;
using testing::MissionFolder;

using Names = std::vector<std::string>;

std::string sweep(int cases) {
  std::string text = R"([mission]
name = "sweep"
[model]
equation = "time_fractional_diffusion"
kappa = 0.05
history = "direct"
[domain]
extent = [24, 16]
[initial]
profile = "gaussian"
width = 0.2
[time]
dt = 0.01
steps = 300
[sweep]
alpha = [)";
  for (int i = 1; i <= cases; ++i) text += (i == 1 ? "" : ", ") + std::to_string(i) + "e-2";
  return text + "]\n";
}

std::map<std::string, Names> sources_by_key(const MissionReport& report) {
  std::map<std::string, Names> sources;
  for (const CaseReport& one : report.cases) {
    for (const ArtifactUse& use : one.artifacts) sources[use.key].push_back(use.source);
  }
  return sources;
}

TEST(MissionPrefetch, WhatLaterCasesNeedIsThereWhileTheFirstRuns) {
  MissionFolder folder;
  std::vector<Key> keys;
  for (const CaseReport& one : folder.run(sweep(6), "out", {.dry_run = true}).cases) {
    for (const ArtifactUse& use : one.artifacts) keys.push_back(*Key::parse(use.key));
  }
  const auto missing = [&] {
    return std::ranges::count_if(keys, [&](const Key& key) { return !folder.engine().cache().peek(key); });
  };
  std::ptrdiff_t left = -1;
  folder.run(sweep(6), "out", {.progress = [&](const MissionProgress& at) {
    if (left >= 0 || at.case_index != 0 || at.fraction == 0) return;
    // The first case waits here for the others' tables: in vain, if nobody asked for them.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while ((left = missing()) > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }});
  EXPECT_EQ(left, 0);
}

TEST(MissionPrefetch, ReportsSayComputedOnceThenDiskOnceWhateverTheNumberOfJobs) {
  for (const int jobs : {1, 4}) {
    MissionFolder folder;
    const auto first = sources_by_key(folder.run(sweep(8), "out", {.jobs = jobs}));
    EXPECT_EQ(first.size(), 10U);  // eight kernels, two plans
    for (const auto& [key, sources] : first) EXPECT_EQ(std::ranges::count(sources, "computed"), 1) << key;
    folder.set_costs(std::chrono::hours(1));
    folder.restart();
    const MissionReport again = folder.run(sweep(8), "out", {.jobs = jobs});
    for (const auto& [key, sources] : sources_by_key(again)) {
      EXPECT_EQ(std::ranges::count(sources, "computed"), 0) << key;
      EXPECT_EQ(std::ranges::count(sources, "disk"), 1) << key;
      EXPECT_EQ(std::ranges::count(sources, "memory"), std::ranges::ssize(sources) - 1) << key;
    }
    EXPECT_GT(again.seconds_saved, 9 * 3600);  // each of the ten once
    EXPECT_LT(again.seconds_saved, 10 * 3600);
  }
}

TEST(MissionPrefetch, ResultsAreTheSameBytesWithOneJobAndMany) {
  MissionFolder folder;
  folder.run(sweep(6), "one");
  folder.restart();
  folder.run(sweep(6), "many", {.jobs = 6});
  for (const char* name : {"alpha=0.01.h5", "alpha=0.04.h5", "alpha=0.06.h5"}) {
    ASSERT_FALSE(bytes_of(folder / "one" / name).empty());
    EXPECT_EQ(bytes_of(folder / "one" / name), bytes_of(folder / "many" / name)) << name;
  }
}

// Of two cases: what the second one's blocks are planned with is measured before the first one computes.
TEST(MissionPrefetch, PlansOfBlocksThatAreAskedForByNameAreThereBeforeAnyCaseComputes) {
  MissionFolder folder;
  std::size_t at_first_step = 0, at_end = 0;
  const auto plans = [&folder] {
    std::size_t count = 0;
    folder.engine().disk()->for_each([&](const cache::EntryInfo& info) { return count += info.key.kind() == "fft_wisdom", true; }).ok();
    return count;
  };
  const MissionReport report = folder.run(
      "[model]\nequation = \"relaxation\"\nalpha = 0.5\nhistory = \"fft_blocks\"\n[fft]\nrigor = \"measure\"\n[time]\ndt = 1e-3\n[sweep]\nsteps = [3000, 9000]\n",
      "out", {.progress = [&](const MissionProgress& at) {
        if (at_first_step == 0 && at.fraction > 0) at_first_step = plans();
      }});
  at_end = plans();
  ASSERT_FALSE(report.failed()) << report.cases.front().error;
  EXPECT_GE(at_end, 2u);  // 3000 steps have one level of blocks, 9000 two
  EXPECT_EQ(at_first_step, at_end);
}

TEST(MissionPrefetch, ADryRunAsksForNothing) {
  MissionFolder folder;
  folder.run(sweep(3), "out", {.dry_run = true});
  EXPECT_TRUE(folder.engine().stats().kinds.empty());
}

// Another engine over the same cache stands for another process: it holds the lease of a plan and takes its time.
TEST(MissionPrefetch, ACaseThatWaitsForAnotherProcessWhenItIsStoppedIsInterruptedAndNotFailed) {
  MissionFolder folder;
  const MissionReport planned = folder.run(sweep(2), "out", {.dry_run = true});
  const auto plan_use = std::ranges::find(planned.cases[0].artifacts, "fft_wisdom", &ArtifactUse::kind);
  ASSERT_NE(plan_use, planned.cases[0].artifacts.end());
  std::atomic<bool> is_made = false, may_end = false;
  Config config;
  config.cache_dir = folder / "cache";
  config.defaults.admission = cache::Admission::aggressive;
  Engine other(config);
  std::jthread holder([&] {
    other.get({.key = *Key::parse(plan_use->key), .make = [&](const Artifact*) {
                 is_made = true;
                 is_made.notify_all();
                 may_end.wait(false);
                 return Artifact();
               }, .estimate = std::chrono::seconds(10)});
  });
  is_made.wait(false);
  folder.engine().fractional_kernel({.alpha = 0.01, .n = 301});  // so that the first case comes as far as the plan
  folder.engine().set_give_up([] { return true; });
  const MissionReport report = folder.run(sweep(2));
  may_end = true;
  may_end.notify_all();
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(report.failed());
  EXPECT_EQ(report.cases[0].status, CaseStatus::interrupted) << report.cases[0].error;
  EXPECT_EQ(report.cases[1].status, CaseStatus::not_begun);
}

}  // namespace
}  // namespace almanac
