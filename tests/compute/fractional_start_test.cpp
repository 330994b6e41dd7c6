#include "fractional_problems.hpp"

#include <almanac/compute/distributed_order.hpp>
#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace almanac::compute {
namespace {

constexpr FractionalScheme kMultistep[] = {FractionalScheme::trapezoidal, FractionalScheme::newton_gregory,
                                           FractionalScheme::flmm_bdf2};

FractionalEquation with_terms(std::vector<FractionalTerm> terms) {
  FractionalEquation equation = relaxation(0.5, 1.0);
  equation.terms = std::move(terms);
  return equation;
}

TEST(FractionalStart, SaysWhichWasTaken) {
  const FractionalTimes times{.end = 1, .steps = 50};
  const auto start = [&](const FractionalEquation& equation, FractionalScheme scheme) {
    const FractionalSolution solution = solve_fractional(equation, times, {.scheme = scheme});
    EXPECT_TRUE(solution.finished()) << solution.failure()->text;
    EXPECT_EQ(solution.start_reason(), "");
    return solution.start();
  };
  EXPECT_EQ(start(relaxation(0.5, 1), FractionalScheme::bdf3), StartCorrection::initial);
  EXPECT_EQ(start(with_terms({{0.4, 1}, {0.8, 1}}), FractionalScheme::bdf2), StartCorrection::starting_weights);
  EXPECT_EQ(start(relaxation(0.5, 1), FractionalScheme::grunwald), StartCorrection::none);
  EXPECT_EQ(start(relaxation(0.5, 1), FractionalScheme::product_trapezoid), StartCorrection::none);
  for (const FractionalScheme scheme : kMultistep)
    EXPECT_EQ(start(relaxation(0.5, 1), scheme), StartCorrection::starting_weights);
  FractionalEquation riemann = relaxation(0.5, 1);
  riemann.derivative = FractionalDerivative::riemann_liouville;
  EXPECT_EQ(start(riemann, FractionalScheme::bdf2), StartCorrection::none);
}

TEST(FractionalStart, DoesWithoutStartingWeightsThatCannotBeMade) {
  // orders next to each other, and ten of them; the equations are linear, so initial corrections keep the order
  const FractionalEquation equations[] = {
      with_terms({{0.7999, 1}, {0.8, 1}}),
      with_terms(distributed_order([](double alpha) { return 1 + alpha; }, 0, 1, 10)),
  };
  for (const FractionalEquation& equation : equations)
    for (const auto& [scheme, said] : {std::pair{FractionalScheme::bdf2, 2.0}, {FractionalScheme::bdf3, 3.0}}) {
      const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 100}, {.scheme = scheme});
      ASSERT_TRUE(solution.finished()) << solution.failure()->text;
      EXPECT_EQ(solution.start(), StartCorrection::initial);
      EXPECT_NE(solution.start_reason(), "");
      EXPECT_EQ(solution.starting_error(), 0);
      const double exact = last_value(equation, {.end = 1, .steps = 1280}, {.scheme = FractionalScheme::bdf4});
      EXPECT_NEAR(measured_order(
                      [&, scheme = scheme](std::int64_t steps) {
                        return std::abs(last_value(equation, {.end = 1, .steps = steps}, {.scheme = scheme}) - exact);
                      },
                      20, 2),
                  said, 0.25)
          << to_string(scheme);
    }
}

TEST(FractionalStart, RefusesWhatIsAskedForAndCannotBeMade) {
  const FractionalEquation close = with_terms(distributed_order([](double) { return 1.0; }, 0, 1, 10));
  EXPECT_THROW(solve_fractional(close, {.end = 1, .steps = 100}, {.start = StartCorrection::starting_weights}), ArgumentError);
  for (const FractionalScheme scheme : kMultistep) {
    EXPECT_THROW(solve_fractional(relaxation(0.05, 1), {.end = 1, .steps = 100},
                                  {.scheme = scheme, .start = StartCorrection::starting_weights}),
                 ArgumentError);
    // exponents are a wish too: 0 must be among them
    EXPECT_THROW(solve_fractional(relaxation(0.5, 1), {.end = 1, .steps = 100}, {.scheme = scheme, .start_exponents = {0.5, 1.0}}),
                 ArgumentError);
  }
}

