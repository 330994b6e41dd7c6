#include "fft/wisdom_file.hpp"

#include "fft/known_problems.hpp"
#include "foreign_bundle.hpp"
#include "one_engine.hpp"

#include <almanac/compute/mixed_wisdom.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace almanac::fft {
namespace {

using compute::FftProblem;
using compute::Rigor;
using testing::put_bundle;
using testing::this_host;

class WisdomFile : public testing::OneEngineTest {
 protected:
  cache::DiskTier& disk() { return *engine_.disk(); }
};

const FftProblem kFirst{.extent = {24, 20}}, kSecond{.extent = {1000}, .transform = Transform::r2c},
    kThird{.extent = {36}, .rigor = Rigor::patient};

/// A text with the head of this FFTW.
std::string wisdom_of(const std::string& records) {
  const std::string real = compute::make_wisdom<double>({.extent = {8}});
  return real.substr(0, real.find('\n') + 1) + records + ")\n";
}

std::string record(const std::string& solver, const std::string& flags, const std::string& hash) {
  return "  (" + solver + " 0 #x" + flags + " #x" + flags + " #x0 #x00000001 #x00000002 #x00000003 #x" + hash + ")\n";
}

TEST_F(WisdomFile, PutsTheBundlesOfThisHostTogether) {
  for (const FftProblem& problem : {kFirst, kSecond, kThird}) engine_.fft_plan<double>(problem);
  engine_.fft_plan<float>(kFirst);
  const CollectedWisdom collected = collect_wisdom(disk(), {});
  EXPECT_EQ(collected.bundles, 3U);
  EXPECT_EQ(compute::refuse_wisdom<double>(collected.text), "");
  for (const FftProblem& problem : {kFirst, kSecond, kThird}) EXPECT_NO_THROW(compute::FftPlan<double>(problem, collected.text));
  EXPECT_EQ(collected.records, compute::MixedWisdom<double>(collected.text).records());
  EXPECT_EQ(collect_wisdom(disk(), {.precision = "single"}).bundles, 1U);
  EXPECT_EQ(collect_wisdom(disk(), {.precision = "long_double"}).text, "");
}

TEST_F(WisdomFile, HoldsWhatWasChosen) {
  for (const FftProblem& problem : {kFirst, kSecond, kThird}) engine_.fft_plan<double>(problem);
  EXPECT_EQ(collect_wisdom(disk(), {.rigors = {Rigor::patient}}).bundles, 1U);
  EXPECT_EQ(collect_wisdom(disk(), {.rigors = {Rigor::patient, Rigor::measure}}).bundles, 3U);
  EXPECT_EQ(collect_wisdom(disk(), {.extents = {{24, 20}, {36}}}).bundles, 2U);
  EXPECT_EQ(collect_wisdom(disk(), {.rigors = {Rigor::exhaustive}}).text, "");
}

TEST_F(WisdomFile, HoldsNothingOfOtherHosts) {
  const std::string bundle = compute::make_wisdom<double>(kFirst);
  recipes::FftHost other = this_host();
  other.cpu = "another processor";
  put_bundle(disk(), recipes::fft_wisdom_key(kFirst, "double", {}, other), bundle);
  other = this_host();
  other.signature = "fftw-3.3.10/fftw_wisdom/00000000000000000000000000000000";
  put_bundle(disk(), recipes::fft_wisdom_key(kFirst, "double", {}, other), bundle);
  const CollectedWisdom collected = collect_wisdom(disk(), {});
  EXPECT_EQ(collected.of_other_hosts, 2U);
  EXPECT_EQ(collected.text, "");
}

TEST_F(WisdomFile, SaysWhichOfTwoContradictingRecordsItKeeps) {
  using std::chrono::seconds;
  put_bundle(disk(), key_of(kFirst), wisdom_of(record("quick", "11bdd", "00000004") + record("same", "11bdd", "00000005")), seconds(1));
  put_bundle(disk(), key_of(kSecond), wisdom_of(record("slow", "11bdd", "00000004") + record("same", "11bdd", "00000005")), seconds(2));
  put_bundle(disk(), key_of(kThird), wisdom_of(record("other", "10bdd", "00000004")), seconds(1));   // of another rigor: no contradiction
  const CollectedWisdom collected = collect_wisdom(disk(), {});
  EXPECT_EQ(collected.text, wisdom_of(record("other", "10bdd", "00000004") + record("slow", "11bdd", "00000004") +
                                      record("same", "11bdd", "00000005")));
  ASSERT_EQ(collected.conflicts.size(), 1U);
  EXPECT_EQ(collected.conflicts[0].problem, "00000001000000020000000300000004");
  EXPECT_EQ(collected.conflicts[0].kept, key_of(kSecond).text());
  EXPECT_EQ(collected.conflicts[0].left_out, key_of(kFirst).text());
}

TEST_F(WisdomFile, PrefersWhatWasSearchedForLongest) {
  using std::chrono::seconds;
  FftProblem adaptive = kFirst, exhaustive = kFirst;
  adaptive.rigor = Rigor::adaptive;
  exhaustive.rigor = Rigor::exhaustive;
  const auto put = [&](const FftProblem& problem, const char* solver, seconds cost) {
    put_bundle(disk(), key_of(problem), wisdom_of(record(solver, "11bdd", "00000004")), cost);
  };
  put(kFirst, "measured", seconds(1));
  put(adaptive, "measured_and_compared", seconds(100));   // it has no rigor written down: it was measured
  EXPECT_EQ(collect_wisdom(disk(), {}).text, wisdom_of(record("measured_and_compared", "11bdd", "00000004")));
  put(exhaustive, "exhaustive", seconds(50));
  EXPECT_EQ(collect_wisdom(disk(), {}).text, wisdom_of(record("exhaustive", "11bdd", "00000004"))) << "whoever is called adaptive";
  EXPECT_EQ(collect_wisdom(disk(), {}).conflicts.size(), 2U);
}

TEST_F(WisdomFile, LeavesEstimatesOut) {
  put_bundle(disk(), key_of(kFirst), wisdom_of(record("estimated", "31bff", "00000004") + record("measured", "11bdd", "00000005")));
  EXPECT_EQ(collect_wisdom(disk(), {}).text, wisdom_of(record("measured", "11bdd", "00000005")));
}

TEST_F(WisdomFile, LeavesOutBundlesThatFftwDoesNotTake) {
  put_bundle(disk(), key_of(kFirst), "garbage");
  put_bundle(disk(), key_of(kSecond), wisdom_of(record("measured", "11bdd", "00000005")));
  const CollectedWisdom collected = collect_wisdom(disk(), {});
  EXPECT_EQ(collected.bundles, 1U);
  ASSERT_EQ(collected.refused.size(), 1U);
  EXPECT_EQ(collected.refused[0], key_of(kFirst).text() + ": line 1: this is not the header of FFTW wisdom");
}

TEST_F(WisdomFile, IsTakenApartForTheProblemsOneCanName) {
  for (const FftProblem& problem : {kFirst, kSecond, kThird}) engine_.fft_plan<double>(problem);
  const std::string text = collect_wisdom(disk(), {}).text;

  const testing::TemporaryFolder elsewhere;
  Engine other(config_for(elsewhere.path()));
  const auto first = take_wisdom(*other.disk(), text, std::array{kFirst, FftProblem{.extent = {77}}, kThird});
  EXPECT_EQ(first.recognised, 2U);
  FftProblem measured = kThird;
  measured.rigor = Rigor::measure;    // patient wisdom serves it, too
  const std::vector<std::string> expected{key_of(kFirst).text(), key_of(kThird).text(), key_of(measured).text()};
  EXPECT_EQ(first.stored, expected);
  EXPECT_TRUE(first.there_already.empty());
  EXPECT_GT(first.unattributed, 0U);
  EXPECT_LT(first.unattributed, first.records);

  const auto second = take_wisdom(*other.disk(), text, std::array{kFirst, kSecond, kThird});
  EXPECT_EQ(second.stored, std::vector{key_of(kSecond).text()});
  EXPECT_EQ(second.there_already, expected);
  EXPECT_EQ(second.unattributed, 0U);
  for (const FftProblem& problem : {kFirst, kSecond, kThird, measured}) {
    EXPECT_EQ(other.fft_plan<double>(problem).provenance().source, "disk");
  }
}

TEST_F(WisdomFile, IsTakenForTheRigorsAskedFor) {
  const std::string text = compute::make_wisdom<double>(kThird);   // patient
  const auto taken = take_wisdom(disk(), text, std::array{kThird}, {.rigors = {Rigor::patient, Rigor::exhaustive}});
  EXPECT_EQ(taken.recognised, 1U);
  EXPECT_EQ(taken.stored, std::vector{key_of(kThird).text()}) << "it serves measure, too, and not exhaustive";
}

TEST_F(WisdomFile, ReplacesNoBundleThatIsThere) {
  engine_.fft_plan<double>(kFirst);
  const auto before = disk().peek(key_of(kFirst));
  FftProblem patient = kFirst;
  patient.rigor = Rigor::patient;
  const auto taken = take_wisdom(disk(), compute::make_wisdom<double>(patient), std::array{kFirst});
  EXPECT_EQ(taken.there_already, std::vector{key_of(kFirst).text()});
  EXPECT_EQ(taken.stored, std::vector{key_of(patient).text()});
  EXPECT_EQ(disk().peek(key_of(kFirst)).value()->facts.created, before.value()->facts.created);
}

TEST_F(WisdomFile, IsTakenInItsOwnPrecision) {
  EXPECT_EQ(precision_of_wisdom(compute::make_wisdom<float>(kFirst)), "single");
  EXPECT_EQ(precision_of_wisdom(compute::make_wisdom<double>(kFirst)), "double");
  EXPECT_EQ(precision_of_wisdom(compute::make_wisdom<long double>(kFirst)), "long_double");
  EXPECT_EQ(take_wisdom(disk(), compute::make_wisdom<long double>(kFirst), std::array{kFirst}).recognised, 1U);
  EXPECT_THROW(take_wisdom(disk(), "garbage", std::array{kFirst}), compute::WisdomError);
}

TEST_F(WisdomFile, StopsWhenItIsTold) {
  const std::string text = compute::make_wisdom<double>(kFirst);
  EXPECT_THROW(take_wisdom(disk(), text, std::array{kFirst}, {.stop = [] { return true; }}), Interrupted);
}

TEST_F(WisdomFile, KnowsTheProblemsOfTheCacheTheCatalogAndTheCanonicalSizes) {
  const FftProblem odd{.extent = {77, 5}, .transform = Transform::dct2, .batch = 3, .rigor = Rigor::patient, .threads = 2};
  recipes::FftHost other = this_host();
  other.cpu = "another processor";
  put_bundle(disk(), recipes::fft_wisdom_key(odd, "double", {}, other), "whatever");
  const FftProblem named{.extent = {91}, .split = true, .rigor = Rigor::patient};
  const auto problems = known_problems(disk(), "double", std::array{named, FftProblem{.extent = {512, 512}}, named, FftProblem{.extent = {91}}});
  const auto count = [&](FftProblem wanted) {
    wanted.rigor = Rigor::measure;
    return std::ranges::count_if(problems, [&](const FftProblem& problem) { return key_of(problem) == key_of(wanted); });
  };
  EXPECT_EQ(count(odd), 1);
  EXPECT_EQ(count({.extent = {512, 512}}), 1);    // named, of the catalog, and canonical
  EXPECT_EQ(count(named), 1);
  EXPECT_EQ(count({.extent = {91}}), 1) << "split arrays are another problem";
  EXPECT_EQ(count({.extent = {1 << 20}, .transform = Transform::c2r, .in_place = true}), 1);
  EXPECT_EQ(count({.extent = {100, 100, 100}, .direction = Direction::backward}), 1);
  EXPECT_EQ(count({.extent = {77}}), 0);
}

}  // namespace
}  // namespace almanac::fft
