// What a mission asks for before its cases do, and what its reports say of it.
#include "mission/prefetch.hpp"
#include "mission_run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

namespace almanac {
namespace {

using mission::ArtifactLedger;
using mission::MissionPlan;
using mission::Prefetch;
using testing::bytes_of;
using testing::MissionFolder;

/// A case that needs what it is told to, and is never run.
class NeedingCase final : public models::Case {
 public:
  explicit NeedingCase(std::vector<cache::Request> needs) : needs_(std::move(needs)) {}
  std::int64_t steps() const noexcept override { return 1; }
  output::Facts parameters() const override { return {}; }
  std::vector<cache::Request> needs() const override { return needs_; }
  double bytes(int) const noexcept override { return 0; }
  output::Series run(models::CaseContext&) const override { throw std::logic_error("not to be run"); }
  output::Image picture(const output::Series&, const std::string&, const std::string&) const override { return {}; }
  output::Image panel(const output::Series&) const override { return {}; }

 private:
  std::vector<cache::Request> needs_;
};

class PrefetchTest : public ::testing::Test {
 protected:
  /// A table of so many bytes whose making is written down; `cost` decides whether it is worth storing.
  cache::Request table(const std::string& name, std::int64_t coverage = 0, std::size_t bytes = 8) {
    return {.key = Key("probe", 1, {{"name", name}}),
            .coverage = coverage,
            .make =
                [this, name, coverage, bytes](const Artifact*) {
                  made_.push_back(name);
                  Attributes attributes;
                  if (coverage > 0) attributes["coverage"] = coverage;
                  return Artifact({Array::of("v", {static_cast<std::int64_t>(bytes)}, std::vector<std::uint8_t>(bytes))}, attributes);
                },
            .estimate = std::chrono::seconds(1)};
  }
  cache::Request measured(const std::string& name) {
    cache::Request request = table(name);
    request.host_binding = "this processor";
    return request;
  }
  cache::Request failing(const std::string& name) {
    cache::Request request = table(name);
    request.make = [this, name](const Artifact*) -> Artifact {
      made_.push_back(name);
      throw std::runtime_error("no such luck");
    };
    return request;
  }
  MissionPlan plan(std::vector<std::vector<cache::Request>> needs) {
    MissionPlan plan{};
    for (auto& one : needs) plan.cases.push_back({"case", std::make_unique<NeedingCase>(std::move(one))});
    return plan;
  }
  std::vector<std::string> made() { return std::exchange(made_, {}); }
  static bool never() { return false; }

