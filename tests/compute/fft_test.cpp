#include "planned_transform.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <thread>
#include <type_traits>

namespace almanac::compute {
namespace {

constexpr std::array kTransforms{Transform::c2c,  Transform::r2c,  Transform::c2r,  Transform::r2hc, Transform::hc2r,
                                 Transform::dct1, Transform::dct2, Transform::dct3, Transform::dct4, Transform::dst1,
                                 Transform::dst2, Transform::dst3, Transform::dst4};

// Powers of two, odd, composite, prime (17, 31, 97: no codelet), one point; ranks one to four.
const std::vector<std::vector<std::int64_t>> kExtents{
    {1},  {2},  {3},  {4},   {5},   {7},    {8},    {12},   {13},   {16},      {17},      {31},        {45},
    {64}, {97}, {96}, {128}, {100}, {4, 6}, {5, 7}, {8, 8}, {1, 6}, {2, 3, 4}, {4, 4, 5}, {2, 3, 2, 3}};

bool possible(const FftProblem& problem) {
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    if (problem.transform[axis] == Transform::dct1 && problem.extent[axis] < 2) return false;
  }
  return true;
}

template <class Real>
class Fft : public testing::Test {
 protected:
  static constexpr double kUnitRoundoff = std::numeric_limits<Real>::epsilon() / 2;

