// Plans that wait for nobody, and the better ones that later processes have.

#include <almanac/engine.hpp>
#include <almanac/tune.hpp>
#include <almanac/validation.hpp>

#include "fft/better_bundle.hpp"
#include "fft/planned_log.hpp"
#include "planned_engines.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <complex>
#include <cstring>
#include <thread>
#include <vector>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using cache::coverage_of;
using recipes::kMeasuredCoverage;
using recipes::kPatientCoverage;
using testing::spec_of;

class AdaptiveTest : public testing::PlannedEnginesTest {
 protected:
  /// Makes the adaptive entry and holds it against a patient search, whose execution times are given.
  static cache::Answer better(Engine& engine, const FftSpec& spec, double measured, double patient) {
    cache::Request first = recipes::fft_wisdom_request<double>(spec);
    first.keep = true;
    engine.get(first);
    cache::Request second = better_bundle_request<double>(
        spec, {Rigor::patient, [patiently = recipes::at_rigor(spec, Rigor::patient)] { return compute::make_wisdom<double>(patiently); }},
        [=](std::span<const compute::FftPlan<double>* const> plans) {
          EXPECT_EQ(plans.size(), 2U);
          EXPECT_EQ(plans[0]->problem().rigor, Rigor::measure);
          EXPECT_EQ(plans[1]->problem().rigor, Rigor::patient);
          return std::vector{measured, patient};
        });
    second.keep = true;
    return engine.get(second);
  }
};

TEST_F(AdaptiveTest, TheFirstRequestEverIsEstimatedAndLeavesNothing) {
  Engine one = engine();
  const auto plan = one.fft_plan<double>(spec_of({48, 60}, Rigor::adaptive));
  EXPECT_EQ(plan.provenance().source, "computed");
  EXPECT_EQ(plan.provenance().rigor, "estimate");
  EXPECT_EQ(entries(one), 0U);

  std::vector<std::complex<double>> in(48 * 60, {1.0, -0.25}), ours(in.size()), theirs(in.size());
  in[7] = {3, 4};
  plan.execute(std::span<const std::complex<double>>(in), std::span(ours));
  one.fft_plan<double>(spec_of({48, 60}, Rigor::estimate)).execute(std::span<const std::complex<double>>(in), std::span(theirs));
  EXPECT_EQ(std::memcmp(ours.data(), theirs.data(), ours.size() * sizeof(ours[0])), 0);
}

TEST_F(AdaptiveTest, AnyStoredBundleOfTheProblemIsBetterThanAnEstimate) {
  for (const Rigor rigor : {Rigor::measure, Rigor::exhaustive, Rigor::patient}) {
    Engine other = engine();
    other.get(recipes::fft_wisdom_request<double>(spec_of({24}, rigor)));
    Engine later = engine();
    const auto plan = later.fft_plan<double>(spec_of({24}, Rigor::adaptive));
    EXPECT_EQ(plan.provenance().source, "disk");
    EXPECT_EQ(plan.provenance().rigor, to_string(rigor)) << "each is preferred to those before";
  }
}

TEST_F(AdaptiveTest, TuningThatWasStoppedHalfWayMakesNoPlanSlower) {
  for (const Rigor rigor : {Rigor::patient, Rigor::adaptive}) {
    Engine other = engine();
    other.get(recipes::fft_wisdom_request<double>(spec_of({24}, rigor)));
  }
  Engine later = engine();
  EXPECT_EQ(coverage_of(stored(later, spec_of({24}, Rigor::adaptive)).attributes()), kMeasuredCoverage);
  EXPECT_EQ(later.fft_plan<double>(spec_of({24}, Rigor::adaptive)).provenance().rigor, "patient");
}

TEST_F(AdaptiveTest, AProcessKeepsItsPlanAndTheNextHasTheBetterOne) {
  const FftSpec spec = spec_of({40}, Rigor::adaptive);
  Engine running = engine();
  const auto before = running.fft_plan<double>(spec);
  Engine tuner = engine();
  better(tuner, spec, 2e-6, 1e-6);
  const auto after = running.fft_plan<double>(spec);
  EXPECT_EQ(&after.plan(), &before.plan());
  EXPECT_EQ(after.provenance().rigor, "estimate");
  Engine later = engine();
  EXPECT_EQ(later.fft_plan<double>(spec).provenance().rigor, "patient");
  EXPECT_EQ(later.fft_plan<double>(spec).spec().rigor, Rigor::patient);
}

TEST_F(AdaptiveTest, AFasterPlanIsAdoptedAndTheTimesOfBothAreKept) {
  const FftSpec spec = spec_of({36}, Rigor::adaptive);
  Engine one = engine();
  better(one, spec, 2e-6, 1e-6);
  Engine later = engine();
  const cache::Artifact entry = stored(later, spec);
  EXPECT_EQ(coverage_of(entry.attributes()), kPatientCoverage);
  EXPECT_EQ(*entry.attribute<std::string>("rigor"), "patient");
  EXPECT_DOUBLE_EQ(*entry.attribute<double>("execution_ns"), 1000);
  EXPECT_DOUBLE_EQ(*entry.attribute<double>("measure_execution_ns"), 2000);
  EXPECT_DOUBLE_EQ(*entry.attribute<double>("patient_execution_ns"), 1000);
}

