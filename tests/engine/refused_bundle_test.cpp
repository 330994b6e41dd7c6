// Entries that are sound, and whose bundles FFTW does not take.

#include "fft/refused_bundle.hpp"

#include "fft/fft_plans.hpp"
#include "foreign_bundle.hpp"
#include "planned_engines.hpp"
#include "unprivileged.hpp"

#include <almanac/tune.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using testing::put_bundle;
using testing::spec_of;

class RefusedBundleTest : public testing::PlannedEnginesTest {
 protected:
  static cache::Key key_of(const FftSpec& spec) { return recipes::fft_wisdom_request<double>(spec).key; }
  /// Sound wisdom, of another problem.
  const std::string bundle_ = compute::make_wisdom<double>(spec_of({23}, Rigor::measure));
};

TEST_F(RefusedBundleTest, IsTakenAwayByWhoAsksForAnyPlan) {
  const FftSpec spec = spec_of({22}, Rigor::adaptive);
  Engine one = engine();
  cache::Request request = recipes::fft_wisdom_request<double>(spec);
  request.make = [&](const cache::Artifact*) { return recipes::bundle_artifact(bundle_, {{"coverage", std::int64_t{2}}}); };
  one.get(request);
  put_bundle(*one.disk(), key_of(spec_of({22}, Rigor::patient)), "(bad");

  Engine later = engine();
  EXPECT_EQ(later.fft_plan<double>(spec).provenance().rigor, "estimate");
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_TRUE(warnings_[0].ends_with("; it is taken away")) << warnings_[0];
  EXPECT_EQ(entries(later), 0U);
  Engine last = engine();
  EXPECT_EQ(last.fft_plan<double>(spec).provenance().rigor, "estimate");
  EXPECT_EQ(warnings_.size(), 2U) << "and is not told of again";
  EXPECT_EQ(last.fft_plan<double>(spec_of({22}, Rigor::measure)).provenance().source, "computed");
  Engine measured = engine();
  EXPECT_EQ(measured.fft_plan<double>(spec).provenance().rigor, "measure");
}

TEST_F(RefusedBundleTest, IsMadeAnewOnceForTwoThatMeetIt) {
  const FftSpec spec = spec_of({22}, Rigor::measure);
  Engine one = engine(), two = engine();
  put_bundle(*one.disk(), key_of(spec), bundle_);
  ASSERT_TRUE(two.cache().find(key_of(spec)).entry) << "the second has it in memory";
  PlannedLog none("");
  std::atomic<int> met = 0;
  const auto warn = [&](std::string_view) { ++met; };
  // The first is still making it while the second asks; it goes on when the second waits, or plans as well. Whoever waits is
  // asked a second time whether it gives up: the first time it has not looked yet whether anybody is at it.
  std::atomic<int> questions = 0;
  std::atomic<bool> second_plans = false;
  std::string source;
  std::jthread second;
  FftPlans theirs(two.cache(), two.disk(),
                  [&](cache::Request request) {
                    request.give_up = [&] { return ++questions < 0; };
                    request.make = [&, make = std::move(request.make)](const cache::Artifact* prior) {
                      second_plans = true;
                      return make(prior);
                    };
                    return two.get(request);
                  },
                  warn, none);
  FftPlans ours(one.cache(), one.disk(),
                [&](cache::Request request) {
                  request.make = [&, make = std::move(request.make)](const cache::Artifact* prior) {
                    second = std::jthread([&] { source = theirs.plan<double>(spec).provenance().source; });
                    while (questions < 2 && !second_plans) std::this_thread::yield();
                    return make(prior);
                  };
                  return one.get(request);
                },
                warn, none);
  EXPECT_EQ(ours.plan<double>(spec).provenance().source, "computed");
  second.join();
  EXPECT_EQ(source, "joined");
  EXPECT_EQ(met, 2);
  EXPECT_EQ(entries(one), 1U);
}

TEST_F(RefusedBundleTest, IsPlannedAnewWhereItCannotBeTakenAway) {
  const FftSpec spec = spec_of({22}, Rigor::measure);
  {
    Engine one = engine();
    put_bundle(*one.disk(), key_of(spec), bundle_);
  }
  const fs::path root = folder_ / "cache";
  for (const auto& file : fs::recursive_directory_iterator(root)) {
    if (file.is_directory()) fs::permissions(file.path(), fs::perms(0555));
  }
  fs::permissions(root, fs::perms(0555));
  fs::permissions(folder_.path(), fs::perms(0755));
  {
    const testing::Unprivileged nobody;
    Engine later = engine();
    EXPECT_EQ(later.fft_plan<double>(spec).provenance().source, "computed");
    EXPECT_EQ(later.fft_plan<double>(spec_of({22}, Rigor::adaptive)).provenance().rigor, "measure") << "it is in memory now";
  }
  fs::permissions(root, fs::perms::owner_all);
  for (const auto& file : fs::recursive_directory_iterator(root)) {
    if (file.is_directory()) fs::permissions(file.path(), fs::perms::owner_all);
  }
}