  static void expect_the_direct_sum(const FftProblem& problem) {
    SCOPED_TRACE(describe(problem));
    const auto input = direct::random_input(problem, 1);
    const PlannedTransform<Real> planned_transform = planned<Real>(problem);
    const auto output = planned_transform(input);
    const double allowed = direct::error_bound(problem, kUnitRoundoff) * norm(input);
    EXPECT_LE(distance(output, direct::transform(problem, input)), allowed);
    EXPECT_TRUE(planned_transform.input_is_intact());
    EXPECT_TRUE(planned_transform.gaps_are_intact());
  }
};

using Precisions = testing::Types<float, double, long double>;
TYPED_TEST_SUITE(Fft, Precisions);

TYPED_TEST(Fft, IsTheDirectSumForEveryTransformSizeAndPlacement) {
  for (Transform transform : kTransforms) {
    for (const auto& extent : kExtents) {
      for (bool in_place : {false, true}) {
        for (std::int64_t batch : {1, 3}) {
          FftProblem problem{.extent = extent, .transform = transform, .batch = batch, .in_place = in_place,
                             .rigor = Rigor::estimate};
          if (!possible(problem)) continue;
          this->expect_the_direct_sum(problem);
          if (transform != Transform::c2c) continue;
          problem.direction = Direction::backward;
          this->expect_the_direct_sum(problem);
        }
      }
    }
  }
}

TYPED_TEST(Fft, IsTheDirectSumWhenTheKindsDifferByAxis) {
  const std::vector<std::vector<Transform>> kinds{{Transform::dct2, Transform::dst1},
                                                  {Transform::dst4, Transform::r2hc},
                                                  {Transform::hc2r, Transform::dct3},
                                                  {Transform::dct1, Transform::dst3, Transform::hc2r}};
  for (const auto& transforms : kinds) {
    for (bool in_place : {false, true}) {
      std::vector<std::int64_t> extent{6, 5};
      if (transforms.size() == 3) extent.push_back(4);
      this->expect_the_direct_sum(
          {.extent = extent, .transform = transforms, .batch = 2, .in_place = in_place, .rigor = Rigor::estimate});
    }
  }
}

TYPED_TEST(Fft, IsTheDirectSumWhenMeasuredAndWithThreads) {
  for (Transform transform : kTransforms) {
    this->expect_the_direct_sum({.extent = {20}, .transform = transform, .batch = 2});
  }
  this->expect_the_direct_sum({.extent = {12, 10}, .transform = Transform::r2c, .rigor = Rigor::estimate, .threads = 2});
  this->expect_the_direct_sum(
      {.extent = {12, 10}, .transform = Transform::c2r, .in_place = true, .rigor = Rigor::estimate, .threads = 2});
  this->expect_the_direct_sum({.extent = {16, 9}, .transform = Transform::c2c, .rigor = Rigor::patient});
}

TYPED_TEST(Fft, GivesTheDataBackTimesTheNormalisation) {
  for (Transform transform : kTransforms) {
    for (bool in_place : {false, true}) {
      FftProblem there{.extent = {9, 14}, .transform = transform, .batch = 2, .in_place = in_place, .rigor = Rigor::estimate};
      FftProblem back = there;
      back.transform = inverse(transform);
      back.direction = Direction::backward;
      SCOPED_TRACE(describe(there));
      const auto input = direct::random_input(there, 2);
      auto output = planned<TypeParam>(back)(planned<TypeParam>(there)(input));
      for (auto& value : output) value /= static_cast<long double>(normalisation(there));
      // Each way adds its error; the second multiplies the first's by its norm.
      const double norms = direct::error_bound(there, 1) * direct::error_bound(back, 1);
      const double factors = norms / normalisation(there);
      EXPECT_LE(distance(output, input), 2 * factors * this->kUnitRoundoff * norm(input));
    }
  }
}

TYPED_TEST(Fft, KeepsTheEnergyAsParsevalSays) {
  const FftProblem problem{.extent = {30, 49}, .rigor = Rigor::estimate};
  const auto input = direct::random_input(problem, 3);
  const double energy = norm(planned<TypeParam>(problem)(input));
  const double expected = std::sqrt(normalisation(problem)) * norm(input);
  EXPECT_NEAR(energy, expected, direct::error_bound(problem, this->kUnitRoundoff) * norm(input));
}

// Not for long double: each of its numbers is aligned wherever an array of them begins.
template <class Real>
class UnalignedFft : public testing::Test {};
using UnalignedPrecisions = testing::Types<float, double>;
TYPED_TEST_SUITE(UnalignedFft, UnalignedPrecisions);

TYPED_TEST(UnalignedFft, GivesTheSameBitsWhereverTheArraysLie) {
  for (Transform transform : kTransforms) {
    for (bool in_place : {false, true}) {
      const FftProblem problem{.extent = {8, 32}, .transform = transform, .batch = 3, .in_place = in_place};
      SCOPED_TRACE(describe(problem));
      const PlannedTransform<TypeParam> transformed = planned<TypeParam>(problem);
      const auto input = transformed.pack(direct::random_input(problem, 4));
      const auto aligned = transformed.unpack(transformed.execute(input));
      for (std::size_t shift = 1; shift < 5; ++shift) {
        EXPECT_TRUE(transformed.unpack(transformed.execute(input, shift)) == aligned) << shift;
      }
      EXPECT_TRUE(transformed.input_is_intact());
    }
  }
}

TYPED_TEST(Fft, GivesTheSameBitsWhenEstimatedAgain) {
  const FftProblem problem{.extent = {48, 35}, .transform = Transform::r2c, .rigor = Rigor::estimate};
  const FftPlan<TypeParam> first(problem, "");
  make_wisdom<TypeParam>({.extent = {48, 35}, .transform = Transform::r2c});
  const FftPlan<TypeParam> second(problem, "");
  std::vector<TypeParam> in(first.input_size());
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = std::sin(static_cast<TypeParam>(i));
  std::vector<std::complex<TypeParam>> a(first.output_size());
  auto b = a;
  first.execute(in, a);
  second.execute(in, b);
  EXPECT_EQ(a, b);
}

TYPED_TEST(Fft, ExecutesInManyThreadsAtOnce) {
  const FftProblem problem{.extent = {24, 18}, .transform = Transform::c2r};
  const FftPlan<TypeParam> plan(problem, make_wisdom<TypeParam>(problem));
  std::vector<std::complex<TypeParam>> in(plan.input_size() + 1);
  std::mt19937 generator(5);
  for (auto& value : in) value = {std::uniform_real_distribution<TypeParam>(-1, 1)(generator), 0};
  const auto spectrum = std::span<const std::complex<TypeParam>>(in).first(plan.input_size());
  std::vector<TypeParam> expected(plan.output_size());
  plan.execute(spectrum, expected);

  std::array<int, 4> wrong{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      std::vector<TypeParam> out(plan.output_size() + 1);
      const auto result = std::span(out).subspan(t % 2, plan.output_size());    // every other one misaligned
      for (int repetition = 0; repetition < 50; ++repetition) {
        plan.execute(spectrum, result);
        wrong[t] += std::equal(expected.begin(), expected.end(), result.begin()) ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

TYPED_TEST(Fft, PlansInManyThreadsAtOnce) {
  const std::vector<std::vector<std::int64_t>> extents{{30}, {6, 8}, {17}, {64}};
  std::vector<std::string> bundles;
  for (const auto& extent : extents) bundles.push_back(make_wisdom<TypeParam>({.extent = extent}));

  std::array<int, 4> wrong{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      const FftProblem problem{.extent = extents[t]};
      const auto input = direct::random_input(problem, 6);
      const auto expected = direct::transform(problem, input);
      const double allowed = direct::error_bound(problem, this->kUnitRoundoff) * norm(input);
      for (int repetition = 0; repetition < 10; ++repetition) {
        const PlannedTransform<TypeParam> transformed(FftPlan<TypeParam>(problem, bundles[t]));
        wrong[t] += distance(transformed(input), expected) <= allowed ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

TEST(FftPlan, IsMoveOnly) {
  static_assert(std::is_nothrow_move_constructible_v<FftPlan<double>>);
  static_assert(std::is_nothrow_move_assignable_v<FftPlan<double>>);
  static_assert(!std::is_copy_constructible_v<FftPlan<double>>);
  FftPlan<double> plan({.extent = {4}, .transform = Transform::dct2, .rigor = Rigor::estimate}, "");
  FftPlan<double> other = std::move(plan);
  EXPECT_EQ(other.input_size(), 4U);
  EXPECT_EQ(other.normalisation(), 8);
}

TEST(FftPlan, KnowsItsSizes) {
  const auto sizes = [](Transform transform, bool in_place) {
    const FftPlan<float> plan({.extent = {3, 5}, .transform = transform, .batch = 2, .in_place = in_place,
                               .rigor = Rigor::estimate}, "");
    return std::pair(plan.input_size(), plan.output_size());
  };
  EXPECT_EQ(sizes(Transform::c2c, false), std::pair(30UL, 30UL));
  EXPECT_EQ(sizes(Transform::r2c, false), std::pair(30UL, 18UL));
  EXPECT_EQ(sizes(Transform::c2r, false), std::pair(18UL, 30UL));
  EXPECT_EQ(sizes(Transform::r2c, true), std::pair(36UL, 36UL));
  EXPECT_EQ(sizes(Transform::c2r, true), std::pair(36UL, 36UL));
  EXPECT_EQ(sizes(Transform::dst1, true), std::pair(30UL, 30UL));
}

TEST(FftPlan, RefusesArraysThatDoNotFit) {
  using Complex = std::complex<double>;
  const FftPlan<double> plan({.extent = {8}, .rigor = Rigor::estimate}, "");
  const FftPlan<double> in_place({.extent = {8}, .transform = Transform::dct2, .in_place = true, .rigor = Rigor::estimate}, "");
  std::vector<Complex> in(8), out(8), both(12);
  std::vector<double> reals(8), other(8);
  const auto parameter = [](auto&& run) -> std::string {
    try {
      run();
    } catch (const ArgumentError& error) {
      return error.parameter() + " = " + error.value();
    }
    return "accepted";
  };
  const std::span<const Complex> input = in;
  EXPECT_EQ(parameter([&] { plan.execute(input, out); }), "accepted");
  EXPECT_EQ(parameter([&] { plan.execute(input.first(7), out); }), "in.size() = 7");
  EXPECT_EQ(parameter([&] { plan.execute(input, both); }), "out.size() = 12");
  EXPECT_EQ(parameter([&] { plan.execute(input, in); }), "out = an array that overlaps in");
  EXPECT_EQ(parameter([&] { plan.execute(std::span<const Complex>(both).first(8), std::span(both).subspan(4)); }),
            "out = an array that overlaps in");
  EXPECT_EQ(parameter([&] { plan.execute(std::span(in)); }), "plan = c2c out of place");
  EXPECT_EQ(parameter([&] { plan.execute(reals, other); }), "plan = c2c out of place");
  EXPECT_EQ(parameter([&] { plan.execute(std::span(reals)); }), "plan = c2c out of place");
  EXPECT_EQ(parameter([&] { in_place.execute(reals, other); }), "plan = dct2 in place");
  EXPECT_EQ(parameter([&] { in_place.execute(std::span(in)); }), "plan = dct2 in place");
  EXPECT_EQ(parameter([&] { in_place.execute(std::span(reals).first(3)); }), "data.size() = 3");
}

std::string refused(const FftProblem& problem) {
  try {
    check(problem);
  } catch (const ArgumentError& error) {
    return error.parameter() + " = " + error.value();
  }
  return "accepted";
}

TEST(FftProblem, IsRefusedWithParameterAndValue) {
  EXPECT_EQ(refused({.extent = {4, 4}}), "accepted");
  EXPECT_EQ(refused({.extent = {}}), "extent = 0 axes");
  EXPECT_EQ(refused({.extent = std::vector<std::int64_t>(33, 1)}), "extent = 33 axes");
  EXPECT_EQ(refused({.extent = {4, 0}}), "extent[1] = 0");
  EXPECT_EQ(refused({.extent = {-3}}), "extent[0] = -3");
  EXPECT_EQ(refused({.extent = {1}, .transform = Transform::dct1}), "extent[0] = 1");
  EXPECT_EQ(refused({.extent = {4}, .transform = {Transform::dct1, Transform::dct2}}), "transform = dct1,dct2");
  EXPECT_EQ(refused({.extent = {4}, .transform = std::vector<Transform>{}}), "transform = ");
  EXPECT_EQ(refused({.extent = {4, 4}, .transform = {Transform::r2c, Transform::dct2}}), "transform = r2c,dct2");
  EXPECT_EQ(refused({.extent = {4, 4}, .transform = {Transform::c2c, Transform::r2c}}), "transform = c2c,r2c");
  EXPECT_EQ(refused({.extent = {4}, .transform = static_cast<Transform>(99)}), "transform = 99");
  EXPECT_EQ(refused({.extent = {4}, .direction = static_cast<Direction>(2)}), "direction = 2");
  EXPECT_EQ(refused({.extent = {4}, .rigor = static_cast<Rigor>(-1)}), "rigor = -1");
  EXPECT_EQ(refused({.extent = {4}, .rigor = Rigor::adaptive}), "rigor = adaptive");
  EXPECT_EQ(refused({.extent = {4}, .batch = 0}), "batch = 0");
  EXPECT_EQ(refused({.extent = {4}, .threads = 0}), "threads = 0");
  EXPECT_EQ(refused({.extent = {4}, .threads = 1025}), "threads = 1025");
}

TEST(FftProblem, IsRefusedWhenItDoesNotFitIntoMemory) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  EXPECT_EQ(refused({.extent = {kHuge}}), "extent = 4611686018427387904 with batch 1");
  EXPECT_EQ(refused({.extent = {1 << 30, 1 << 30, 1 << 30}}), "extent = 1073741824x1073741824x1073741824 with batch 1");
  EXPECT_EQ(refused({.extent = {1024}, .transform = Transform::r2c, .batch = kHuge}),
            "extent = 1024 with batch 4611686018427387904");
  EXPECT_THROW(FftPlan<float>({.extent = {kHuge}, .rigor = Rigor::estimate}, ""), ArgumentError);
  EXPECT_THROW(make_wisdom<double>({.extent = {kHuge}}), ArgumentError);
}

TEST(FftProblem, SaysItsNormalisation) {
  EXPECT_EQ(normalisation({.extent = {6, 5}}), 30);
  EXPECT_EQ(normalisation({.extent = {6, 5}, .transform = Transform::r2c}), 30);
  EXPECT_EQ(normalisation({.extent = {6}, .transform = Transform::dct1}), 10);
  EXPECT_EQ(normalisation({.extent = {6}, .transform = Transform::dst1}), 14);
  EXPECT_EQ(normalisation({.extent = {6, 5}, .transform = {Transform::dct4, Transform::r2hc}}), 60);
}

TEST(FftNames, ReadBackAsWritten) {
  for (Transform transform : kTransforms) EXPECT_EQ(parse_transform(to_string(transform)), transform);
  for (Direction direction : {Direction::forward, Direction::backward}) {
    EXPECT_EQ(parse_direction(to_string(direction)), direction);
  }
  for (Rigor rigor : {Rigor::estimate, Rigor::measure, Rigor::patient, Rigor::exhaustive, Rigor::adaptive}) {
    EXPECT_EQ(parse_rigor(to_string(rigor)), rigor);
  }
  EXPECT_EQ(to_string(Transform::dct4), "dct4");
  EXPECT_FALSE(parse_transform("dct5"));
  EXPECT_FALSE(parse_transform(""));
  EXPECT_FALSE(parse_direction("Forward"));
  EXPECT_FALSE(parse_rigor("Measure"));
}

}  // namespace
}  // namespace almanac::compute