TEST(FractionalStart, CorrectsThePowersOfLowerDerivatives) {
  // P = 1 + t has the derivative t^0.5 / Gamma(1.5) of order 0.5, which as it stands would leave order 1.5
  FractionalEquation equation = with_terms({{0.5, 1}, {1.4999, 1}, {1.5, 1}});
  equation.initial = {1, 1};
  const FractionalOptions options{.scheme = FractionalScheme::bdf2};
  EXPECT_EQ(solve_fractional(equation, {.end = 1, .steps = 50}, options).start(), StartCorrection::initial);
  const double fine = last_value(equation, {.end = 1, .steps = 20480}, options);
  const double order = measured_order(
      [&](std::int64_t steps) { return std::abs(last_value(equation, {.end = 1, .steps = steps}, options) - fine); }, 80, 2);
  EXPECT_NEAR(order, 2.0, 0.2);
}

TEST(FractionalStart, DoesWithoutCorrectionsThatTakeMoreSteps) {
  const FractionalSolution solution =
      solve_fractional(relaxation(0.5, 1), {.end = 1, .steps = 3}, {.scheme = FractionalScheme::bdf6});
  EXPECT_TRUE(solution.finished());
  EXPECT_EQ(solution.start(), StartCorrection::none);
  EXPECT_NE(solution.start_reason().find("5 steps"), std::string::npos) << solution.start_reason();
}

TEST(FractionalStart, KeepsMultistepSchemesAtTheirOrderForSmallOrdersOfDerivatives) {
  for (const double alpha : {0.01, 0.05, 0.1, 0.5})
    for (const FractionalScheme scheme : kMultistep) {
      const double exact = mittag_leffler(alpha, 1, -1);
      const FractionalSolution solution = solve_fractional(relaxation(alpha, 1), {.end = 1, .steps = 200}, {.scheme = scheme});
      ASSERT_TRUE(solution.finished()) << alpha << ": " << solution.failure()->text;
      EXPECT_EQ(solution.start(), alpha < 0.2 ? StartCorrection::initial : StartCorrection::starting_weights);
      EXPECT_EQ(solution.start_reason().empty(), alpha > 0.2);
      EXPECT_NEAR(measured_order(
                      [&](std::int64_t steps) {
                        return std::abs(last_value(relaxation(alpha, 1), {.end = 1, .steps = steps},
                                                   {.scheme = scheme, .start = StartCorrection::initial}) -
                                        exact);
                      },
                      50, 2),
                  2.0, 0.2)
          << alpha << ", " << to_string(scheme);
    }
}

TEST(FractionalStart, OfMultistepSchemesIsOfTheOrdersThatAreSaidForOtherRightSides) {
  // y - 1 ~ t^0.4, so f has t^0.8 beside what is linear in y, of which the sum's error is h^1.8
  const double alpha = 0.4;
  const FractionalEquation equation = single_term(
      alpha, [](double, std::span<const double> y, std::span<double> out) { out[0] = -y[0] * y[0]; }, {1.0});
  const double exact = last_value(equation, {.end = 1, .steps = 10240}, {.scheme = FractionalScheme::newton_gregory});
  for (const FractionalScheme scheme : kMultistep) {
    const auto error = [&](StartCorrection start) {
      return [&, start](std::int64_t steps) {
        return std::abs(last_value(equation, {.end = 1, .steps = steps}, {.scheme = scheme, .start = start}) - exact);
      };
    };
    EXPECT_NEAR(measured_order(error(StartCorrection::initial), 80, 3), 1.8, 0.15) << to_string(scheme);
    EXPECT_NEAR(measured_order(error(StartCorrection::none), 80, 3), 1.0, 0.2) << to_string(scheme);
    EXPECT_NEAR(measured_order(error(StartCorrection::starting_weights), 80, 2), 2.0, 0.3) << to_string(scheme);
  }
}

}  // namespace
}  // namespace almanac::compute
