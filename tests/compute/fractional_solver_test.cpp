#include "fractional_problems.hpp"

#include <almanac/compute/grunwald.hpp>
#include <almanac/compute/time_mesh.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

/// D^alpha y = A y, A with eigenvalues -1 and -1000, y(0) = (2, 0): E(-t^alpha) (1, 1) + E(-1000 t^alpha) (1, -1).
FractionalEquation stiff_system(double alpha, bool with_jacobian) {
  constexpr double a = -500.5, b = 499.5;
  FractionalEquation equation = single_term(
      alpha,
      [](double, std::span<const double> y, std::span<double> out) {
        out[0] = a * y[0] + b * y[1];
        out[1] = b * y[0] + a * y[1];
      },
      {2.0, 0.0}, 2);
  if (alpha > 1) equation.initial.resize(4);
  if (with_jacobian)
    equation.jacobian = [](double, std::span<const double>, std::span<double> out) {
      out[0] = out[3] = a, out[1] = out[2] = b;
    };
  return equation;
}

TEST(FractionalSolver, SolvesAStiffLinearSystemWithOneFactorization) {
  const double alpha = 0.7, slow = mittag_leffler(alpha, 1, -1), fast = mittag_leffler(alpha, 1, -1000);
  for (const bool with_jacobian : {true, false})
    for (const FractionalScheme scheme :
         {FractionalScheme::bdf2, FractionalScheme::bdf3, FractionalScheme::l1, FractionalScheme::newton_gregory}) {
      const FractionalSolution solution =
          solve_fractional(stiff_system(alpha, with_jacobian), {.end = 1, .steps = 400}, {.scheme = scheme});
      const auto last = solution.require_finished().at_step(400);
      // the slow mode's h, or h^2; starting weights of the integral know the fast mode less well, which begins as 1000 t^alpha
      const double allowed = scheme == FractionalScheme::l1 ? 1e-3 : scheme == FractionalScheme::newton_gregory ? 5e-5 : 1e-5;
      EXPECT_NEAR(last[0], slow + fast, allowed) << to_string(scheme);
      EXPECT_NEAR(last[1], slow - fast, allowed) << to_string(scheme);
      EXPECT_LE(solution.work().factorizations, 5) << to_string(scheme);
      EXPECT_LE(solution.work().evaluations, 400 * 5) << to_string(scheme);
    }
}

// Eigenvalues -1 and -rate, coupled: differences of f to one side are off by 1e-8 rate, more than the small one from 1e8 on. The last
// digits of f are 2e-16 rate, and count in the slow unknown, by 1e-4 at 1e12.
TEST(FractionalSolver, TellsAStiffSystemFromASingularOne) {
  const double slow = mittag_leffler(0.7, 1, -1);
  for (const double rate : {1e6, 1e8, 1e9, 1e10, 1e11, 1e12}) {
    const double a = -(1 + rate) / 2, b = -(1 - rate) / 2;
    const FractionalEquation equation = single_term(
        0.7,
        [=](double, std::span<const double> y, std::span<double> out) {
          out[0] = a * y[0] + b * y[1];
          out[1] = b * y[0] + a * y[1];
        },
        {2.0, 0.0}, 2);
    const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 200}, {.scheme = FractionalScheme::bdf2});
    ASSERT_TRUE(solution.finished()) << rate << ": " << solution.failure()->text;
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_NEAR(solution.at_step(200)[i], slow, 5e-6 + 1e-16 * rate) << rate;
  }
}

TEST(FractionalSolver, CouplesTheFirstStepsOfStiffSystemsByDifferencesToBothSides) {
  const double rate = 1e10, a = -(1 + rate) / 2, b = -(1 - rate) / 2;
  const FractionalEquation equation = single_term(
      0.7,
      [=](double, std::span<const double> y, std::span<double> out) {
        out[0] = a * y[0] + b * y[1];
        out[1] = b * y[0] + a * y[1];
      },
      {1.0, 1.0}, 2);  // the slow unknown alone: the trapezoidal rule does not damp the other
  const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 200}, {.scheme = FractionalScheme::trapezoidal});
  EXPECT_EQ(solution.start(), StartCorrection::starting_weights) << solution.start_reason();
  EXPECT_LE(solution.starting_error(), 2e-10);
  EXPECT_NEAR(solution.require_finished().at_step(200)[0], mittag_leffler(0.7, 1, -1), 5e-6);
}

