// Entries that are sound, and whose bundles FFTW does not take.

#include "fft/refused_bundle.hpp"

#include "fft/fft_plans.hpp"
#include "foreign_bundle.hpp"
#include "planned_engines.hpp"
#include "unprivileged.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

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
  PlannedLog none("");
  const auto warn = [](std::string_view) {};
  // The first is still making it while the second asks; it goes on when the second waits, or plans as well.
  std::atomic<bool> second_is_there = false;
  std::string source;
  std::jthread second;
  FftPlans theirs(two.cache(), two.disk(),
                  [&](cache::Request request) {
                    request.give_up = [&] { second_is_there = true; return false; };
                    return two.get(request);
                  },
                  warn, none);
  FftPlans ours(one.cache(), one.disk(),
                [&](cache::Request request) {
                  request.make = [&, make = std::move(request.make)](const cache::Artifact* prior) {
                    second = std::jthread([&] { source = theirs.plan<double>(spec).provenance().source; });
                    while (!second_is_there) std::this_thread::yield();
                    return make(prior);
                  };
                  return one.get(request);
                },
                warn, none);
  EXPECT_EQ(ours.plan<double>(spec).provenance().source, "computed");
  second.join();
  EXPECT_EQ(source, "joined");
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

TEST_F(RefusedBundleTest, LeavesWhatSomebodyHasPutInItsPlace) {
  const FftSpec spec = spec_of({22}, Rigor::measure);
  Engine one = engine();
  put_bundle(*one.disk(), key_of(spec), bundle_);
  const cache::EntryPtr refused = one.cache().find(key_of(spec)).entry;
  ASSERT_TRUE(refused);
  Engine other = engine();
  EXPECT_EQ(other.fft_plan<double>(spec).provenance().source, "computed");
  EXPECT_FALSE(take_away_refused(one.cache(), one.disk(), *refused));
  EXPECT_EQ(entries(other), 1U);
  EXPECT_TRUE(take_away_refused(other.cache(), other.disk(), *other.cache().find(key_of(spec)).entry));
  EXPECT_EQ(entries(other), 0U);
}

}  // namespace
}  // namespace almanac
