// What is asked for before the cases of a mission do, and how it is entered where it came from.
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

}  // namespace
}  // namespace almanac