// y = (u, 1e14 w) with u and w of one size: rows and columns of the Jacobian are 1e14 apart, and nothing is stiff.
TEST(FractionalSolver, TakesUnknownsInUnitsOfTheirOwn) {
  constexpr double unit = 1e14;
  FractionalEquation equation = single_term(
      0.6,
      [](double, std::span<const double> y, std::span<double> out) {
        out[0] = -2 * y[0] + y[1] / unit;
        out[1] = unit * y[0] - 2 * y[1];
      },
      {1.0, 0.0}, 2);
  equation.jacobian = [](double, std::span<const double>, std::span<double> out) {
    out[0] = out[3] = -2, out[1] = 1 / unit, out[2] = unit;
  };
  const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 200}, {.scheme = FractionalScheme::bdf3});
  ASSERT_TRUE(solution.finished()) << solution.failure()->text;
  // modes u ± w of rates 1 and 3
  const double slow = mittag_leffler(0.6, 1, -1), fast = mittag_leffler(0.6, 1, -3);
  EXPECT_NEAR(solution.at_step(200)[0], (slow + fast) / 2, 1e-7);
  EXPECT_NEAR(solution.at_step(200)[1] / unit, (slow - fast) / 2, 1e-7);
}

// Newton's method from far away: with the Jacobian of the iterate before it would go to the other root, -1/√c.
TEST(FractionalSolver, GoesToTheRootThatTheSolutionTendsTo) {
  for (const double c : {1e2, 1e3, 1e5, 1e7}) {
    FractionalEquation equation = single_term(
        0.9, [c](double, std::span<const double> y, std::span<double> out) { out[0] = 1 - c * y[0] * y[0]; }, {0.0});
    equation.jacobian = [c](double, std::span<const double> y, std::span<double> out) { out[0] = -2 * c * y[0]; };
    FractionalEquation pair = single_term(0.9,
                                          [c](double, std::span<const double> y, std::span<double> out) {
                                            for (std::size_t i = 0; i < 2; ++i) out[i] = 1 - c * y[i] * y[i];
                                          },
                                          {0.0, 0.0}, 2);
    for (const FractionalScheme scheme : {FractionalScheme::grunwald, FractionalScheme::l1})
      for (const FractionalEquation& one : {equation, pair}) {
        const FractionalSolution solution = solve_fractional(one, {.end = 1, .steps = 20}, {.scheme = scheme});
        ASSERT_TRUE(solution.finished()) << solution.failure()->text;
        // y → 1/√c, from below by what the memory of the past still takes
        EXPECT_NEAR(solution.at_step(20)[0] * std::sqrt(c), 1, 2 / std::sqrt(c)) << c << ", " << to_string(scheme);
      }
  }
}

TEST(FractionalSolver, DoesNotTakeAJacobianOfYesterdayForAnAnswer) {
  for (const std::int64_t unknowns : {1, 2}) {
    FractionalEquation equation = single_term(0.5,
                                              [](double t, std::span<const double> y, std::span<double> out) {
                                                for (std::size_t i = 0; i < y.size(); ++i) out[i] = t < 0.5 ? -1e14 * (y[i] - 1) : 1.0;
                                              },
                                              std::vector<double>(static_cast<std::size_t>(unknowns), 1.0), unknowns);
    const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 100}, {.scheme = FractionalScheme::grunwald});
    ASSERT_TRUE(solution.finished()) << solution.failure()->text;
    // 1 + J^0.5 of the step at 0.5, at t = 1: 1 + √0.5 / Γ(1.5), to the first order of h = 0.01
    EXPECT_NEAR(solution.at_step(100)[0], 1 + std::sqrt(0.5) / std::tgamma(1.5), 0.02);
  }
}