  MissionFolder folder_;
  std::vector<std::string> made_;
};

using Names = std::vector<std::string>;

TEST_F(PrefetchTest, AsksForEachKeyOnceInItsGreatestLengthInTheOrderOfFirstUse) {
  const MissionPlan mission = plan({{table("a")}, {table("b", 10), table("c")}, {table("b", 30), table("a")}, {table("b", 20)}});
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  prefetch.make_ready(never);
  prefetch.fetch_rest(never);
  EXPECT_EQ(made(), (Names{"a", "b", "c"}));
  const auto known = folder_.engine().cache().peek(table("b").key);
  ASSERT_TRUE(known);
  EXPECT_EQ(cache::coverage_of(known->attributes), 30);
}

TEST_F(PrefetchTest, WhatIsMeasuredComesBeforeAnyCaseComputesAndTheTablesOfLaterCasesDoNot) {
  const MissionPlan mission = plan({{table("a"), measured("p")}, {table("b"), measured("q")}, {table("c"), measured("p")}});
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  prefetch.make_ready(never);
  EXPECT_EQ(made(), (Names{"p", "q", "a"}));
  prefetch.fetch_rest(never);
  EXPECT_EQ(made(), (Names{"b", "c"}));
}

TEST_F(PrefetchTest, WhatWasMeasuredBeforeIsNotWaitedFor) {
  folder_.engine().get(measured("q"));
  folder_.restart();
  made();
  const MissionPlan mission = plan({{table("a")}, {measured("q")}});
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  prefetch.make_ready(never);
  EXPECT_EQ(made(), (Names{"a"}));
  EXPECT_EQ(folder_.engine().stats().tiers.at("disk").hits, 0U);
  prefetch.fetch_rest(never);
  EXPECT_EQ(folder_.engine().stats().tiers.at("disk").hits, 1U);
}

TEST_F(PrefetchTest, RecomputingMakesEverythingAnewOnce) {
  folder_.engine().get(table("a"));
  made();
  const MissionPlan mission = plan({{table("a"), measured("p")}, {table("b"), table("a")}});
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  prefetch.recompute(never);
  EXPECT_EQ(made(), (Names{"a", "p", "b"}));
  prefetch.make_ready(never);
  prefetch.fetch_rest(never);
  EXPECT_TRUE(made().empty());
}

TEST_F(PrefetchTest, TheSecondsOfEachAreItsOwn) {
  using Clock = std::chrono::steady_clock;
  const auto slow = [this](const std::string& name) {
    cache::Request request = table(name);
    request.make = [make = request.make](const Artifact* prior) {
      for (const auto end = Clock::now() + std::chrono::milliseconds(5); Clock::now() < end;) {}
      return make(prior);
    };
    return request;
  };
  const MissionPlan mission = plan({{slow("a"), slow("b"), slow("c"), slow("d")}});
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  const auto start = Clock::now();
  prefetch.make_ready(never);
  const double all = std::chrono::duration<double>(Clock::now() - start).count();
  CaseReport report;
  for (const char* name : {"a", "b", "c", "d"}) ledger.enter(report, provenance_of(folder_.engine().get(table(name))));
  ledger.settle();
  double sum = 0;
  for (const ArtifactUse& use : report.artifacts) {
    EXPECT_EQ(use.source, "computed");
    sum += use.seconds;
  }
  EXPECT_LE(sum, all);
}

TEST_F(PrefetchTest, AFailingNeedIsSilentAndTheOthersGoOn) {
  const MissionPlan mission = plan({{table("a")}, {failing("x")}, {table("b")}});
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  prefetch.make_ready(never);
  prefetch.fetch_rest(never);
  EXPECT_EQ(made(), (Names{"a", "x", "b"}));
  EXPECT_TRUE(folder_.warnings.empty());
}

TEST_F(PrefetchTest, StopsBeforeTheNextArtifact) {
  const MissionPlan mission = plan({{table("a"), table("b"), table("c")}});
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  prefetch.make_ready([this] { return made_.size() >= 2; });
  EXPECT_EQ(made(), (Names{"a", "b"}));
}

TEST_F(PrefetchTest, AsksForNothingWhereNothingWouldBeKept) {
  Config disabled;
  disabled.enabled = false;
  Config without_tiers;
  without_tiers.disk = false;
  without_tiers.max_memory = 0;
  for (const Config& config : {disabled, without_tiers}) {
    folder_.restart(config);
    const MissionPlan mission = plan({{table("a"), measured("p")}, {table("b")}});
    ArtifactLedger ledger(folder_.engine(), {});
    Prefetch prefetch(mission, folder_.engine(), ledger);
    prefetch.recompute(never);
    prefetch.make_ready(never);
    prefetch.fetch_rest(never);
    EXPECT_TRUE(made().empty());
  }
}

TEST_F(PrefetchTest, WithoutADiskItGoesNoFartherAheadThanHalfOfMemoryHolds) {
  Config small;
  small.disk = false;
  small.max_memory = 64'000'000;
  folder_.restart(small);
  std::vector<std::vector<cache::Request>> needs{{table("first")}};
  for (const char* name : {"a", "b", "c", "d", "e"}) needs.push_back({table(name, 0, 12'000'000)});
  const MissionPlan mission = plan(std::move(needs));
  ArtifactLedger ledger(folder_.engine(), {});
  Prefetch prefetch(mission, folder_.engine(), ledger);
  prefetch.make_ready(never);
  prefetch.fetch_rest(never);
  EXPECT_EQ(made(), (Names{"first", "a", "b", "c"}));  // 36 MB: more than half
}

// ------------------------------------------------------------------------------------------------ the ledger

Provenance from(const std::string& source, double seconds, double cost, const std::string& key = "table@1{n=1}") {
  const auto of = [](double value) { return std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * value)); };
  return {.source = source, .key = key, .id = "", .elapsed = of(seconds), .cost = of(cost), .producer = ""};
}

