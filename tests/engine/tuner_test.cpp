// Planning ahead of need: what is made, in which order, and what it is said to take.

#include <almanac/tune.hpp>

#include "foreign_bundle.hpp"
#include "planned_engines.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

namespace almanac {
namespace {

using namespace std::chrono_literals;
using testing::spec_of;
using State = TuneOutcome::State;

class TunerTest : public testing::PlannedEnginesTest {
 protected:
  TuneReport tune(Engine& engine, std::vector<TuneItem> items, TuneOptions options = {}) {
    options.idle = false;
    return almanac::tune(engine, items, options);
  }

  static cache::Key key_of(const FftSpec& spec) { return recipes::fft_wisdom_request<double>(spec).key; }
};

TEST_F(TunerTest, TuningPlansMeasureThenPatientAndStoresBoth) {
  Engine one = engine();
  const TuneReport report = tune(one, {{spec_of({64}, Rigor::patient), "single"}});
  ASSERT_EQ(report.outcomes.size(), 1U);
  EXPECT_EQ(report.outcomes[0].state, TuneOutcome::State::made) << report.outcomes[0].message;
  EXPECT_GT(*report.outcomes[0].measured_ns, 0);
  EXPECT_GT(*report.outcomes[0].patient_ns, 0);
  EXPECT_EQ(entries(one), 2U) << "the patient bundle, and that of adaptive requests";
  Engine later = engine();
  const auto plan = later.fft_plan<float>(spec_of({64}, Rigor::adaptive));
  EXPECT_EQ(plan.provenance().source, "disk");
  EXPECT_EQ(plan.provenance().rigor, report.outcomes[0].rigor);
  EXPECT_EQ(later.fft_plan<float>(spec_of({64}, Rigor::patient)).provenance().source, "disk");
  const TuneReport again = tune(later, {{spec_of({64}, Rigor::patient), "single"}});
  EXPECT_EQ(again.count(TuneOutcome::State::ready), 1U);
}

TEST_F(TunerTest, TuningUsesWhatIsMeasuredAlready) {
  Engine one = engine();
  const auto answer = one.get(recipes::fft_wisdom_request<double>(spec_of({80}, Rigor::measure)));
  const auto patient = one.get(recipes::fft_wisdom_request<double>(spec_of({80}, Rigor::patient)));
  EXPECT_EQ(tune(one, {{spec_of({80}, Rigor::adaptive)}}).count(TuneOutcome::State::made), 1U);
  const cache::Artifact entry = stored(one, spec_of({80}, Rigor::adaptive));
  const auto& used = *entry.attribute<std::string>("rigor") == "patient" ? patient : answer;
  EXPECT_EQ(recipes::bundle_of(entry), recipes::bundle_of(used.entry->artifact));
}

TEST_F(TunerTest, TuningThatIsStoppedKeepsWhatIsFinished) {
  Engine one = engine();
  int asked = 0;
  TuneOptions options;
  options.stop = [&] { return ++asked > 140; };
  std::vector<TuneItem> items;
  for (std::int64_t n = 100; n < 200; ++n) items.push_back({spec_of({n}, Rigor::measure)});
  const TuneReport report = tune(one, items, options);
  EXPECT_TRUE(report.interrupted);
  EXPECT_GT(report.count(TuneOutcome::State::made), 0U);
  EXPECT_GT(report.count(TuneOutcome::State::left), 0U);
  EXPECT_EQ(entries(one), report.count(TuneOutcome::State::made)) << "what is finished is stored";
}

TEST_F(TunerTest, TriesBundlesWhenTheirTurnComes) {
  const FftSpec spec = spec_of({68}, Rigor::measure);
  Engine one = engine();
  testing::put_bundle(*one.disk(), key_of(spec), compute::make_wisdom<double>(spec_of({69}, Rigor::measure)));
  TuneOptions options;
  options.budget = 0ns;
  EXPECT_EQ(tune(one, {{spec}}, options).count(State::made), 0U);
  EXPECT_EQ(entries(one), 1U) << "nothing is tried, or taken away";
  options.budget = {};
  bool may_stop = false;
  options.stop = [&] { return std::exchange(may_stop, true); };
  const TuneReport report = tune(one, {{spec}, {spec_of({70}, Rigor::measure)}}, options);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.count(State::left), 2U);
  EXPECT_EQ(report.outcomes.back().label, "70 c2c rigor=measure");
  EXPECT_EQ(entries(one), 1U);
}

TEST_F(TunerTest, LeavesWhatMayTakeLongerThanThereIsTime) {
  const FftSpec known = spec_of({80}, Rigor::measure);
  Engine one = engine();
  testing::put_bundle(*one.disk(), key_of(known), compute::make_wisdom<double>(known), std::chrono::nanoseconds::max());
  TuneOptions options;
  options.budget = 10h;
  const TuneReport report = tune(one, {{known}, {spec_of({81}, Rigor::adaptive)}}, options);
  EXPECT_EQ(report.outcomes[0].state, State::ready);
  EXPECT_EQ(report.outcomes[1].state, State::left);
}

TEST_F(TunerTest, HoldsAnExhaustiveBundleThatIsThereAgainstWhatAdaptiveRequestsUse) {
  Engine one = engine();
  one.get(recipes::fft_wisdom_request<double>(spec_of({12}, Rigor::exhaustive)));
  const TuneReport report = tune(one, {{spec_of({12}, Rigor::adaptive)}});
  ASSERT_EQ(report.count(State::made), 1U) << report.outcomes[0].message;
  EXPECT_GT(report.outcomes[0].exhaustive_ns.value_or(0), 0);
  EXPECT_GT(report.outcomes[0].patient_ns.value_or(0), 0);
  Engine later = engine();
  const cache::Artifact entry = stored(later, spec_of({12}, Rigor::adaptive));
  EXPECT_EQ(cache::coverage_of(entry.attributes()), recipes::kExhaustiveCoverage);
  EXPECT_EQ(*entry.attribute<std::string>("rigor"), report.outcomes[0].rigor);
  EXPECT_EQ(tune(later, {{spec_of({12}, Rigor::adaptive)}, {spec_of({12}, Rigor::exhaustive)}}).count(State::ready), 2U);
}

TEST_F(TunerTest, HoldsAnExhaustiveBundleThatItMakesAgainstThatToo) {
  Engine one = engine();
  const TuneReport alone = tune(one, {{spec_of({8}, Rigor::exhaustive)}});
  EXPECT_EQ(alone.count(State::made), 1U);
  EXPECT_EQ(entries(one), 1U) << "where nobody tuned for adaptive requests, they use this one as it is";
  const TuneReport both = tune(one, {{spec_of({9}, Rigor::patient)}, {spec_of({9}, Rigor::exhaustive)}});
  EXPECT_EQ(both.count(State::made), 2U);
  EXPECT_FALSE(both.outcomes[0].exhaustive_ns);
  EXPECT_TRUE(both.outcomes[1].exhaustive_ns);
  EXPECT_EQ(cache::coverage_of(stored(one, spec_of({9}, Rigor::adaptive)).attributes()), recipes::kExhaustiveCoverage);
}

TEST_F(TunerTest, MakesAnewWhatFftwDoesNotTake) {
  const FftSpec measured = spec_of({68}, Rigor::measure), patient = spec_of({68}, Rigor::patient), adaptive = spec_of({68}, Rigor::adaptive);
  const std::string other = compute::make_wisdom<double>(spec_of({69}, Rigor::measure));
  Engine one = engine();
  testing::put_bundle(*one.disk(), key_of(measured), other);
  testing::put_bundle(*one.disk(), key_of(patient), other);
  cache::Request bad = recipes::fft_wisdom_request<double>(adaptive);
  bad.make = [&](const cache::Artifact*) { return recipes::bundle_artifact(other, {{"coverage", std::int64_t{2}}, {"rigor", "patient"}}); };
  one.get(bad);

  Engine later = engine();
  const TuneReport report = tune(later, {{patient}, {measured}});
  EXPECT_EQ(report.count(State::made), 2U) << report.outcomes[0].message;
  Engine last = engine();
  for (const FftSpec& spec : {measured, patient, adaptive}) EXPECT_EQ(last.fft_plan<double>(spec).provenance().source, "disk");
  EXPECT_EQ(tune(last, {{patient}, {measured}}).count(State::ready), 2U);
  EXPECT_TRUE(warnings_.empty()) << ::testing::PrintToString(warnings_);
}

TEST_F(TunerTest, LooksForAnIdleMachineBeforeEachMeasurementAndEachComparison) {
  for (const auto& [rigor, looks] : {std::pair(Rigor::adaptive, 3), std::pair(Rigor::patient, 3), std::pair(Rigor::measure, 1)}) {
    Engine one = engine();
    int idle = 0;
    TuneOptions options;
    options.pause = [&](std::chrono::nanoseconds time) {
      idle += time < 1s ? 1 : -1;   // a window; and the pause behind one in which somebody worked
      return false;
    };
    const TuneReport report = almanac::tune(one, std::vector<TuneItem>{{spec_of({90 + static_cast<int>(rigor)}, rigor)}}, options);
    EXPECT_EQ(report.count(State::made), 1U) << report.outcomes[0].message;
    EXPECT_EQ(idle, looks) << to_string(rigor);
  }
}

TEST_F(TunerTest, ASearchIsKeptWhoseComparisonWasStopped) {
  Engine one = engine();
  const FftSpec adaptive = spec_of({96}, Rigor::adaptive), patient = spec_of({96}, Rigor::patient);
  TuneOptions options;
  options.stop = [&] { return one.cache().peek(key_of(patient)).has_value(); };
  EXPECT_TRUE(tune(one, {{adaptive}}, options).interrupted);
  Engine later = engine();
  const auto searched = later.get(recipes::fft_wisdom_request<double>(patient));
  EXPECT_EQ(searched.source, "disk");
  EXPECT_EQ(stored(later, adaptive).attribute<double>(recipes::execution_at(Rigor::patient)), nullptr);
  std::vector<std::string> said;
  tune(later, {{adaptive}}, {.progress = [&](const TuneProgress& at) { said.push_back(at.label); }});
  EXPECT_EQ(said, std::vector<std::string>{"96 c2c rigor=adaptive: patient, compared"});
  EXPECT_GT(*stored(later, adaptive).attribute<double>(recipes::execution_at(Rigor::patient)), 0);
}

TEST_F(TunerTest, SaysWhatItPlansFromTheFirstOn) {
  Engine one = engine();
  std::vector<TuneProgress> said;
  TuneOptions options;
  options.progress = [&](const TuneProgress& at) { said.push_back(at); };
  tune(one, {{spec_of({54}, Rigor::measure)}, {spec_of({55}, Rigor::adaptive)}}, options);
  ASSERT_EQ(said.size(), 4U);
  EXPECT_EQ(said[0].label, "54 c2c rigor=measure: measure");
  EXPECT_EQ(said[1].label, "55 c2c rigor=adaptive: measure");
  EXPECT_EQ(said[2].label, "55 c2c rigor=adaptive: patient");
  EXPECT_EQ(said[3].label, "55 c2c rigor=adaptive: patient, compared");
  for (std::size_t i = 0; i < said.size(); ++i) {
    EXPECT_EQ(said[i].all, 2U);
    EXPECT_EQ(said[i].done, i == 0 ? 0U : 1U);
    EXPECT_GT(said[i].left, 0ns);
    EXPECT_EQ(said[i].fraction > 0, i > 0);
    EXPECT_LT(said[i].fraction, 1);
  }
}

TEST_F(TunerTest, TakesWhatIsThereForALessonInHowLongPlanningTakesHere) {
  const FftSpec known = spec_of({80}, Rigor::measure);
  FftSpec asked = known;
  asked.direction = Direction::backward;
  const auto estimate = recipes::planning_estimate(known);
  Engine one = engine();
  testing::put_bundle(*one.disk(), key_of(known), compute::make_wisdom<double>(known), 7 * estimate);
  std::vector<TuneProgress> said;
  TuneOptions options;
  options.progress = [&](const TuneProgress& at) { said.push_back(at); };
  tune(one, {{known}, {asked}}, options);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NEAR(static_cast<double>(said[0].left.count()), 5.8 * static_cast<double>(estimate.count()), 1e3) << "(7 + 1/4) / (1 + 1/4) of it";

  options.budget = 3 * estimate;
  FftSpec next = known;
  next.in_place = true;
  Engine later = engine();
  const TuneReport report = tune(later, {{known}, {next}}, options);
  EXPECT_EQ(report.outcomes[1].state, State::left) << "by its size alone it would fit";
}

}  // namespace
}  // namespace almanac