TEST(FractionalSolver, TakesManyUnknownsWhereNothingIsImplicit) {
  constexpr std::size_t kMany = 40'000;  // whose Jacobian would have 12.8 GB
  const FractionalEquation equation = single_term(
      0.5, [](double, std::span<const double> y, std::span<double> out) { std::copy(y.begin(), y.end(), out.begin()); },
      std::vector<double>(kMany, 1.0), kMany);
  for (const FractionalScheme scheme : {FractionalScheme::rectangle_explicit, FractionalScheme::predictor_corrector})
    EXPECT_TRUE(solve_fractional(equation, {.end = 0.1, .steps = 2}, {.scheme = scheme}).finished());
}

TEST(FractionalSolver, TreatsASystemAsItsUnknowns) {
  // three relaxations side by side, by every scheme
  const double rates[] = {0.5, 1, 4};
  for (const FractionalScheme scheme : kEveryScheme) {
    FractionalEquation equation = single_term(
        0.6,
        [&](double, std::span<const double> y, std::span<double> out) {
          for (int i = 0; i < 3; ++i) out[i] = -rates[i] * y[i];
        },
        {1, 1, 1}, 3);
    const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 60}, {.scheme = scheme});
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(solution.require_finished().at_step(60)[i],
                  last_value(relaxation(0.6, rates[i]), {.end = 1, .steps = 60}, {.scheme = scheme}), 1e-12)
          << to_string(scheme) << ", " << i;
  }
}

TEST(FractionalSolver, IsLinear) {
  // y(u + 2 w) = y(u) + 2 y(w) for data and source together
  for (const FractionalScheme scheme : kEveryScheme) {
    const auto with = [&](double data, double source) {
      FractionalEquation equation = single_term(
          0.7, [=](double t, std::span<const double> y, std::span<double> out) { out[0] = -3 * y[0] + source * std::cos(t); },
          {data});
      return last_value(equation, {.end = 2, .steps = 100}, {.scheme = scheme});
    };
    EXPECT_NEAR(with(1 + 2 * 0.3, 0.7 + 2 * 5), with(1, 0.7) + 2 * with(0.3, 5), 1e-12) << to_string(scheme);
  }
}

TEST(FractionalSolver, IsTheSameOnAMeshOfEqualSteps) {
  const std::vector<double> mesh = uniform_mesh(2.0, 64);
  for (const FractionalScheme scheme : kEveryScheme) {
    if (!takes_any_mesh(scheme)) continue;
    EXPECT_NEAR(last_value(relaxation(0.7, 2), {.mesh = mesh}, {.scheme = scheme}),
                last_value(relaxation(0.7, 2), {.end = 2, .steps = 64}, {.scheme = scheme}), 1e-12)
        << to_string(scheme);
  }
}

TEST(FractionalSolver, BeginsWhereItIsTold) {
  // moved by 3 with its right side
  const auto equation = [](double moved) {
    return single_term(
        0.6, [=](double t, std::span<const double> y, std::span<double> out) { out[0] = std::sin(t - moved) - y[0]; }, {1.0});
  };
  for (const FractionalScheme scheme : kEveryScheme)
    EXPECT_NEAR(last_value(equation(3), {.start = 3, .end = 5, .steps = 50}, {.scheme = scheme}),
                last_value(equation(0), {.end = 2, .steps = 50}, {.scheme = scheme}), 1e-12)
        << to_string(scheme);
}

TEST(FractionalSolver, IsImplicitEulerAtOrderOneAndNearIt) {
  const double euler = std::pow(1 + 0.01, -100);
  EXPECT_NEAR(last_value(relaxation(1, 1), {.end = 1, .steps = 100}, {.scheme = FractionalScheme::grunwald}), euler, 1e-14);
  EXPECT_NEAR(last_value(relaxation(1, 1), {.end = 1, .steps = 100}, {.scheme = FractionalScheme::rectangle_implicit}), euler,
              1e-14);
  // |dy/dalpha| is below 1 at t = 1
  for (const double alpha : {1 - 1e-9, 1 + 1e-9})
    EXPECT_NEAR(last_value(relaxation(alpha, 1), {.end = 1, .steps = 100}, {.scheme = FractionalScheme::grunwald}), euler,
                2e-9);
}

