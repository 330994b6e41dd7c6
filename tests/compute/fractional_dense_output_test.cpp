#include "fractional_problems.hpp"

#include <almanac/compute/time_mesh.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

/// The largest error between steps, of those in [from, to].
double largest_between(const FractionalSolution& solution, double from, double to, const std::function<double(double)>& exact) {
  double most = 0, y = 0;
  for (std::size_t n = 1; n < solution.times().size(); ++n)
    for (const double part : {0.2, 0.5, 0.9}) {
      const double t = solution.times()[n - 1] + part * (solution.times()[n] - solution.times()[n - 1]);
      if (t < from || t > to) continue;
      solution.evaluate(t, {&y, 1});
      most = std::max(most, std::abs(y - exact(t)));
    }
  return most;
}

TEST(FractionalDenseOutput, LosesNoOrder) {
  for (const FractionalScheme scheme :
       {FractionalScheme::grunwald, FractionalScheme::bdf2, FractionalScheme::bdf4, FractionalScheme::newton_gregory}) {
    const double alpha = 0.6, said = fractional_order(scheme, alpha);
    const double order = measured_order(
        [&](std::int64_t steps) {
          return largest_between(solve_fractional(relaxation(alpha, 1), {.end = 2, .steps = steps}, {.scheme = scheme}), 0.5, 2,
                                 [&](double t) { return mittag_leffler(alpha, 1, -std::pow(t, alpha)); });
        },
        60, 2);
    EXPECT_NEAR(order, said, 0.3) << to_string(scheme);
  }
}

TEST(FractionalDenseOutput, FollowsThePowerOfTheStart) {
  // y = 1 + t^alpha (1 - t) is one of what is interpolated in the first steps exactly, up to the error of the steps themselves
  const double alpha = 0.5;
  const auto exact = [&](double t) { return 1 + std::pow(t, alpha) * (1 - t); };
  FractionalEquation equation = single_term(alpha,
                                            [&](double t, std::span<const double> y, std::span<double> out) {
                                              out[0] = exact(t) - y[0] + std::tgamma(1.5) - std::tgamma(2.5) * t;
                                            },
                                            {1.0});
  const FractionalSolution solution = solve_fractional(
      equation, {.end = 1, .steps = 20}, {.scheme = FractionalScheme::bdf3, .start = StartCorrection::starting_weights});
  EXPECT_LT(largest_between(solution, 0, 0.15, exact), 1e-12);
  double y = 0;
  for (std::size_t n = 0; n <= 20; ++n) {
    solution.evaluate(solution.times()[n], {&y, 1});
    EXPECT_EQ(y, solution.values()[n]);
  }
}

TEST(FractionalDenseOutput, HoldsOnGradedMeshes) {
  const double alpha = 0.5;
  const double order = measured_order(
      [&](std::int64_t steps) {
        const std::vector<double> mesh = graded_mesh(1.0, static_cast<std::uint64_t>(steps), (2 - alpha) / alpha);
        return largest_between(solve_fractional(relaxation(alpha, 1), {.mesh = mesh}, {.scheme = FractionalScheme::l1}), 0, 1,
                               [&](double t) { return mittag_leffler(alpha, 1, -std::pow(t, alpha)); });
      },
      40, 2);
  EXPECT_NEAR(order, 1.5, 0.2);
}

TEST(FractionalDenseOutput, IsThereForOneStep) {
  const FractionalSolution solution =
      solve_fractional(relaxation(0.5, 1), {.end = 1, .steps = 1}, {.scheme = FractionalScheme::bdf2});
  double y = 0;
  solution.evaluate(0.25, {&y, 1});
  EXPECT_NEAR(y, 1 + (solution.at_step(1)[0] - 1) * 0.5, 1e-15);
}

// D^alpha of t^gamma is Gamma(gamma+1) / Gamma(gamma-alpha+1) t^(gamma-alpha).
double derivative_of_power(double gamma, double alpha, double t) {
  return std::tgamma(gamma + 1) / std::tgamma(gamma - alpha + 1) * std::pow(t, gamma - alpha);
}