TEST_F(RefusedBundleTest, IsNotMeasuredAgainWhereSomebodyHasHealedIt) {
  const FftSpec spec = spec_of({22}, Rigor::measure), adaptive = spec_of({22}, Rigor::adaptive);
  Engine one = engine(), two = engine(), three = engine();
  put_bundle(*one.disk(), key_of(spec), bundle_);
  put_bundle(*one.disk(), key_of(adaptive), bundle_);
  for (Engine* other : {&two, &three}) {
    ASSERT_TRUE(other->cache().find(key_of(spec)).entry);
    ASSERT_TRUE(other->cache().find(key_of(adaptive)).entry);
  }
  EXPECT_EQ(one.fft_plan<double>(spec).provenance().source, "computed");
  cache::Request better = recipes::fft_wisdom_request<double>(adaptive);
  better.coverage = recipes::kPatientCoverage;
  better.make = [&](const cache::Artifact*) {
    return recipes::bundle_artifact(compute::make_wisdom<double>(spec_of({22}, Rigor::patient)),
                                    {{"coverage", recipes::kPatientCoverage}, {"rigor", std::string("patient")}});
  };
  one.get(better);
  const auto bytes_and_time = [&](const FftSpec& of) {
    const auto there = one.disk()->get(key_of(of));
    return std::pair(std::string(recipes::bundle_of((*there)->artifact)), (*there)->facts.created);
  };
  const auto healed = std::pair(bytes_and_time(spec), bytes_and_time(adaptive));
  warnings_.clear();

  EXPECT_EQ(two.fft_plan<double>(spec).provenance().source, "disk");
  EXPECT_EQ(two.fft_plan<double>(adaptive).provenance().rigor, "patient");
  TuneOptions options;
  options.idle = false;
  EXPECT_EQ(tune(three, std::vector<TuneItem>{{spec}}, options).count(TuneOutcome::State::ready), 1U);
  EXPECT_EQ(std::pair(bytes_and_time(spec), bytes_and_time(adaptive)), healed);
  EXPECT_TRUE(warnings_.empty()) << ::testing::PrintToString(warnings_);
}

TEST_F(RefusedBundleTest, MayBeNoBundleAtAll) {
  const FftSpec spec = spec_of({22}, Rigor::measure), adaptive = spec_of({22}, Rigor::adaptive);
  const auto put = [&](const FftSpec& of, cache::Artifact artifact) {
    Engine other = engine();
    cache::Request request = recipes::fft_wisdom_request<double>(of);
    request.make = [&](const cache::Artifact*) { return artifact; };
    other.get(request);
  };
  for (const bool has_array : {false, true}) {
    const auto nothing = [&](cache::Attributes attributes) {
      std::vector<cache::Array> arrays;
      arrays.push_back(cache::Array::of(has_array ? "wisdom" : "foolishness", {1}, std::vector<double>{1}));
      return cache::Artifact(std::move(arrays), std::move(attributes));
    };
    put(spec, nothing({}));
    put(adaptive, nothing({{"coverage", std::int64_t{2}}}));
    Engine tuned = engine();
    TuneOptions options;
    options.idle = false;
    EXPECT_EQ(tune(tuned, std::vector<TuneItem>{{spec}}, options).count(TuneOutcome::State::made), 1U);
    Engine one = engine();
    EXPECT_EQ(one.fft_plan<double>(adaptive).provenance().rigor, "measure");
    EXPECT_EQ(entries(one), 1U);
    one.cache().erase(key_of(spec));
    put(spec, nothing({}));
    Engine later = engine();
    EXPECT_EQ(later.fft_plan<double>(spec).provenance().source, "computed");
    later.cache().erase(key_of(spec));
  }
}

TEST_F(RefusedBundleTest, LeavesWhatSomebodyHasPutInItsPlace) {
  const FftSpec spec = spec_of({22}, Rigor::measure);
  Engine one = engine();
  put_bundle(*one.disk(), key_of(spec), bundle_);
  const cache::EntryPtr refused = one.cache().find(key_of(spec)).entry;
  ASSERT_TRUE(refused);
  Engine other = engine();
  EXPECT_EQ(other.fft_plan<double>(spec).provenance().source, "computed");
  const RefusedBundle fate = take_away_refused(one.cache(), one.disk(), *refused);
  EXPECT_EQ(fate.state, RefusedBundle::State::replaced);
  ASSERT_TRUE(fate.replacement);
  EXPECT_EQ(recipes::bundle_of(fate.replacement->artifact), recipes::bundle_of(stored(other, spec)));
  EXPECT_EQ(entries(other), 1U);
  EXPECT_EQ(take_away_refused(other.cache(), other.disk(), *other.cache().find(key_of(spec)).entry).state, RefusedBundle::State::gone);
  EXPECT_EQ(entries(other), 0U);
}

}  // namespace
}  // namespace almanac
