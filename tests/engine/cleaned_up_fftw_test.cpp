// A program that cleans FFTW up: it has other solvers then, and wisdom of the ones before is not for it.

#include "planned_engines.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/tune.hpp>

#include <fftw3.h>

#include <gtest/gtest.h>

namespace almanac {
namespace {

using testing::spec_of;

class CleanedUpFftwTest : public testing::PlannedEnginesTest {
 protected:
  /// What the library's threads brought goes, but FFTW takes them to be initialised still.
  static void clean_up() { fftw_cleanup(); }
  /// They go, too, and come again.
  static void clean_up_threads() { fftw_cleanup_threads(); }
  static cache::Key key_of(const FftSpec& spec) { return recipes::fft_wisdom_request<double>(spec).key; }
  std::string bundle_at(const cache::Key& key) {
    Engine other = engine();
    const auto there = other.disk()->get(key);
    return there && *there ? std::string(recipes::bundle_of((*there)->artifact)) : "";
  }
  std::string source_of(const FftSpec& spec) {
    Engine one = engine();
    return std::string(one.fft_plan<double>(spec).provenance().source);
  }
  std::size_t entries() {
    Engine other = engine();
    return PlannedEnginesTest::entries(other);
  }
  void SetUp() override { recipes::look_at_fftw<double>(); }
  void TearDown() override {
    clean_up_threads();
    recipes::look_at_fftw<double>();
  }
};

TEST_F(CleanedUpFftwTest, HasBundlesOfItsOwnAndLeavesTheOthers) {
  const FftSpec spec = spec_of({26}, Rigor::measure);
  ASSERT_EQ(source_of(spec), "computed");
  const cache::Key before = key_of(spec);
  const std::string bundle = bundle_at(before);
  ASSERT_FALSE(bundle.empty());

  clean_up();
  ASSERT_EQ(key_of(spec), before) << "nobody has seen it yet";
  EXPECT_EQ(source_of(spec), "computed");
  const cache::Key after = key_of(spec);
  ASSERT_NE(after, before);
  EXPECT_EQ(bundle_at(before), bundle);
  EXPECT_EQ(compute::refuse_wisdom<double>(bundle_at(after)), "");

  clean_up_threads();
  ASSERT_EQ(key_of(spec), after);
  EXPECT_EQ(source_of(spec), "disk");
  EXPECT_EQ(entries(), 2U);
  EXPECT_TRUE(warnings_.empty()) << ::testing::PrintToString(warnings_);
}

TEST_F(CleanedUpFftwTest, PutsNothingUnderTheKeyOfTheOneBefore) {
  const FftSpec spec = spec_of({26}, Rigor::measure);
  const cache::Key before = key_of(spec);
  clean_up();
  EXPECT_EQ(source_of(spec), "computed");
  const cache::Key after = key_of(spec);
  ASSERT_NE(after, before);
  EXPECT_EQ(bundle_at(before), "");
  EXPECT_EQ(compute::refuse_wisdom<double>(bundle_at(after)), "");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(CleanedUpFftwTest, AnswersAdaptiveRequestsWithoutTakingTheOthersAway) {
  const FftSpec spec = spec_of({26}, Rigor::adaptive);
  for (const Rigor rigor : {Rigor::measure, Rigor::patient}) source_of(spec_of({26}, rigor));
  clean_up();
  {
    Engine one = engine();
    EXPECT_EQ(one.fft_plan<double>(spec).provenance().rigor, "estimate");
  }
  EXPECT_EQ(entries(), 2U);
  clean_up_threads();
  Engine one = engine();
  EXPECT_EQ(one.fft_plan<double>(spec).provenance().rigor, "patient");
  EXPECT_TRUE(warnings_.empty()) << ::testing::PrintToString(warnings_);
}

TEST_F(CleanedUpFftwTest, IsTunedAnew) {
  const FftSpec spec = spec_of({26}, Rigor::measure);
  TuneOptions options;
  options.idle = false;
  const auto made = [&] {
    Engine one = engine();
    return tune(one, std::vector<TuneItem>{{spec}}, options).count(TuneOutcome::State::made);
  };
  EXPECT_EQ(made(), 1U);
  clean_up();
  EXPECT_EQ(made(), 1U);
  clean_up_threads();
  EXPECT_EQ(made(), 0U);
  EXPECT_EQ(entries(), 2U);
}

}  // namespace
}  // namespace almanac