TEST(FractionalSolver, BecomesAnOrdinaryEquationAtOrdersOneAndTwo) {
  for (const FractionalScheme scheme :
       {FractionalScheme::bdf2, FractionalScheme::bdf3, FractionalScheme::bdf4, FractionalScheme::trapezoidal,
        FractionalScheme::newton_gregory, FractionalScheme::flmm_bdf2, FractionalScheme::product_trapezoid}) {
    const double said = fractional_order(scheme, 1.0);
    EXPECT_NEAR(
        measured_order(
            [&](std::int64_t steps) {
              return std::abs(last_value(relaxation(1, 1), {.end = 1, .steps = steps}, {.scheme = scheme}) - std::exp(-1));
            },
            20, 2),
        said, 0.2)
        << to_string(scheme);
    if (said > 2) continue;  // beyond the sector of bdf3 and up
    EXPECT_NEAR(
        measured_order(
            [&](std::int64_t steps) {
              return std::abs(last_value(relaxation(2, 1), {.end = 1, .steps = steps}, {.scheme = scheme}) - std::cos(1));
            },
            80, 2),
        said, 0.2)
        << to_string(scheme);
  }
}

// ---- derivatives

TEST(FractionalSolver, StepsTheSumsOfGruenwaldAndLetnikovAsTheyStand) {
  const double alpha = 0.9, h = 0.05;
  FractionalEquation equation = relaxation(alpha, 1);
  equation.derivative = FractionalDerivative::grunwald_letnikov;
  const FractionalSolution solution =
      solve_fractional(equation, {.end = 2, .steps = 40}, {.scheme = FractionalScheme::grunwald});
  std::vector<double> w(41), y = {1.0};
  grunwald_weights(alpha, 0, w);
  for (std::size_t n = 1; n <= 40; ++n) {
    double sum = 0;
    for (std::size_t k = 1; k <= n; ++k) sum += w[k] * y[n - k];
    y.push_back(-sum / (1 + std::pow(h, alpha)));
    EXPECT_NEAR(solution.at_step(static_cast<std::int64_t>(n))[0], y.back(), 1e-15);
  }
}

TEST(FractionalSolver, TakesTheDataOfRiemannAndLiouville) {
  // D^alpha y = -y with D^(alpha-1) y (0) = 1: y = t^(alpha-1) E_{alpha,alpha}(-t^alpha)
  for (const double alpha : {0.6, 0.8, 1.4}) {
    FractionalEquation equation = relaxation(alpha, 1);
    equation.derivative = FractionalDerivative::riemann_liouville;
    const double exact = mittag_leffler(alpha, alpha, -1);
    for (const FractionalScheme scheme :
         {FractionalScheme::grunwald, FractionalScheme::bdf2, FractionalScheme::rectangle_implicit})
      EXPECT_NEAR(last_value(equation, {.end = 1, .steps = 4000}, {.scheme = scheme}), exact, 3e-3)
          << alpha << ", " << to_string(scheme);
    const double order = measured_order(
        [&](std::int64_t steps) { return std::abs(last_value(equation, {.end = 1, .steps = steps}, {}) - exact); }, 400, 2);
    EXPECT_NEAR(order, alpha, 0.1);
    EXPECT_EQ(std::isinf(solve_fractional(equation, {.end = 1, .steps = 4}, {}).at_step(0)[0]), alpha < 1);
  }
}

TEST(FractionalSolver, IsCaputoForRiemannAndLiouvilleWithoutData) {
  const auto with = [](FractionalDerivative derivative, std::vector<double> data, FractionalScheme scheme) {
    FractionalEquation equation = single_term(
        0.7, [](double t, std::span<const double> y, std::span<double> out) { out[0] = 1 + t - y[0]; }, std::move(data));
    equation.derivative = derivative;
    return last_value(equation, {.end = 1, .steps = 50}, {.scheme = scheme});
  };
  for (const FractionalScheme scheme : kEveryScheme)
    EXPECT_EQ(with(FractionalDerivative::riemann_liouville, {}, scheme), with(FractionalDerivative::caputo, {0}, scheme))
        << to_string(scheme);
}

// ---- the past

