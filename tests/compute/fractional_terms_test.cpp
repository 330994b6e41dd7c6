#include "fractional_problems.hpp"
#include "quadrature_golden.hpp"

#include <almanac/compute/distributed_order.hpp>
#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>

namespace almanac::compute {
namespace {

/// R08: y''' + D^(5/2) y + y'' + 4 y' + D^(1/2) y + 4 y = 6 cos t.
FractionalEquation six_terms() {
  return {.terms = {{0.5, 1}, {1, 4}, {2, 1}, {2.5, 1}, {3, 1}},
          .f = [](double t, std::span<const double> y, std::span<double> out) { out[0] = 6 * std::cos(t) - 4 * y[0]; },
          .initial = {1, 1, -1}};
}

TEST(MultiTerm, IsTheSolutionOfR08ToALongTime) {
  // the system is stable; the constants of the orders are of the size of the sum of its coefficients and orders
  const nlohmann::json problem = golden_problem("R08-multiterm");
  for (const auto& [key, value] : problem.items()) {
    const double t = std::stod(key), exact = std::stod(value.get<std::string>());
    const auto steps = static_cast<std::int64_t>(std::max(t, 10.0) * 40);
    const double h = t / static_cast<double>(steps);
    EXPECT_NEAR(last_value(six_terms(), {.end = t, .steps = steps}, {.scheme = FractionalScheme::bdf2}), exact, 30 * h * h)
        << key;
    EXPECT_NEAR(last_value(six_terms(), {.end = t, .steps = steps}, {.scheme = FractionalScheme::grunwald}), exact, 10 * h)
        << key;
  }
}

TEST(MultiTerm, HasTheOrdersOfOneTerm) {
  for (const auto& [scheme, said] :
       {std::pair{FractionalScheme::grunwald, 1.0}, {FractionalScheme::bdf2, 2.0}, {FractionalScheme::bdf3, 3.0}}) {
    const auto largest_error = [&, scheme = scheme](std::int64_t steps) {
      const FractionalSolution solution = solve_fractional(six_terms(), {.end = 5, .steps = steps}, {.scheme = scheme});
      double most = 0;
      for (std::int64_t n = 1; n <= solution.require_finished().steps(); ++n) {
        const double exact =
            std::numbers::sqrt2 * std::sin(solution.times()[static_cast<std::size_t>(n)] + std::numbers::pi / 4);
        most = std::max(most, std::abs(solution.at_step(n)[0] - exact));
      }
      return most;
    };
    EXPECT_NEAR(measured_order(largest_error, 200, 2), said, 0.3) << to_string(scheme);
  }
}

/// Bagley and Torvik: y'' + D^(3/2) y + y = f, y(0) = y'(0) = 1, for y = 1 + t + t^4.7.
FractionalEquation bagley_torvik() {
  return {.terms = {{1.5, 1}, {2, 1}},
          .f =
              [](double t, std::span<const double> y, std::span<double> out) {
                out[0] = 4.7 * 3.7 * std::pow(t, 2.7) + std::tgamma(5.7) / std::tgamma(4.2) * std::pow(t, 3.2) + 1 + t +
                         std::pow(t, 4.7) - y[0];
              },
          .initial = {1, 1}};
}

TEST(MultiTerm, ReachesItsOrderForBagleyAndTorvik) {
  for (const auto& [scheme, said] :
       {std::pair{FractionalScheme::grunwald, 1.0}, {FractionalScheme::bdf2, 2.0}, {FractionalScheme::bdf3, 3.0}}) {
    const double exact = 1 + 2 + std::pow(2, 4.7);
    const double order = measured_order(
        [&, scheme = scheme](std::int64_t steps) {
          return std::abs(last_value(bagley_torvik(), {.end = 2, .steps = steps}, {.scheme = scheme}) - exact);
        },
        100, 2);
    EXPECT_NEAR(order, said, 0.2) << to_string(scheme);
  }
}

TEST(MultiTerm, IsExactForBagleyAndTorvikWhereItsPowerIsAStartingExponent) {
  // y - 1 - t = t^4.7 alone; each step's rounding counts n^2 / 2 times at most, the second sum of the order 2
  const FractionalSolution solution =
      solve_fractional(bagley_torvik(), {.end = 2, .steps = 100},
                       {.scheme = FractionalScheme::bdf2, .start = StartCorrection::starting_weights, .start_exponents = {4.7}});
  for (std::int64_t n = 0; n <= solution.require_finished().steps(); ++n) {
    const double t = solution.times()[static_cast<std::size_t>(n)];
    EXPECT_NEAR(solution.at_step(n)[0], 1 + t + std::pow(t, 4.7), 2e-11);
  }
}

TEST(MultiTerm, OfOneTermTwiceIsThatTerm) {
  // c_1 D^alpha and c_2 D^beta with beta → alpha: 2 D^alpha y = -2 y
  FractionalEquation equation = relaxation(0.6, 2.0);
  equation.terms = {{0.6 - 1e-13, 1}, {0.6, 1}};
  for (const FractionalScheme scheme : {FractionalScheme::grunwald, FractionalScheme::l1, FractionalScheme::l1_2})
    EXPECT_NEAR(last_value(equation, {.end = 1, .steps = 100}, {.scheme = scheme}),
                last_value(relaxation(0.6, 1.0), {.end = 1, .steps = 100}, {.scheme = scheme}), 1e-11)
        << to_string(scheme);
}

TEST(MultiTerm, TakesStartingWeightsWhereItsPowersAreLow) {
  // D^0.8 y + D^0.4 y = -y begins as 1 - t^0.8 / Gamma(1.8) + c t^1.2 …; the reference is bdf3 at 1280 steps
  FractionalEquation equation = relaxation(0.8, 1.0);
  equation.terms = {{0.4, 1}, {0.8, 1}};
  const FractionalOptions fine{.scheme = FractionalScheme::bdf3, .start = StartCorrection::starting_weights};
  const double exact = last_value(equation, {.end = 1, .steps = 1280}, fine);
  const double order = measured_order(
      [&](std::int64_t steps) {
        return std::abs(last_value(equation, {.end = 1, .steps = steps}, {.scheme = FractionalScheme::bdf2}) - exact);
      },
      40, 3);
  EXPECT_NEAR(order, 2.0, 0.25);
}

TEST(MultiTerm, OnAMeshIsTheSameEquation) {
  FractionalEquation equation = relaxation(0.8, 1.0);
  equation.terms = {{0.4, 0.5}, {0.8, 1.5}};
  std::vector<double> mesh;
  for (int n = 0; n <= 128; ++n) mesh.push_back(n / 128.0);
  for (const FractionalScheme scheme : {FractionalScheme::l1, FractionalScheme::l1_2})
    EXPECT_NEAR(last_value(equation, {.mesh = mesh}, {.scheme = scheme}),
                last_value(equation, {.end = 1, .steps = 128}, {.scheme = scheme}), 1e-12)
        << to_string(scheme);
}

TEST(DistributedOrder, IntegratesPolynomialsExactly) {
  // Σ w_q alpha_q^k on [0, 1] and [1, 1.5]
  for (const int nodes : {1, 2, 5, 20, 64}) {
    const auto terms = distributed_order([](double) { return 1.0; }, 0.0, 1.5, nodes);
    ASSERT_EQ(terms.size(), static_cast<std::size_t>(2 * nodes));
    for (int k = 0; k < std::min(2 * nodes, 12); ++k) {
      double sum = 0;
      for (const auto& term : terms) sum += term.coefficient * std::pow(term.order, k);
      EXPECT_NEAR(sum, std::pow(1.5, k + 1) / (k + 1), 2e-15 * std::pow(1.5, k + 1) * 4) << nodes << ", " << k;
    }
  }
}

TEST(DistributedOrder, SolvesForASquare) {
  // density Gamma(3 - alpha): of y = t^2 that gives 2 ∫ t^(2-alpha) d alpha = 2 (t^2 - t) / ln t
  FractionalEquation equation{.terms = distributed_order([](double alpha) { return std::tgamma(3 - alpha); }, 0, 1, 10),
                              .f =
                                  [](double t, std::span<const double>, std::span<double> out) {
                                    out[0] = t == 0 ? 0 : t == 1 ? 2 : 2 * (t * t - t) / std::log(t);
                                  },
                              .initial = {0}};
  const double order = measured_order(
      [&](std::int64_t steps) {
        return std::abs(last_value(equation, {.end = 1.5, .steps = steps},
                                   {.scheme = FractionalScheme::bdf2, .start = StartCorrection::none}) -
                        2.25);
      },
      50, 3);
  EXPECT_NEAR(order, 2.0, 0.1);
}

TEST(DistributedOrder, RefusesWhatIsNoDistribution) {
  const auto one = [](double) { return 1.0; };
  EXPECT_THROW(distributed_order(one, -0.1, 1, 4), ArgumentError);
  EXPECT_THROW(distributed_order(one, 1, 1, 4), ArgumentError);
  EXPECT_THROW(distributed_order(one, 0, 4.5, 4), ArgumentError);
  EXPECT_THROW(distributed_order(one, 0, 1, 0), ArgumentError);
  EXPECT_THROW(distributed_order(one, 0, 1, 65), ArgumentError);
  EXPECT_THROW(distributed_order({}, 0, 1, 4), ArgumentError);
  EXPECT_THROW(distributed_order([](double) { return std::nan(""); }, 0, 1, 4), ArgumentError);
  EXPECT_THROW(distributed_order([](double) { return 0.0; }, 0, 1, 4), ArgumentError);
}

/// D^alpha(t) y = f with alpha(t) = 0.5 + 0.3 sin 3t.
double wavy_order(double t) { return 0.5 + 0.3 * std::sin(3 * t); }

TEST(VariableOrder, IsExactForAStraightLine) {
  FractionalEquation equation = single_term(1.0,
                                            [](double t, std::span<const double> y, std::span<double> out) {
                                              const double alpha = wavy_order(t);
                                              out[0] = 1 + 2 * t - y[0] + 2 * std::pow(t, 1 - alpha) / std::tgamma(2 - alpha);
                                            },
                                            {1.0});
  equation.variable_order = wavy_order;
  const FractionalSolution solution = solve_fractional(equation, {.end = 2, .steps = 100}, {.scheme = FractionalScheme::l1});
  for (std::int64_t n = 0; n <= solution.require_finished().steps(); ++n)
    EXPECT_NEAR(solution.at_step(n)[0], 1 + 2 * solution.times()[static_cast<std::size_t>(n)], 1e-12);
}

TEST(VariableOrder, ConvergesForASquareAsTheLargestOrderHasIt) {
  FractionalEquation equation = single_term(1.0,
                                            [](double t, std::span<const double> y, std::span<double> out) {
                                              const double alpha = wavy_order(t);
                                              out[0] = t * t - y[0] + 2 * std::pow(t, 2 - alpha) / std::tgamma(3 - alpha);
                                            },
                                            {0.0});
  equation.variable_order = wavy_order;
  const double order = measured_order(
      [&](std::int64_t steps) {
        return std::abs(last_value(equation, {.end = 0.55, .steps = steps}, {.scheme = FractionalScheme::l1}) - 0.3025);
      },
      100, 2);
  EXPECT_NEAR(order, 1.2, 0.1);
}

TEST(VariableOrder, StopsWhereItExceedsItsTerm) {
  FractionalEquation equation = relaxation(0.6, 1.0);
  equation.variable_order = [](double t) { return 0.5 + t; };
  const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 16}, {.scheme = FractionalScheme::l1});
  ASSERT_TRUE(solution.failure());
  EXPECT_EQ(solution.failure()->reason, SolverStop::order_out_of_range);
  EXPECT_EQ(solution.failure()->step, 2);
  EXPECT_EQ(solution.failure()->value, 0.625);
  EXPECT_NE(solution.failure()->text.find("0.6;"), std::string::npos) << solution.failure()->text;
}

TEST(VariableOrder, StopsWhereItLeavesItsRange) {
  FractionalEquation equation = relaxation(1.0, 1.0);
  equation.variable_order = [](double t) { return 0.5 + t; };
  const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 8}, {.scheme = FractionalScheme::l1});
  ASSERT_TRUE(solution.failure());
  EXPECT_EQ(solution.failure()->reason, SolverStop::order_out_of_range);
  EXPECT_EQ(solution.failure()->step, 4);
  EXPECT_EQ(solution.failure()->value, 1.0);
  EXPECT_EQ(solution.steps(), 3);
}

}  // namespace
}  // namespace almanac::compute
