#include "wisdom_configurations.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/mixed_wisdom.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace almanac::compute {
namespace {

const std::vector<FftProblem>& mixed_problems() {
  static const std::vector<FftProblem> some{{.extent = {12, 10}},
                                            {.extent = {4096}},
                                            {.extent = {4096}, .direction = Direction::backward},
                                            {.extent = {40}, .transform = Transform::r2c},
                                            {.extent = {40}, .transform = Transform::c2r},
                                            {.extent = {64}, .batch = 3},
                                            {.extent = {32, 32}, .in_place = true},
                                            {.extent = {16, 9}, .transform = Transform::dct2},
                                            {.extent = {128, 128}, .threads = 2}};
  return some;
}

std::vector<std::string> records_of(const std::string& wisdom) {
  std::vector<std::string> records;
  for (std::size_t begin = wisdom.find('\n') + 1; wisdom[begin] != ')';) {
    const std::size_t end = wisdom.find('\n', begin) + 1;
    records.push_back(wisdom.substr(begin, end - begin));
    begin = end;
  }
  return records;
}

// FFTW exports them in the order of its table, which depends on what else there was.
std::vector<std::string> sorted_records(const std::string& wisdom) {
  std::vector<std::string> records = wisdom.empty() ? std::vector<std::string>() : records_of(wisdom);
  std::ranges::sort(records);
  return records;
}

std::string with_records(const std::string& wisdom, const std::vector<std::string>& records) {
  std::string text = wisdom.substr(0, wisdom.find('\n') + 1);
  for (const std::string& record : records) text += record;
  return text + ")\n";
}

// The records of all problems in one text, as a program that planned them all exports them.
const std::string& mixed_text() {
  static const std::string text = [] {
    std::vector<std::string> all;
    std::string last;
    for (const FftProblem& problem : mixed_problems()) {
      last = make_wisdom<double>(problem);
      for (const std::string& record : records_of(last)) {
        if (std::ranges::find(all, record) == all.end()) all.push_back(record);
      }
    }
    return with_records(last, all);
  }();
  return text;
}

std::string reason(const std::string& text) {
  try {
    const MixedWisdom<double> wisdom(text);
    return {};
  } catch (const WisdomError& error) {
    return error.what();
  }
}

TEST(MixedWisdom, GivesEachProblemABundleOfItsOwn) {
  const MixedWisdom<double> wisdom(mixed_text());
  EXPECT_LE(wisdom.records(), records_of(mixed_text()).size());
  for (const FftProblem& problem : mixed_problems()) {
    const std::string bundle = wisdom.bundle_of(problem);
    ASSERT_EQ(refuse_wisdom<double>(bundle), "");
    EXPECT_NO_THROW(FftPlan<double>(problem, bundle));
    // All of it is needed.
    const std::vector<std::string> records = records_of(bundle);
    for (std::size_t left_out = 0; left_out < records.size(); ++left_out) {
      std::vector<std::string> fewer = records;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
      EXPECT_THROW(FftPlan<double>(problem, with_records(bundle, fewer)), WisdomError);
    }
  }
}

TEST(MixedWisdom, GivesThePlanThatAllOfItGives) {
  const MixedWisdom<double> wisdom(mixed_text());
  const WisdomConfiguration large{.precision = Precision::standard, .problem = mixed_problems()[1]};
  EXPECT_TRUE(bits_with_wisdom(large, wisdom.bundle_of(large.problem)) == bits_with_wisdom(large, mixed_text()));
}

TEST(MixedWisdom, HasNothingForProblemsThatAreNotInIt) {
  const MixedWisdom<double> wisdom(mixed_text());
  EXPECT_EQ(wisdom.bundle_of({.extent = {41}}), "");
  EXPECT_EQ(wisdom.bundle_of({.extent = {12, 10}, .in_place = true}), "");
  EXPECT_EQ(wisdom.bundle_of({.extent = {12, 10}, .rigor = Rigor::patient}), "");
  EXPECT_THROW(wisdom.bundle_of({.extent = {12, 10}, .rigor = Rigor::estimate}), ArgumentError);
  EXPECT_THROW(wisdom.bundle_of({.extent = {0}}), ArgumentError);
}

TEST(MixedWisdom, ServesLowerRigorsThanItWasMadeAt) {
  const FftProblem patient{.extent = {60, 60}, .rigor = Rigor::patient}, measured{.extent = {60, 60}};
  const MixedWisdom<float> wisdom(make_wisdom<float>(patient));
  EXPECT_EQ(wisdom.bundle_of(measured), wisdom.bundle_of(patient));
  EXPECT_NO_THROW(FftPlan<float>(measured, wisdom.bundle_of(patient)));
}

TEST(MixedWisdom, GivesTheHighestRigorThereIs) {
  for (const std::vector<std::int64_t>& extent : {std::vector<std::int64_t>{1000}, {64, 48}}) {
    SCOPED_TRACE(extent.front());
    const FftProblem patient{.extent = extent, .rigor = Rigor::patient}, measured{.extent = extent};
    const std::string better = make_wisdom<double>(patient);
    std::vector<std::string> records = records_of(make_wisdom<double>(measured));    // the first that FFTW comes to
    for (const std::string& record : records_of(better)) records.push_back(record);
    const MixedWisdom<double> wisdom(with_records(better, records));
    const std::string bundle = wisdom.bundle_of(measured);
    EXPECT_EQ(sorted_records(bundle), sorted_records(MixedWisdom<double>(better).bundle_of(patient)));
    EXPECT_NO_THROW(FftPlan<double>(measured, bundle));
  }
}

TEST(MixedWisdom, GivesTheSameWhileAScopeIsOpen) {
  const MixedWisdom<double> wisdom(mixed_text());
  std::vector<std::string> alone;
  for (const FftProblem& problem : mixed_problems()) alone.push_back(wisdom.bundle_of(problem));

  const FftPlanningScope scope;
  const auto other = std::make_unique<MixedWisdom<double>>(alone[0]);
  for (std::size_t i = 0; i < mixed_problems().size(); ++i) {
    EXPECT_EQ(wisdom.bundle_of({.extent = {41}}), "");
    EXPECT_EQ(wisdom.bundle_of(mixed_problems()[i]), alone[i]);
    EXPECT_EQ(wisdom.bundle_of({.extent = {41}}), "");    // now it holds all of it again
    EXPECT_EQ(sorted_records(other->bundle_of(mixed_problems()[i])), sorted_records(i == 0 ? alone[0] : ""));
    EXPECT_EQ(wisdom.bundle_of({.extent = {41}}), "");
    EXPECT_THROW(FftPlan<double>(mixed_problems()[i], alone[(i + 1) % alone.size()]), WisdomError);    // nothing of it is left
  }
}

TEST(MixedWisdom, PassesOverTimeouts) {
  const std::string bundle = make_wisdom<long double>({.extent = {48}});
  std::string text = bundle;
  text.insert(text.find('\n') + 1, "  (TIMEOUT 0 #x11bdd #x11bdd #x1f #x00000001 #x00000002 #x00000003 #x00000004)\n");
  EXPECT_EQ(MixedWisdom<long double>(text).records(), records_of(bundle).size());
}

TEST(MixedWisdom, IsRefusedWithLineAndReason) {
  EXPECT_EQ(reason(""), "there is no wisdom");
  EXPECT_EQ(reason("garbage\n"), "line 1: this is not the header of FFTW wisdom");
  EXPECT_EQ(reason(make_wisdom<float>({.extent = {12}})), "line 1: wisdom of another precision");
  EXPECT_EQ(reason(mixed_text().substr(0, mixed_text().size() - 2)),
            "line " + std::to_string(records_of(mixed_text()).size() + 2) + ": the wisdom is cut off");
  EXPECT_EQ(reason(std::string(kMaxMixedWisdomBytes + 1, ' ')), "4194305 bytes: wisdom has at most 4194304");
  const std::string unknown = "  (fftw_codelet_of_nobody 0 #x11bdd #x11bdd #x0 #x00000001 #x00000002 #x00000003 #x00000004)\n";
  EXPECT_EQ(reason(with_records(mixed_text(), {unknown})), "it names solvers that this FFTW does not have");
  const std::string huge = "  (fftw_codelet_n1_2 0 #xfffff0 #xfffff0 #x0 #x00000001 #x00000002 #x00000003 #x00000004)\n";
  EXPECT_EQ(reason(with_records(mixed_text(), {huge})), "line 2: the planner's flags do not fit 20 bits");
}

}  // namespace
}  // namespace almanac::compute