TEST(FractionalSolver, SumsThePastByTheEngineAskedFor) {
  const FractionalEquation equation = relaxation(0.6, 1);
  const FractionalTimes times{.end = 10, .steps = 3000};
  const double direct = last_value(equation, times, {.scheme = FractionalScheme::grunwald, .history = HistoryMethod::direct});
  for (const HistoryMethod method : {HistoryMethod::fft_blocks, HistoryMethod::exponentials, HistoryMethod::automatic}) {
    const FractionalSolution solution =
        solve_fractional(equation, times, {.scheme = FractionalScheme::grunwald, .history = method});
    ASSERT_TRUE(solution.history());
    EXPECT_TRUE(method == HistoryMethod::automatic || solution.history()->method == method);
    // relax_modes has the bound: a history's error comes back at most n^alpha / Gamma(1+alpha) times, h^-alpha / lambda here
    EXPECT_NEAR(solution.at_step(3000)[0], direct, solution.history()->bound() * std::pow(300.0, 0.6)) << to_string(method);
  }
  for (const FractionalScheme scheme :
       {FractionalScheme::bdf4, FractionalScheme::newton_gregory, FractionalScheme::product_trapezoid})
    EXPECT_NEAR(last_value(equation, times, {.scheme = scheme, .history = HistoryMethod::fft_blocks}),
                last_value(equation, times, {.scheme = scheme, .history = HistoryMethod::direct}), 1e-11)
        << to_string(scheme);
}

TEST(FractionalSolver, KeepsTheHistorysErrorOfTheSolutionWithinItsTolerance) {
  // D^alpha y = 1, where nothing damps what a sum misses: it comes back n^alpha / Gamma(1 + alpha) times, 2e6 at alpha = 1.5
  for (const double alpha : {0.9, 1.5}) {
    FractionalEquation equation =
        single_term(alpha, [](double, std::span<const double>, std::span<double> out) { out[0] = 1; }, {0.0});
    if (alpha > 1) equation.initial.push_back(0.0);
    const FractionalTimes times{.end = 1, .steps = 20'000};
    const auto with = [&](HistoryMethod method, double tolerance) {
      return solve_fractional(
          equation, times, {.scheme = FractionalScheme::grunwald, .history = method, .history_tolerance = tolerance});
    };
    const FractionalSolution direct = with(HistoryMethod::direct, 1e-12);
    for (const double tolerance : {1e-4, 1e-6, 1e-8}) {
      const FractionalSolution other = with(HistoryMethod::exponentials, tolerance);
      double most = 0;
      for (std::int64_t n = 0; n <= times.steps; ++n) most = std::max(most, std::abs(direct.at_step(n)[0] - other.at_step(n)[0]));
      const double largest = direct.at_step(times.steps)[0];
      EXPECT_LE(most, tolerance * largest) << alpha;
      EXPECT_LE(most, (other.history_error() + direct.history_error()) * largest) << alpha;
      EXPECT_LE(other.history_error(), 4 * tolerance) << alpha;  // with the rounding of the sums
    }
  }
}

TEST(FractionalSolver, HasTheSameBitsForEveryThreadCount) {
  const FractionalEquation equation = stiff_system(0.7, true);
  const FractionalSolution one = solve_fractional(equation, {.end = 1, .steps = 500}, {.scheme = FractionalScheme::bdf3});
  const FractionalSolution three =
      solve_fractional(equation, {.end = 1, .steps = 500}, {.scheme = FractionalScheme::bdf3, .threads = 3});
  EXPECT_TRUE(std::ranges::equal(one.values(), three.values()));
}

TEST(FractionalSolver, SaysWhatStartingWeightsLost) {
  const FractionalSolution none =
      solve_fractional(relaxation(0.5, 1), {.end = 1, .steps = 50}, {.scheme = FractionalScheme::bdf2});
  EXPECT_EQ(none.starting_digits_lost(), 0);
  const FractionalSolution many =
      solve_fractional(relaxation(0.2, 1), {.end = 1, .steps = 50},
                       {.scheme = FractionalScheme::bdf4, .start = StartCorrection::starting_weights});
  EXPECT_GT(many.starting_digits_lost(), 5);
  EXPECT_GT(many.starting_error(), 0);
}

}  // namespace
}  // namespace almanac::compute