class LedgerTest : public ::testing::Test {
 protected:
  /// What each case says after settle(): one case a provenance, all of one key.
  Names sources(const std::vector<Provenance>& ahead, const std::vector<Provenance>& uses) {
    ArtifactLedger ledger(folder_.engine(), {});
    cases_.assign(uses.size(), {});
    for (const Provenance& one : ahead) ledger.note_ahead(one);
    for (std::size_t i = 0; i < uses.size(); ++i) ledger.enter(cases_[i], uses[i]);
    ledger.settle();
    Names names;
    for (const CaseReport& one : cases_) names.push_back(one.artifacts.at(0).source);
    return names;
  }

  MissionFolder folder_;
  std::vector<CaseReport> cases_;
};

TEST_F(LedgerTest, WhatWasComputedAheadIsComputedForTheFirstWhoUsesIt) {
  EXPECT_EQ(sources({from("computed", 2, 1.5)}, {from("joined", 1, 1.5), from("memory", 0, 1.5)}), (Names{"computed", "memory"}));
  EXPECT_EQ(cases_[0].artifacts[0].seconds, 2);
  EXPECT_EQ(cases_[0].artifacts[0].cost, 1.5);
  EXPECT_EQ(cases_[0].seconds_saved, 0);
  EXPECT_EQ(cases_[1].seconds_saved, 0);
}

TEST_F(LedgerTest, WhatWasLoadedAheadIsSavedOnceByTheFirst) {
  EXPECT_EQ(sources({from("disk", 0.25, 3)}, {from("memory", 0, 3), from("memory", 0, 3)}), (Names{"disk", "memory"}));
  EXPECT_EQ(cases_[0].seconds_saved, 2.75);
  EXPECT_EQ(cases_[1].seconds_saved, 0);
}

TEST_F(LedgerTest, WhatTheCaseDidItselfStays) {
  EXPECT_EQ(sources({from("joined", 1, 2)}, {from("computed", 2, 2), from("memory", 0, 2)}), (Names{"computed", "memory"}));
  EXPECT_EQ(sources({from("disk", 1, 2)}, {from("computed", 2, 2), from("memory", 0, 2)}), (Names{"computed", "memory"}));
  EXPECT_EQ(sources({}, {from("disk", 1, 4)}), (Names{"disk"}));
  EXPECT_EQ(cases_[0].seconds_saved, 3);
}

TEST_F(LedgerTest, ALongerTableThatWasComputedBehindAQuickerCaseIsComputedForTheNext) {
  EXPECT_EQ(sources({from("computed", 2, 2)}, {from("computed", 1, 1), from("memory", 0, 2), from("memory", 0, 2)}),
            (Names{"computed", "computed", "memory"}));
}

TEST_F(LedgerTest, WhatWasInMemoryBeforeTheMissionComesFromThere) {
  EXPECT_EQ(sources({from("memory", 0, 2)}, {from("memory", 0, 2)}), (Names{"memory"}));
  EXPECT_EQ(cases_[0].seconds_saved, 2);
}

TEST_F(LedgerTest, OfWhatWasRemadeAndThenLoadedTheMakingIsTold) {
  EXPECT_EQ(sources({from("computed", 2, 2), from("disk", 1, 2)}, {from("disk", 1, 2)}), (Names{"computed"}));
  EXPECT_EQ(cases_[0].seconds_saved, 0);
}

// ------------------------------------------------------------------------------------------------ whole missions

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
