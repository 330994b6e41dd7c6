// What a wrapped program gets from FFTW.

#include "wrapped_programs.hpp"

#include <almanac/engine.hpp>

#include <complex>
#include <map>
#include <set>

namespace almanac::testing {
namespace {

class EveryPrecision : public WrapTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Of, EveryPrecision, ::testing::Values("double", "single", "long_double"),
                         [](const auto& precision) { return std::string(precision.param); });

TEST_P(EveryPrecision, IsMeasuredOnceThroughEveryDoorOfFftw) {
  const Words words{program(std::string("planning_") + GetParam()), "all", "measure"};
  const Wrapped first = wrap(words);
  ASSERT_EQ(first.outcome.exit_code, 0) << first.outcome.err;
  EXPECT_GT(first["measured"], 30U) << first.report;
  EXPECT_EQ(first["measured"], first["kept"]) << first.report;
  EXPECT_EQ(first["measured"], entries().size());
  EXPECT_EQ(first["passed_on"], 1U) << "the transform of a single point";
  EXPECT_EQ(first["planned"], lines(first.outcome.out).size());

  const Wrapped second = wrap(words);
  EXPECT_EQ(second["measured"], 0U) << second.report;
  EXPECT_EQ(second["cached"], first["measured"] + first["cached"]) << second.report;
  EXPECT_EQ(second.outcome.out, first.outcome.out) << "the bits of the plans first measured";
  EXPECT_GT(second.report.at("seconds_saved").get<double>(), 0);
  EXPECT_EQ(wrap(words).outcome.out, second.outcome.out);

  // None of it is in the way of estimates, which stay those of the program alone.
  const Wrapped estimated = wrap({words[0], "all", "estimate"});
  EXPECT_EQ(estimated.outcome.out, alone({words[0], "all", "estimate"}).out);
  EXPECT_EQ(estimated["estimated"], estimated["planned"]) << estimated.report;
}

TEST_F(WrapTest, ProgramsAndTheEngineShareBundles) {
  const Wrapped wrapped = wrap({program("planning_double"), "engine"});
  ASSERT_EQ(wrapped["kept"], 1U) << wrapped.report;

  Config config;
  config.cache_dir = folder_ / "cache";
  Engine engine(config);
  const auto plan = engine.fft_plan<double>({.extent = {24, 30}});
  EXPECT_EQ(plan.provenance().source, "disk") << plan.provenance().key;
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(WrapTest, UpgradedEstimatesAreMeasuredAndTouchNoArrays) {
  const Words words{program("planning_double"), "keep"};
  const Wrapped first = wrap(words, {"--upgrade"});
  EXPECT_EQ(first["measured"], 1U) << first.report;
  EXPECT_GT(first["searches"], 1U) << first.report;
  EXPECT_EQ(lines(first.outcome.out).front(), "untouched");
  const Wrapped second = wrap(words, {"--upgrade"});
  EXPECT_EQ(second["cached"], 1U) << second.report;
  EXPECT_EQ(second.outcome.out, first.outcome.out);
  EXPECT_EQ(lines(wrap({program("planning_double"), "all", "estimate"}, {"--upgrade"}).outcome.out).size(),
            lines(alone({program("planning_double"), "all", "estimate"}).out).size());
  EXPECT_EQ(report().at("measured"), report().at("kept")) << report();
}

TEST_F(WrapTest, UpgradedEstimatesAreThePlansThatMeasuringCallersGet) {
  const Wrapped measured = wrap({program("planning_double"), "one", "1", "measure"});
  EXPECT_EQ(measured["searches"], 1U) << measured.report;   // on arrays that somebody waits with
  const Wrapped upgraded = wrap({program("planning_double"), "one", "1", "estimate"}, {"--upgrade"});
  EXPECT_EQ(upgraded["cached"], 1U) << upgraded.report;
  EXPECT_EQ(upgraded.outcome.out, measured.outcome.out);
  const Wrapped patient = wrap({program("planning_double"), "one", "1", "estimate"}, {"--upgrade", "--rigor", "patient"});
  EXPECT_EQ(patient["measured"], 1U) << patient.report;
}

TEST_F(WrapTest, UpgradedEstimatesAreOfTheLongestSearchThatIsStored) {
  const auto plan = [this](const char* count, const char* rigor, const Words& options) {
    return wrap({program("planning_double"), "one", count, rigor}, options);
  };
  plan("1", "measure", {});
  const std::string patient = lines(plan("1", "patient", {}).outcome.out).front();
  const Wrapped upgraded = plan("2", "estimate", {"--upgrade"});
  EXPECT_EQ(upgraded["cached"], 2U) << upgraded.report;
  EXPECT_EQ(upgraded.outcome.out, patient + '\n' + patient + '\n');
  const std::string exhaustive = lines(plan("1", "exhaustive", {}).outcome.out).front();
  for (const Words& options : {Words{"--upgrade"}, Words{"--upgrade", "--rigor", "patient"}}) {
    const Wrapped best = plan("1", "estimate", options);
    EXPECT_EQ(best["cached"], 1U) << best.report;
    EXPECT_EQ(best.outcome.out, exhaustive + '\n');
  }
  EXPECT_EQ(entries().size(), 3U);
}

/// What a comparison of two searches leaves behind: entries for adaptive requests, with the bundles of one of them.
void say_that_is_faster(const std::filesystem::path& cache, const std::string& rigor, std::int64_t coverage) {
  Config config;
  config.cache_dir = cache;
  Engine engine(config);
  std::vector<cache::Key> keys;
  ASSERT_TRUE(engine.disk()->for_each([&](const cache::EntryInfo& entry) {
    if (entry.key.text().find(";rigor=" + rigor + ';') != std::string::npos) keys.push_back(entry.key);
    return true;
  }));
  ASSERT_FALSE(keys.empty());
  for (const cache::Key& key : keys) {
    const cache::Artifact bundle = engine.cache().find(key).entry->artifact;
    std::string text = key.text();
    text.replace(text.find(";rigor=" + rigor), 7 + rigor.size(), ";rigor=adaptive");
    engine.get(cache::Request{.key = *cache::Key::parse(text),
                              .make = [&](const cache::Artifact*) {
                                return cache::Artifact({bundle.arrays().begin(), bundle.arrays().end()},
                                                       {{std::string(cache::kCoverage), coverage}, {"rigor", rigor}});
                              },
                              .recompute = true,
                              .keep = true});
  }
}

TEST_F(WrapTest, UpgradedEstimatesAreOfTheFasterSearchWhereBothWereCompared) {
  const auto plans = [this](const char* rigor, const Words& options = {}) {
    return wrap({program("planning_double"), "all", rigor}, options).outcome.out;
  };
  const std::string measured = plans("measure"), patient = plans("patient");
  ASSERT_NE(measured, patient) << "of forty problems one";
  say_that_is_faster(folder_ / "cache", "measure", 1);
  EXPECT_EQ(plans("estimate", {"--upgrade"}), patient) << "compared with nothing yet";
  say_that_is_faster(folder_ / "cache", "measure", 2);
  EXPECT_EQ(plans("estimate", {"--upgrade"}), measured);
  EXPECT_EQ(plans("estimate", {"--upgrade", "--rigor", "patient"}), measured);
  say_that_is_faster(folder_ / "cache", "patient", 2);
  EXPECT_EQ(plans("estimate", {"--upgrade"}), patient);
  EXPECT_EQ(report().at("measured"), 0U) << report();
  say_that_is_faster(folder_ / "cache", "measure", 2);
  EXPECT_EQ(plans("patient"), patient) << "who asks for a search gets that one's";
  EXPECT_EQ(plans("measure"), measured);
}

TEST_F(WrapTest, PlansOfARigorAreNotThoseOfAnother) {
  wrap({program("planning_double"), "one", "1", "measure"});
  EXPECT_EQ(wrap({program("planning_double"), "one", "2", "patient"})["measured"], 1U);
  EXPECT_EQ(wrap({program("planning_double"), "one", "2", "patient"})["cached"], 2U);
}

TEST_F(WrapTest, BetweenCallsThePlannerHoldsNothingOfOurs) {
  const Words words{program("planning_double"), "records", ALMANAC_FFTW_LIBRARY};
  EXPECT_NE(value(alone(words).out, "records"), "0");
  for (const char* run : {"measured", "cached"}) {
    const Wrapped wrapped = wrap(words);
    EXPECT_EQ(wrapped[run], 1U) << wrapped.report;
    EXPECT_EQ(value(wrapped.outcome.out, "records"), "0") << run;
  }
}

TEST_F(WrapTest, WhatAProgramExportsHoldsWhatItPlanned) {
  for (const char* run : {"measured", "cached"}) {
    const Wrapped wrapped = wrap({program("planning_double"), "export"});
    EXPECT_EQ(wrapped[run], 1U) << wrapped.report;
    ASSERT_EQ(lines(wrapped.outcome.out).front(), "imported");
    EXPECT_NE(value(wrapped.outcome.out, "of its wisdom"), "none") << run;
  }
}

TEST_F(WrapTest, TheProgramsOwnWisdomIsItsChoice) {
  const std::string file = (folder_ / "wisdom").string();
  alone({program("planning_double"), "write", file});
  wrap({program("planning_double"), "one", "1", "measure"});  // perhaps another plan
  const Wrapped wrapped = wrap({program("planning_double"), "own", file});
  EXPECT_EQ(wrapped["own_wisdom"], 2U) << wrapped.report;
  EXPECT_EQ(wrapped["measured"], 1U) << "what its wisdom does not hold";
  const Outcome by_itself = alone({program("planning_double"), "own", file});
  EXPECT_EQ(value(wrapped.outcome.out, "own"), value(by_itself.out, "own"));
  EXPECT_EQ(value(wrapped.outcome.out, "own again"), value(by_itself.out, "own"));
}

TEST_F(WrapTest, WhatAProgramMeasuredServesItsEstimates) {
  const Wrapped wrapped = wrap({program("planning_double"), "idiom"});
  EXPECT_EQ(value(wrapped.outcome.out, "measured"), value(wrapped.outcome.out, "estimated"));
  EXPECT_EQ(wrapped["measured"], 1U) << wrapped.report;
}

TEST_F(WrapTest, AskingForWisdomOnlyMeasuresNothing) {
  const Words words{program("planning_double"), "wisdom-only"};
  EXPECT_EQ(value(wrap(words).outcome.out, "wisdom only"), "none");
  EXPECT_TRUE(entries().empty());
  wrap({program("planning_double"), "one", "1", "measure"});
  EXPECT_NE(value(wrap(words).outcome.out, "wisdom only"), "none");
}

TEST_F(WrapTest, SearchesThatTheProgramLimitsAreNotKept) {
  const Wrapped wrapped = wrap({program("planning_double"), "limit"});
  EXPECT_EQ(wrapped["passed_on"], 1U) << wrapped.report;
  EXPECT_TRUE(entries().empty());
  EXPECT_NE(wrapped.outcome.err.find("limits the planner's time"), std::string::npos) << wrapped.outcome.err;
}

TEST_F(WrapTest, WhatKeysHaveNoWordForIsPassedOn) {
  const Wrapped wrapped = wrap({program("planning_double"), "hartley"});
  EXPECT_EQ(wrapped["passed_on"], 1U) << wrapped.report;
  EXPECT_NE(value(wrapped.outcome.out, "hartley"), "none");
  EXPECT_TRUE(entries().empty());
}

TEST_F(WrapTest, AProgramThatCleansUpAndTakesThreadsPlansOn) {
  const Words words{program("planning_double"), "forget"};
  const Wrapped first = wrap(words);
  EXPECT_EQ(first["measured"], 2U) << "once for each set of solvers: " << first.report;
  const Wrapped second = wrap(words);
  EXPECT_EQ(second["cached"], 3U) << second.report;
  EXPECT_EQ(second.outcome.out, first.outcome.out);
}

TEST_F(WrapTest, CopiesLoadedOutOfSightAreServed) {
  const Words words{program("loading_program"), ALMANAC_FFTW_LIBRARY};
  EXPECT_EQ(wrap(words)["measured"], 1U);
  EXPECT_EQ(wrap(words)["cached"], 2U) << report();
}

TEST_F(WrapTest, ThreadsPlanAtTheSameTime) {
  const Words words{program("planning_double"), "threads"};
  const Wrapped first = wrap(words);
  EXPECT_EQ(first["measured"], entries().size()) << first.report;
  EXPECT_EQ(first.outcome.out, "++++++\n++++++\n++++++\n++++++\n");
  const Wrapped second = wrap(words);
  EXPECT_EQ(second["measured"], 0U) << second.report;
  EXPECT_EQ(second["planned"], 24U);
}

TEST_F(WrapTest, ForkedProcessesPlanOn) {
  const Words words{program("planning_double"), "fork"};
  const Wrapped first = wrap(words);
  EXPECT_EQ(first.outcome.exit_code, 0);
  EXPECT_EQ(first["measured"], 2U) << first.report;
  EXPECT_EQ(value(first.outcome.out, "before"), value(first.outcome.out, "child"));
  EXPECT_EQ(value(first.outcome.out, "child new"), value(first.outcome.out, "after"));
  EXPECT_EQ(wrap(words)["cached"], 4U) << report();
}

TEST_F(WrapTest, SixteenRunsAtOnceMeasureEachProblemOnce) {
  std::vector<std::unique_ptr<RunningProgram>> runs;
  for (int i = 0; i < 16; ++i) {
    const auto words = wrapping({program("planning_double"), "some", std::to_string(i)}, {}, "report" + std::to_string(i));
    runs.push_back(std::make_unique<RunningProgram>(typed(words), surroundings()));
  }
  std::map<std::string, std::set<std::string>> results;
  std::size_t measured = 0;
  for (int i = 0; i < 16; ++i) {
    const Outcome outcome = runs[static_cast<std::size_t>(i)]->finish();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    measured += report("report" + std::to_string(i)).at("measured").get<std::size_t>();
    for (const std::string& line : lines(outcome.out)) results[line.substr(0, line.find(' '))].insert(line);
  }
  EXPECT_EQ(results.size(), 12U);
  EXPECT_EQ(measured, 12U);
  EXPECT_EQ(entries().size(), 12U);
  for (const auto& [problem, bits] : results) EXPECT_EQ(bits.size(), 1U) << problem << ": one plan for all";
}

}  // namespace
}  // namespace almanac::testing
