#include "fft/diagnosis.hpp"

#include "foreign_bundle.hpp"
#include "one_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace almanac::fft {
namespace {

using compute::FftProblem;
using compute::Rigor;
using testing::put_bundle;
using testing::this_host;
using Difference = Diagnosis::NearMiss::Difference;

class FftDiagnosis : public testing::OneEngineTest {
 protected:
  const FftProblem problem_{.extent = {24, 20}};
  const std::string bundle_ = compute::make_wisdom<double>(problem_);
};

TEST_F(FftDiagnosis, FindsWisdomThatIsUsed) {
  engine_.fft_plan<double>(problem_);
  const Diagnosis diagnosis = diagnose(engine_, problem_, "double");
  EXPECT_TRUE(diagnosis.usable);
  EXPECT_EQ(diagnosis.verdict, "there is wisdom, and it is used");
  EXPECT_EQ(diagnosis.key, recipes::fft_wisdom_request<double>(problem_).key);
  EXPECT_EQ(diagnosis.entry.value().key, diagnosis.key);
  EXPECT_FALSE(diagnose(engine_, problem_, "single").usable);
}

TEST_F(FftDiagnosis, TellsWhatIsOfAnotherHostAndIsNotUsed) {
  recipes::FftHost processor = this_host(), solvers = this_host();
  processor.cpu = "another processor";
  solvers.signature = "fftw-3.3.9/fftw_wisdom/00000000000000000000000000000000";
  put_bundle(*engine_.disk(), recipes::fft_wisdom_key(problem_, "double", {}, processor), bundle_);
  put_bundle(*engine_.disk(), recipes::fft_wisdom_key(problem_, "double", {}, solvers), bundle_);

  const Diagnosis diagnosis = diagnose(engine_, problem_, "double");
  EXPECT_FALSE(diagnosis.usable);
  EXPECT_EQ(diagnosis.verdict, "there is no wisdom of this transform");
  ASSERT_EQ(diagnosis.near_misses.size(), 2U);
  std::vector<Difference> found;
  for (const auto& miss : diagnosis.near_misses) found.insert(found.end(), miss.differences.begin(), miss.differences.end());
  const std::vector<Difference> expected{{"cpu", "another processor", this_host().cpu}, {"signature", solvers.signature, this_host().signature}};
  EXPECT_TRUE(std::ranges::is_permutation(found, expected));

  // And so it is: the engine measures, and keeps its own beside them.
  EXPECT_EQ(engine_.fft_plan<double>(problem_).provenance().source, "computed");
  EXPECT_TRUE(diagnose(engine_, problem_, "double").usable);
}

TEST_F(FftDiagnosis, NamesEachFieldThatDiffersThoseWithTheFewestFirst) {
  FftProblem threads = problem_, much = problem_, other_size = problem_;
  threads.threads = 2;
  much.in_place = true;
  much.rigor = Rigor::patient;
  much.batch = 3;
  other_size.extent = {20, 24};
  for (const FftProblem& problem : {threads, much, other_size}) {
    put_bundle(*engine_.disk(), recipes::fft_wisdom_key(problem, "double", {}, this_host()), bundle_);
  }
  put_bundle(*engine_.disk(), recipes::fft_wisdom_key(problem_, "double", {.input_alignment = 8, .flags = "unaligned"}, this_host()), bundle_);
  const Diagnosis diagnosis = diagnose(engine_, problem_, "double");
  ASSERT_EQ(diagnosis.near_misses.size(), 3U);
  EXPECT_EQ(diagnosis.near_misses[0].differences, (std::vector<Difference>{{"threads", "2", "1"}}));
  EXPECT_EQ(diagnosis.near_misses[1].differences, (std::vector<Difference>{{"alignment", "8,0", "16"}, {"flags", "unaligned", "none"}}));
  EXPECT_EQ(diagnosis.near_misses[2].differences,
            (std::vector<Difference>{{"batch", "3", "1"}, {"in_place", "true", "false"}, {"rigor", "patient", "measure"}}));
}

TEST_F(FftDiagnosis, HasASentenceForEachReason) {
  std::set<std::string_view> sentences;
  for (const auto& [name, value] : key_of(problem_).parameters()) {
    if (name == "extent" || name == "transform") continue;   // what has others is another transform
    const std::string_view sentence = meaning_of({name, "there", value});
    EXPECT_FALSE(sentence.empty()) << name;
    EXPECT_TRUE(sentences.insert(sentence).second) << name;
  }
  EXPECT_NE(meaning_of({"version", "1", "2"}).find("older"), std::string_view::npos);
  EXPECT_NE(meaning_of({"version", "10", "2"}).find("newer"), std::string_view::npos);
  EXPECT_EQ(meaning_of({"colour", "red", "blue"}), "");
  EXPECT_EQ(meaning_of({"cpu", "-", "this one"}), "") << "a key that does not say it was of this one, perhaps";
}

TEST_F(FftDiagnosis, KnowsKeysOfAnotherVersion) {
  put_bundle(*engine_.disk(), cache::Key("fft_wisdom", 1, {{"extent", problem_.extent}, {"transform", "c2c"}}), bundle_);
  const Diagnosis diagnosis = diagnose(engine_, problem_, "double");
  ASSERT_EQ(diagnosis.near_misses.size(), 1U);
  EXPECT_EQ(diagnosis.near_misses[0].differences.front(), (Difference{"version", "1", "2"}));
}

TEST_F(FftDiagnosis, CountsWhatItDoesNotList) {
  for (int threads = 2; threads <= 12; ++threads) {
    FftProblem other = problem_;
    other.threads = threads;
    put_bundle(*engine_.disk(), recipes::fft_wisdom_key(other, "double", {}, this_host()), bundle_);
  }
  const Diagnosis diagnosis = diagnose(engine_, problem_, "double");
  EXPECT_EQ(diagnosis.near_misses.size(), Diagnosis::kMostNearMisses);
  EXPECT_EQ(diagnosis.more_near_misses, 3U);
}

TEST_F(FftDiagnosis, SaysWhyABundleIsRefused) {
  put_bundle(*engine_.disk(), recipes::fft_wisdom_request<double>(problem_).key, bundle_.substr(0, bundle_.size() - 2));
  const Diagnosis diagnosis = diagnose(engine_, problem_, "double");
  EXPECT_FALSE(diagnosis.usable);
  EXPECT_TRUE(diagnosis.verdict.ends_with("the wisdom is cut off")) << diagnosis.verdict;

  const FftProblem other{.extent = {25}};
  put_bundle(*engine_.disk(), recipes::fft_wisdom_request<double>(other).key, bundle_);
  EXPECT_TRUE(diagnose(engine_, other, "double").verdict.ends_with("does not hold a plan of this problem at this rigor"));
}

TEST_F(FftDiagnosis, SaysWhatWasMovedToQuarantine) {
  engine_.fft_plan<double>(problem_);
  const std::filesystem::path file = engine_.disk()->path_of(recipes::fft_wisdom_request<double>(problem_).key.id());
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << "torn";

  Engine later = engine(folder_.path());
  const Diagnosis diagnosis = diagnose(later, problem_, "double");
  EXPECT_FALSE(diagnosis.usable);
  ASSERT_EQ(diagnosis.notes.size(), 1U);
  EXPECT_NE(diagnosis.notes[0].find("quarantine"), std::string::npos) << diagnosis.notes[0];
}

TEST_F(FftDiagnosis, SaysThatTheCacheIsOffOrCannotBeUsed) {
  Config off = config_for(folder_.path());
  off.disk = false;
  Engine without(off);
  EXPECT_NE(diagnose(without, problem_, "double").verdict.find("the cache is off"), std::string::npos);

  std::ofstream(folder_ / "file") << "no folder";
  Engine nowhere = engine(folder_ / "file");
  EXPECT_NE(diagnose(nowhere, problem_, "double").verdict.find("the cache cannot be used"), std::string::npos);
}

TEST_F(FftDiagnosis, KnowsThatAdaptiveRequestsTakeAnyBundle) {
  FftProblem adaptive = problem_;
  adaptive.rigor = Rigor::adaptive;
  EXPECT_FALSE(diagnose(engine_, adaptive, "double").usable);
  engine_.fft_plan<double>(problem_);
  const Diagnosis diagnosis = diagnose(engine_, adaptive, "double");
  EXPECT_TRUE(diagnosis.usable);
  EXPECT_NE(diagnosis.verdict.find("planned at measure is used"), std::string::npos) << diagnosis.verdict;
}

TEST_F(FftDiagnosis, KnowsThatEstimatesTakeNoWisdom) {
  FftProblem estimated = problem_;
  estimated.rigor = Rigor::estimate;
  EXPECT_NE(diagnose(engine_, estimated, "double").verdict.find("takes no wisdom"), std::string::npos);
}

}  // namespace
}  // namespace almanac::fft