TEST_F(AdaptiveTest, APlanThatIsNotFasterIsNotAdopted) {
  for (const double patient : {0.98e-6, 1e-6, 5e-6}) {
    const FftSpec spec = spec_of({32, patient > 2e-6 ? 6 : patient < 1e-6 ? 5 : 4}, Rigor::adaptive);
    Engine one = engine();
    one.get(recipes::fft_wisdom_request<double>(spec));
    const std::string measured(recipes::bundle_of(stored(one, spec)));
    better(one, spec, 1e-6, patient);
    Engine later = engine();
    const cache::Artifact entry = stored(later, spec);
    EXPECT_EQ(recipes::bundle_of(entry), measured) << "what was there stays, byte for byte";
    EXPECT_EQ(coverage_of(entry.attributes()), kPatientCoverage) << "and the entry says that it was tried";
    EXPECT_EQ(*entry.attribute<std::string>("rigor"), "measure");
    EXPECT_DOUBLE_EQ(*entry.attribute<double>("execution_ns"), 1000);
    EXPECT_EQ(later.fft_plan<double>(spec).provenance().rigor, "measure");
  }
}

TEST_F(AdaptiveTest, APlanThatIsFasterInSomeRoundsOnlyIsNotAdopted) {
  for (int slow = 0; slow < kRounds; ++slow) {
    const FftSpec spec = spec_of({44 + slow}, Rigor::adaptive);
    Engine one = engine();
    int round = 0;
    one.get(better_bundle_request<double>(
        spec, {Rigor::patient, [&] { return compute::make_wisdom<double>(spec_of(spec.extent, Rigor::patient)); }},
        [&](std::span<const compute::FftPlan<double>* const>) {
          return round++ == slow ? std::vector{4e-6, 3.95e-6} : std::vector{5e-6, 2e-6};
        }));
    EXPECT_EQ(round, kRounds);
    const cache::Artifact entry = stored(one, spec);
    EXPECT_EQ(*entry.attribute<std::string>("rigor"), "measure");
    EXPECT_DOUBLE_EQ(*entry.attribute<double>("measure_execution_ns"), 4000) << "the least of all rounds";
    EXPECT_DOUBLE_EQ(*entry.attribute<double>("patient_execution_ns"), 2000);
  }
}

TEST_F(AdaptiveTest, AnExhaustivePlanTakesThePlaceOfTheBestSoFarWhereItIsFaster) {
  for (const bool is_faster : {true, false}) {
    const FftSpec spec = spec_of({is_faster ? 12 : 14}, Rigor::adaptive);
    Engine one = engine();
    better(one, spec, 2e-6, 1e-6);
    cache::Request third = better_bundle_request<double>(
        spec, {Rigor::exhaustive, [&] { return compute::make_wisdom<double>(spec_of(spec.extent, Rigor::exhaustive)); }},
        [&](std::span<const compute::FftPlan<double>* const> plans) {
          EXPECT_EQ(plans[0]->problem().rigor, Rigor::patient) << "the best so far";
          EXPECT_EQ(plans[1]->problem().rigor, Rigor::exhaustive);
          return std::vector{1.1e-6, is_faster ? 0.5e-6 : 1.09e-6};
        });
    third.keep = true;
    one.get(third);
    Engine later = engine();
    const cache::Artifact entry = stored(later, spec);
    EXPECT_EQ(coverage_of(entry.attributes()), recipes::kExhaustiveCoverage);
    EXPECT_EQ(*entry.attribute<std::string>("rigor"), is_faster ? "exhaustive" : "patient");
    EXPECT_DOUBLE_EQ(*entry.attribute<double>("measure_execution_ns"), 2000) << "as it was held against the patient one";
    EXPECT_DOUBLE_EQ(*entry.attribute<double>("patient_execution_ns"), 1100);
    EXPECT_DOUBLE_EQ(*entry.attribute<double>("exhaustive_execution_ns"), is_faster ? 500 : 1090);
    EXPECT_DOUBLE_EQ(*entry.attribute<double>("execution_ns"), is_faster ? 500 : 1100);
    EXPECT_EQ(later.fft_plan<double>(spec).provenance().rigor, is_faster ? "exhaustive" : "patient");
  }
}

TEST_F(AdaptiveTest, AStoppedComparisonChangesNothing) {
  const FftSpec spec = spec_of({30}, Rigor::adaptive);
  Engine one = engine();
  one.get(recipes::fft_wisdom_request<double>(spec));
  cache::Request request = better_bundle_request<double>(
      spec, {Rigor::patient, [] { return compute::make_wisdom<double>(spec_of({30}, Rigor::patient)); }},
      [](std::span<const compute::FftPlan<double>* const>) { return std::vector<double>(); });
  EXPECT_THROW(one.get(request), Interrupted);
  EXPECT_EQ(coverage_of(stored(one, spec).attributes()), kMeasuredCoverage);
}

