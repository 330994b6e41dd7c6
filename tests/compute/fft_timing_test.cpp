#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_timing.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace almanac::compute {
namespace {

using std::chrono::nanoseconds;

template <class Real>
class FftTiming : public testing::Test {};

using Precisions = testing::Types<float, double, long double>;
TYPED_TEST_SUITE(FftTiming, Precisions);

TYPED_TEST(FftTiming, TimesEachPlanOfEveryForm) {
  std::vector<FftProblem> problems{{.extent = {12}, .split = true}, {.extent = {12}, .split = true, .in_place = true}};
  for (const Transform kind : {Transform::c2c, Transform::r2c, Transform::c2r, Transform::dct2}) {
    for (const bool in_place : {false, true}) {
      problems.push_back({.extent = {12}, .transform = kind, .in_place = in_place});
      problems.push_back({.extent = {12}, .transform = kind, .batch = 3, .in_place = in_place});
    }
  }
  problems.push_back({.extent = {12}, .transform = Transform::r2c, .split = true});
  problems.push_back({.extent = {12}, .transform = Transform::c2r, .split = true});
  problems.push_back({.extent = {12}, .strides = {{{{3, 2}}, {{2, 1, 1}}}}});
  for (FftProblem problem : problems) {
    const FftPlan<TypeParam> measured(problem, make_wisdom<TypeParam>(problem));
    problem.rigor = Rigor::estimate;
    const FftPlan<TypeParam> estimated(problem, "");
    const std::vector<const FftPlan<TypeParam>*> plans{&measured, &estimated};
    const auto seconds = execution_seconds<TypeParam>(plans, nanoseconds(1000));
    ASSERT_EQ(seconds.size(), 2U);
    for (const double time : seconds) EXPECT_TRUE(std::isfinite(time) && time > 0) << time;
  }
}

TEST(ExecutionSeconds, ExecutesEachPlanThreeTimesWhateverTheBudget) {
  const FftPlan<double> plan({.extent = {16}, .rigor = Rigor::estimate}, "");
  const std::vector<const FftPlan<double>*> plans{&plan, &plan};
  int asked = 0;
  const auto seconds = execution_seconds<double>(plans, nanoseconds(0), [&] { return ++asked < 0; });
  EXPECT_EQ(seconds.size(), 2U);
  EXPECT_EQ(asked, 6);    // once before each execution
}

TEST(ExecutionSeconds, UsesItsBudget) {
  const FftPlan<double> plan({.extent = {16}, .rigor = Rigor::estimate}, "");
  const std::vector<const FftPlan<double>*> plans{&plan};
  int asked = 0;
  execution_seconds<double>(plans, std::chrono::milliseconds(20), [&] { return ++asked < 0; });
  EXPECT_GT(asked, 3);
}

TEST(ExecutionSeconds, StopsBetweenExecutionsWithoutAnAnswer) {
  const FftPlan<double> plan({.extent = {16}, .rigor = Rigor::estimate}, "");
  const std::vector<const FftPlan<double>*> plans{&plan, &plan};
  for (const int calls : {1, 2, 6, 9}) {
    int asked = 0;
    EXPECT_TRUE(execution_seconds<double>(plans, std::chrono::hours(10), [&] { return ++asked == calls; }).empty());
    EXPECT_EQ(asked, calls);
  }
}

TEST(ExecutionSeconds, HasNothingToSayOfNoPlans) { EXPECT_TRUE(execution_seconds<double>({}, nanoseconds(0)).empty()); }

std::string refusal_to_compare(FftProblem first, FftProblem second) {
  first.rigor = second.rigor = Rigor::estimate;
  const FftPlan<double> plan(first, ""), other(second, "");
  const std::vector<const FftPlan<double>*> plans{&plan, &plan, &other};
  try {
    execution_seconds<double>(plans, nanoseconds(0));
  } catch (const ArgumentError& error) {
    return error.parameter() + " = " + error.value();
  }
  return "accepted";
}

TEST(ExecutionSeconds, RefusesPlansOfAnotherProblem) {
  using enum Transform;
  const FftProblem problem{.extent = {16, 12}}, columns{.extent = {16}, .strides = {{{{4, 4}}, {{4, 1, 1}}}}};
  EXPECT_EQ(refusal_to_compare(problem, {.extent = {16, 12}, .transform = {c2c, c2c}}), "accepted");
  EXPECT_EQ(refusal_to_compare({.extent = {8}, .transform = dct2}, {.extent = {8}, .transform = dct2, .direction = Direction::backward}),
            "accepted");    // which has no meaning there
  EXPECT_EQ(refusal_to_compare(problem, {.extent = {12, 16}}), "plans[2] = a plan of another extent");
  EXPECT_EQ(refusal_to_compare({.extent = {8, 8}, .transform = {dct2, dst2}}, {.extent = {8, 8}, .transform = dct2}),
            "plans[2] = a plan of another transform");
  EXPECT_EQ(refusal_to_compare(problem, {.extent = {16, 12}, .direction = Direction::backward}), "plans[2] = a plan of another direction");
  EXPECT_EQ(refusal_to_compare(problem, {.extent = {16, 12}, .batch = 2}), "plans[2] = a plan of another batch");
  EXPECT_EQ(refusal_to_compare(columns, {.extent = {16}, .strides = {{{{1, 1}}, {{4, 16, 16}}}}}), "plans[2] = a plan of other strides");
  EXPECT_EQ(refusal_to_compare(problem, {.extent = {16, 12}, .split = true}), "plans[2] = a plan of another split");
  EXPECT_EQ(refusal_to_compare(problem, {.extent = {16, 12}, .in_place = true}), "plans[2] = a plan of another placement");
  EXPECT_EQ(refusal_to_compare(problem, {.extent = {16, 12}, .threads = 2}), "plans[2] = a plan of other threads");
}

}  // namespace
}  // namespace almanac::compute
