// `almanac run`, driven as a person would: results, repeats, Ctrl-C, bad input.

#include "program.hpp"
#include "temporary_folder.hpp"

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Outcome;

std::string contents(const fs::path& file) {
  std::stringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class RunCommand : public ::testing::Test {
 protected:
  std::vector<std::string> words(std::vector<std::string> more) {
    more.insert(more.begin(), {ALMANAC_PROGRAM, "run"});
    return more;
  }
  std::vector<std::pair<std::string, std::string>> surroundings() {
    // What small missions need is made too soon to be worth a file.
    return {{"ALMANAC_DIR", folder_ / "cache"}, {"HOME", folder_.path()}, {"ALMANAC_ADMISSION", "aggressive"}};
  }
  Outcome run(std::vector<std::string> more) { return testing::run_program(words(std::move(more)), surroundings()); }

  /// A small mission of `cases` cases and `steps` steps.
  std::string mission(int cases, int steps, const std::string& extra = "") {
    const fs::path file = folder_ / "mission.toml";
    std::ofstream stream(file);
    stream << "[mission]\nname = \"drop\"\n"
              "[model]\nequation = \"time_fractional_diffusion\"\nkappa = 0.1\nspace = \"spectral\"\n"
              "[domain]\nextent = [48, 48]\nlength = [1.0, 1.0]\nboundary = \"dirichlet\"\n"
              "[initial]\nprofile = \"gaussian\"\nwidth = 0.1\n[time]\ndt = 1e-3\nsteps = "
           << steps << "\n[output]\nevery = " << steps << "\n"
           << extra << "[sweep]\nalpha = [";
    for (int i = 0; i < cases; ++i) stream << (i == 0 ? "" : ", ") << 0.5 + i * 0.001;
    stream << "]\n";
    return file;
  }

  /// Entries on disk.
  std::size_t entries() {
    std::error_code ignored;
    std::size_t count = 0;
    for (fs::recursive_directory_iterator at(folder_ / "cache" / "objects", ignored), end; at != end; at.increment(ignored)) {
      count += at->path().extension() == ".h5" ? 1U : 0U;
    }
    return count;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(RunCommand, WritesResultsAndSaysWhereEverythingCameFrom) {
  const std::string file = mission(2, 20);
  const Outcome first = run({file, "--output", folder_ / "a", "--json"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const json report = json::parse(first.out);
  ASSERT_EQ(report["cases"].size(), 2U);
  EXPECT_EQ(report["cases"][0]["status"], "done");
  EXPECT_EQ(report["cases"][0]["findings"].get<std::string>().find("history_used=direct, history_bound="), 0U) << report;
  for (const json& artifact : report["cases"][0]["artifacts"]) EXPECT_NE(artifact["source"], "disk");
  for (const json& one : report["cases"]) {
    for (const json& path : one["files"]) EXPECT_TRUE(fs::exists(path.get<std::string>())) << path;
  }
  EXPECT_TRUE(fs::exists(folder_ / "a" / "summary.json"));

  const Outcome second = run({file, "--output", folder_ / "b"});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_NE(second.out.find("fractional_kernel disk"), std::string::npos) << second.out;
  EXPECT_NE(second.out.find("direct ±"), std::string::npos) << second.out;
  EXPECT_EQ(second.out.find("computed"), std::string::npos) << second.out;
  EXPECT_EQ(contents(folder_ / "a" / "alpha=0.5.h5"), contents(folder_ / "b" / "alpha=0.5.h5"));
  EXPECT_GT(contents(folder_ / "a" / "alpha=0.5.h5").size(), 48U * 48U * 8U);
}

TEST_F(RunCommand, WithoutACacheEstimatedRunsGiveTheSameBits) {
  const std::string file = mission(1, 20, "[fft]\nrigor = \"estimate\"\n");
  ASSERT_EQ(run({file, "--output", folder_ / "a", "--no-cache"}).exit_code, 0);
  ASSERT_EQ(run({file, "--output", folder_ / "b", "--no-cache"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
  EXPECT_EQ(contents(folder_ / "a" / "alpha=0.5.h5"), contents(folder_ / "b" / "alpha=0.5.h5"));
}

TEST_F(RunCommand, ADryRunWritesNothing) {
  const Outcome outcome = run({mission(3, 20), "--output", folder_ / "a", "--dry-run", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["cases"].size(), 3U);
  EXPECT_FALSE(fs::exists(folder_ / "a"));
}

TEST_F(RunCommand, CtrlCLeavesFinishedCasesCompleteAndNothingHalfWritten) {
  // Many cases of some milliseconds: when the first result is there, most are still to come.
  testing::RunningProgram program(words({mission(400, 400), "--output", folder_ / "a", "--quiet"}), surroundings());
  while (!fs::exists(folder_ / "a" / "alpha=0.5.h5") && !program.has_ended()) std::this_thread::yield();
  program.signal(SIGINT);
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  std::size_t results = 0;
  for (const auto& file : fs::directory_iterator(folder_ / "a")) {
    const std::string name = file.path().filename();
    EXPECT_FALSE(name.starts_with(".") || name.find("tmp") != std::string::npos) << name;
    if (file.path().extension() != ".h5") continue;
    ++results;
    EXPECT_EQ(fs::file_size(file), fs::file_size(folder_ / "a" / "alpha=0.5.h5")) << name;
  }
  EXPECT_GE(results, 1U);
  EXPECT_LT(results, 400U);
}

TEST_F(RunCommand, WhatIsWrittenBackIsThereWhenTheRunHasEndedOrWasEnded) {
  const std::string file = mission(2, 20, "[cache]\ntags = [\"drop\"]\n"), settings = folder_ / "back.toml";
  ASSERT_EQ(run({file, "--output", folder_ / "a"}).exit_code, 0);
  const std::size_t all = entries();
  EXPECT_GT(all, 0U);
  fs::remove_all(folder_ / "cache");
  std::ofstream(settings) << "write = \"write_back\"\n";
  ASSERT_EQ(run({"--config", settings, file, "--output", folder_ / "b"}).exit_code, 0);
  EXPECT_EQ(entries(), all);
  EXPECT_FALSE(fs::is_empty(folder_ / "cache" / "tags" / "drop"));
  fs::remove_all(folder_ / "cache");
  testing::RunningProgram program(words({"--config", settings, mission(400, 400), "--output", folder_ / "c", "--quiet"}), surroundings());
  while (!fs::exists(folder_ / "c" / "alpha=0.5.h5") && !program.has_ended()) std::this_thread::yield();
  program.signal(SIGTERM);
  EXPECT_EQ(program.finish().exit_code, 130);
  EXPECT_GE(entries(), 1U);
}

// This process holds the lease of a plan, as another that measures it would.
TEST_F(RunCommand, CtrlCEndsTheWaitForAnotherProcess) {
  const std::string file = mission(1, 20);
  std::string plan;
  const json planned = json::parse(run({file, "--dry-run", "--json"}).out);
  for (const json& artifact : planned["cases"][0]["artifacts"]) {
    if (artifact["kind"] == "fft_wisdom") plan = artifact["key"];
  }
  std::vector<std::unique_ptr<cache::Tier>> tiers;
  tiers.push_back(std::make_unique<cache::DiskTier>(cache::DiskOptions{.root = folder_ / "cache"}));
  cache::Cache holder(std::move(tiers), {.lease_folder = folder_ / "cache" / "leases"});
  std::atomic<bool> is_held = false, may_end = false;
  std::jthread thread([&] {
    holder.get_or_compute({.key = *cache::Key::parse(plan), .make = [&](const cache::Artifact*) {
                             is_held = true;
                             is_held.notify_all();
                             may_end.wait(false);
                             return cache::Artifact();
                           }});
  });
  is_held.wait(false);
  testing::RunningProgram program(words({file, "--output", folder_ / "a", "--quiet"}), surroundings());
  // It makes what nobody holds, here the other plan, before it waits.
  while (entries() == 0 && !program.has_ended()) std::this_thread::yield();
  EXPECT_FALSE(program.has_ended());
  program.signal(SIGINT);
  EXPECT_EQ(program.finish().exit_code, 130);  // in ten minutes otherwise
  may_end = true;
  may_end.notify_all();
}

TEST_F(RunCommand, NamesTheResultsOfAnEarlierRunBesideACaseThatFailed) {
  const auto relax = [&](const std::string& lambda) {
    std::ofstream(folder_ / "relax.toml") << "[model]\nequation = \"relaxation\"\nalpha = 0.5\nscheme = \"grunwald\"\nlambda = " << lambda
                                          << "\n[time]\ndt = 0.0001\nsteps = 2000\n";
    return run({folder_ / "relax.toml", "--output", folder_ / "out", "--quiet"});
  };
  const Outcome good = relax("1");
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(good.out.find("earlier"), std::string::npos) << good.out;
  const Outcome stopped = relax("-100");  // grows beyond the largest double
  EXPECT_EQ(stopped.exit_code, 1) << stopped.err;
  EXPECT_NE(stopped.out.find("is in relax.incomplete.h5; relax.h5 is of an earlier run"), std::string::npos) << stopped.out;
  const json report = json::parse(run({folder_ / "relax.toml", "--output", folder_ / "out", "--json"}).out);
  EXPECT_EQ(report["cases"][0]["earlier_files"].size(), 3U) << report;
}

TEST_F(RunCommand, BadInputIsOneClearMessage) {
  const auto expect = [&](const std::vector<std::string>& more, int code, std::initializer_list<const char*> parts) {
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    for (const char* part : parts) EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err << " lacks " << part;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  };
  expect({folder_ / "none.toml"}, 2, {"none.toml"});
  expect({mission(1, 20, "[outptu]\n")}, 2, {"mission.toml:", "outptu"});
  expect({mission(1, 20, "[fft]\nrigor = \"lazy\"\n")}, 2, {"mission.toml:", "rigor", "lazy", "measure"});
  expect({mission(1, 0)}, 2, {"mission.toml:", "steps", "0"});
  std::ofstream(folder_ / "file") << "in the way";
  expect({mission(1, 20), "--output", folder_ / "file"}, 3, {(folder_ / "file").c_str()});
  expect({mission(1, 20), "--output", folder_ / "file" / "below"}, 3, {(folder_ / "file").c_str()});
  EXPECT_EQ(run({mission(1, 20), "--jobs", "0"}).exit_code, 2);
}

}  // namespace
}  // namespace almanac