TEST(FractionalDenseOutput, FollowsThePowersThatRiemannAndLiouvilleBeginWith) {
  // y = t^(alpha-1) / Gamma(alpha) + t^power (1 - t); starting weights make the steps exact, so that what is left is the interpolation
  struct {
    double alpha, power;
    std::vector<double> initial;
  } const cases[] = {{1.5, 1.5, {1, 0}}, {0.6, 0.2, {1}}};
  for (const auto& [alpha, power, initial] : cases) {
    const auto exact = [alpha = alpha, power = power](double t) {
      return std::pow(t, alpha - 1) / std::tgamma(alpha) + std::pow(t, power) * (1 - t);
    };
    FractionalEquation equation = single_term(
        alpha,
        [&, alpha = alpha, power = power](double t, std::span<const double> y, std::span<double> out) {
          out[0] = exact(t) - y[0] + derivative_of_power(power, alpha, t) - derivative_of_power(power + 1, alpha, t);
        },
        initial);
    equation.derivative = FractionalDerivative::riemann_liouville;
    const FractionalSolution solution = solve_fractional(
        equation, {.end = 1, .steps = 20},
        {.scheme = FractionalScheme::bdf3, .start = StartCorrection::starting_weights, .start_exponents = {power, power + 1}});
    // of the polynomial's own h^4 there is nothing, as q is linear
    EXPECT_LT(largest_between(solution, 0, 0.15, exact), 1e-11) << alpha;
  }
}

TEST(FractionalDenseOutput, PassesThroughTheFirstSampleOfGruenwaldAndLetnikov) {
  FractionalEquation equation = relaxation(0.7, 1);
  equation.derivative = FractionalDerivative::grunwald_letnikov;
  const FractionalSolution solution =
      solve_fractional(equation, {.end = 1, .steps = 10}, {.scheme = FractionalScheme::grunwald});
  ASSERT_EQ(solution.interpolation_degree(), 1);
  for (const std::int64_t n : {0, 1, 5, 9})
    for (const double part : {0.001, 0.25, 0.9}) {
      double y = 0;
      solution.evaluate((static_cast<double>(n) + part) / 10, {&y, 1});
      EXPECT_NEAR(y, (1 - part) * solution.at_step(n)[0] + part * solution.at_step(n + 1)[0], 1e-14) << n << ", " << part;
    }
  equation.initial = {0};
  equation.f = [](double, std::span<const double> y, std::span<double> out) { out[0] = 1 - y[0]; };
  const FractionalSolution from_zero =
      solve_fractional(equation, {.end = 1, .steps = 10}, {.scheme = FractionalScheme::grunwald});
  double y = 0;
  from_zero.evaluate(0.05, {&y, 1});
  // t^0.7 times the straight line through y_1 / t_1^0.7 and y_2 / t_2^0.7
  const double q1 = from_zero.at_step(1)[0] / std::pow(0.1, 0.7), q2 = from_zero.at_step(2)[0] / std::pow(0.2, 0.7);
  EXPECT_NEAR(y, std::pow(0.05, 0.7) * (1.5 * q1 - 0.5 * q2), 1e-14);
}

TEST(FractionalDenseOutput, TakesTheOrderOfTheFirstStepWhereItVaries) {
  FractionalEquation equation = relaxation(0.9, 1);
  equation.variable_order = [](double t) { return 0.4 + 0.4 * t; };
  const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 10}, {.scheme = FractionalScheme::l1});
  ASSERT_EQ(solution.interpolation_degree(), 2);
  double y = 0;
  solution.evaluate(0.05, {&y, 1});
  // y - 1 = t^0.44 q(t), q the parabola through steps 1, 2 and 3, half a step before them
  double expected = 0;
  const double lagrange[] = {1.5 * 2.5 / 2, -0.5 * 2.5, 0.5 * 1.5 / 2};
  for (int n = 1; n <= 3; ++n) expected += lagrange[n - 1] * (solution.at_step(n)[0] - 1) / std::pow(0.1 * n, 0.44);
  EXPECT_NEAR(y, 1 + std::pow(0.05, 0.44) * expected, 1e-13);
}

}  // namespace
}  // namespace almanac::compute