TEST_F(AdaptiveTest, AskedForByNameItIsMeasured) {
  const Recipe& recipe = RecipeRegistry::builtin().at("fft_wisdom");
  Engine one = engine();
  const auto answer = one.get(recipe, recipe.parse({{"extent", "20"}, {"rigor", "adaptive"}}));
  EXPECT_EQ(answer.source, "computed");
  EXPECT_EQ(coverage_of(answer.entry->artifact.attributes()), kMeasuredCoverage);
  Engine later = engine();
  EXPECT_EQ(later.fft_plan<double>(spec_of({20}, Rigor::adaptive)).provenance().rigor, "measure");
  const ValidationReport report = validate(later, {.recompute = 1});
  EXPECT_EQ(report.recomputed, 1U);
  EXPECT_TRUE(report.findings.empty());
}

TEST_F(AdaptiveTest, ItWaitsForNobodyWhoMakesTheSame) {
  const FftSpec spec = spec_of({26}, Rigor::adaptive);
  Engine one = engine();
  std::atomic<bool> making = false, done = false;
  cache::Request request = recipes::fft_wisdom_request<double>(spec);
  request.make = [&, make = request.make](const cache::Artifact* prior) {
    making = true;
    while (!done) std::this_thread::yield();
    return make(prior);
  };
  std::jthread maker([&] { one.get(request); });
  while (!making) std::this_thread::yield();
  EXPECT_EQ(one.fft_plan<double>(spec).provenance().rigor, "estimate");
  Engine other = engine();
  EXPECT_EQ(other.fft_plan<double>(spec).provenance().rigor, "estimate");
  done = true;
}

TEST_F(AdaptiveTest, WithoutACacheItIsEstimated) {
  Config config;
  config.cache_dir = folder_ / "none";
  config.enabled = false;
  Engine bare(config);
  EXPECT_EQ(bare.fft_plan<double>(spec_of({16}, Rigor::adaptive)).provenance().rigor, "estimate");
  EXPECT_FALSE(fs::exists(folder_ / "none"));
  EXPECT_THROW(bare.fft_plan<double>(spec_of({0}, Rigor::adaptive)), compute::ArgumentError);
}

TEST_F(AdaptiveTest, EveryPrecisionAndEveryWayOfWritingIsOneLivePlan) {
  Engine one = engine();
  const FftSpec once{.extent = {12, 8}, .transform = Transform::dct2, .rigor = Rigor::adaptive};
  FftSpec twice = once, thrice = once;
  twice.transform = {Transform::dct2, Transform::dct2};
  thrice.strides = compute::FftStrides{{{8, 8}, {1, 1}}, {}};
  const auto first = one.fft_plan<long double>(once);
  EXPECT_EQ(&one.fft_plan<long double>(twice).plan(), &first.plan());
  EXPECT_EQ(&one.fft_plan<long double>(thrice).plan(), &first.plan());
  EXPECT_EQ(&one.fft_plan<long double>(thrice).plan(), &first.plan());
  EXPECT_EQ(one.fft_plan<double>(once).provenance().source, "computed");
  EXPECT_EQ(one.fft_plan<float>(once).provenance().source, "computed");
  EXPECT_EQ(one.stats().kinds["fft_wisdom"].hits, 3U);
  FftSpec other = once;
  other.in_place = true;
  EXPECT_NE(&one.fft_plan<long double>(other).plan(), &first.plan());
}

TEST_F(AdaptiveTest, TheLogSaysWhatWasPlanned) {
  {
    Engine one = engine();
    one.fft_plan<double>(spec_of({18}, Rigor::adaptive));
    one.fft_plan<double>(spec_of({18}, Rigor::adaptive));
    one.fft_plan<float>(spec_of({19}, Rigor::measure));
    one.fft_plan<float>(spec_of({21}, Rigor::estimate));
  }
  PlannedLog(folder_ / "cache" / "fft-log").note(spec_of({std::int64_t{1} << 45}, Rigor::adaptive), "double", std::chrono::seconds(1));
  Engine later = engine();
  const std::vector<TuneItem> items = planned_problems(later);
  ASSERT_EQ(items.size(), 2U) << "who asks for an estimate wants that; and what needs a larger machine is left to it";
  for (const TuneItem& item : items) {
    const bool is_single = item.precision == "single";
    EXPECT_EQ(item.spec.extent[0], is_single ? 19 : 18);
    EXPECT_EQ(item.spec.rigor, is_single ? Rigor::measure : Rigor::adaptive);
  }
  EXPECT_TRUE(fs::exists(folder_ / "cache" / "CACHEDIR.TAG"));
  EXPECT_EQ(entries(later), 1U);
  EXPECT_TRUE(validate(later, {}).findings.empty()) << "the log is no entry";
}

}  // namespace
}  // namespace almanac
