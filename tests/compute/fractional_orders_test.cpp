#include "fractional_problems.hpp"

#include <almanac/compute/time_mesh.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

namespace almanac::compute {
namespace {

/// What is measured must lie between these two; the order said is `said`.
struct OrderCase {
  FractionalScheme scheme;
  double alpha, said, slack = 0.1;
  int corrections = 1;
  bool from_above = false;  ///< it may be more at these step numbers
};

void expect_order(const OrderCase& c, double measured, const char* start) {
  std::printf("  %-20s alpha %.2f  %s: %.3f (said %.2f)\n", std::string(to_string(c.scheme)).c_str(), c.alpha, start, measured,
              c.said);
  EXPECT_GE(measured, c.said - c.slack) << to_string(c.scheme) << ", alpha " << c.alpha << ", " << start;
  if (c.from_above) return;
  EXPECT_LE(measured, c.said + c.slack) << to_string(c.scheme) << ", alpha " << c.alpha << ", " << start;
}

bool takes(FractionalScheme scheme, double alpha) {
  const bool l = scheme == FractionalScheme::l1 || scheme == FractionalScheme::l1_2 || scheme == FractionalScheme::l2_1_sigma;
  return !l || alpha < 1 || (scheme == FractionalScheme::l1 && alpha != 1);
}

/// So many that asymptotics have begun, and so few that rounding has not.
std::int64_t first_steps(double order) { return order > 2.5 ? 20 : 80; }

TEST(FractionalOrders, AreReachedByEverySchemeForASmoothStartOfANonlinearEquation) {
  for (const FractionalScheme scheme : kEveryScheme)
    for (const double alpha : {0.4, 0.8, 1.3}) {
      if (!takes(scheme, alpha)) continue;
      // bdf4 … bdf6 beyond the angle of their sector are for alpha near 1
      if (alpha > 1 && (scheme == FractionalScheme::bdf5 || scheme == FractionalScheme::bdf6)) continue;
      const double said = fractional_order(scheme, alpha);
      const auto largest_error = [&](std::int64_t steps) {
        const FractionalSolution solution =
            solve_fractional(cubic_with_power(alpha, 7), {.end = 1, .steps = steps}, {.scheme = scheme});
        double most = 0;
        for (std::int64_t n = 1; n <= solution.require_finished().steps(); ++n)
          most =
              std::max(most, std::abs(solution.at_step(n)[0] - 1 - std::pow(solution.times()[static_cast<std::size_t>(n)], 7)));
        return most;
      };
      // the explicit one has first to become stable, and its error falls from above
      const bool from_above = scheme == FractionalScheme::predictor_corrector;
      expect_order({scheme, alpha, said, said > 4 ? 0.4 : 0.2, 1, from_above},
                   measured_order(largest_error, first_steps(said), said > 4 ? 2 : 3), "smooth");
    }
}

/// The order at a fixed time for a solution that begins as t^alpha.
double rough_order(const OrderCase& c) {
  switch (c.scheme) {
    case FractionalScheme::l1:
    case FractionalScheme::l1_2:
    case FractionalScheme::l2_1_sigma: return c.alpha < 1 ? 1 : 3 - c.alpha;
    case FractionalScheme::predictor_corrector:
    case FractionalScheme::product_trapezoid: return std::min(2.0, 1 + c.alpha);
    default: return fractional_order(c.scheme, c.alpha, c.corrections);
  }
}

TEST(FractionalOrders, AreReachedByEverySchemeForARoughStart) {
  for (const FractionalScheme scheme : kEveryScheme)
    for (const double alpha : {0.5, 0.8, 1.3}) {
      if (!takes(scheme, alpha)) continue;
      if (alpha > 1 && (scheme == FractionalScheme::bdf5 || scheme == FractionalScheme::bdf6)) continue;
      OrderCase c{scheme, alpha, 0, 0.15, 2};
      c.said = rough_order(c);
      const double exact = mittag_leffler(alpha, 1, -1);
      if (c.said > 3.5) c.slack = 0.4;
      c.from_above = c.said > 4;  // their parasitic roots still fade at numbers of steps where rounding does not rule yet
      expect_order(
          c,
          measured_order(
              [&](std::int64_t steps) {
                return std::abs(
                    last_value(relaxation(alpha, 1), {.end = 1, .steps = steps}, {.scheme = scheme, .corrections = 2}) - exact);
              },
              first_steps(c.said), c.said > 4 ? 2 : 3),
          "rough");
    }
}

TEST(FractionalOrders, AreReachedByHighBackwardDifferencesForOrdersAboveOneWithinTheirSector) {
  for (const auto& [scheme, alpha] :
       {std::pair{FractionalScheme::bdf4, 1.6}, {FractionalScheme::bdf5, 1.3}, {FractionalScheme::bdf6, 1.08}}) {
    const double said = fractional_order(scheme, alpha), exact = mittag_leffler(alpha, 1, -1);
    expect_order({scheme, alpha, said, 0.5, 1, true},
                 measured_order(
                     [&, scheme = scheme, alpha = alpha](std::int64_t steps) {
                       return std::abs(last_value(relaxation(alpha, 1), {.end = 1, .steps = steps}, {.scheme = scheme}) - exact);
                     },
                     40, 2),
                 "rough");
  }
}

TEST(FractionalOrders, AreReachedByHighBackwardDifferencesForOrdersAboveOneOfANonlinearEquation) {
  for (const auto& [scheme, alpha] :
       {std::pair{FractionalScheme::bdf4, 1.6}, {FractionalScheme::bdf5, 1.3}, {FractionalScheme::bdf6, 1.08}})
    expect_order({scheme, alpha, fractional_order(scheme, alpha), 0.6, 1, true},
                 measured_order(
                     [&, scheme = scheme, alpha = alpha](std::int64_t steps) {
                       return std::abs(last_value(cubic_with_power(alpha, 9), {.end = 1, .steps = steps}, {.scheme = scheme}) - 2);
                     },
                     40, 2),
                 "smooth");
}

/// D^2 y + 0.5 D^beta y + 4 y = 0, y(0) = y'(0) = 1: D^beta t begins as t^(1-beta).
FractionalEquation damped_oscillation(double beta) {
  FractionalEquation equation = relaxation(2, 4);
  equation.terms = {{beta, 0.5}, {2, 1}};
  equation.initial = {1, 1};
  return equation;
}

TEST(FractionalOrders, AreKeptForADampedOscillatorThatIsThrown) {
  // by initial corrections alone, and by what automatic takes; the sums of order 2 round to steps^2 units
  for (const double beta : {0.5, 0.8})
    for (const FractionalScheme scheme : {FractionalScheme::bdf2, FractionalScheme::bdf3})
      for (const StartCorrection start : {StartCorrection::initial, StartCorrection::automatic}) {
        const double fine = last_value(damped_oscillation(beta), {.end = 2, .steps = 2560},
                                       {.scheme = FractionalScheme::bdf3, .start = StartCorrection::initial});
        expect_order({scheme, beta, fractional_order(scheme, beta), 0.35, 1, true},
                     measured_order(
                         [&, scheme = scheme](std::int64_t steps) {
                           return std::abs(last_value(damped_oscillation(beta), {.end = 2, .steps = steps}, {.scheme = scheme, .start = start}) -
                                           fine);
                         },
                         40, 2),
                     start == StartCorrection::initial ? "thrown, initial" : "thrown, automatic");
      }
}

TEST(FractionalOrders, OfHighBackwardDifferencesWithSeveralTermsAreKeptWithoutStartingWeights) {
  // D^1.05 y + D^beta y = -y, y'(0) = 1: automatic can do no starting weights of bdf5 and bdf6 for such orders
  for (const auto& [scheme, beta] : {std::pair{FractionalScheme::bdf4, 0.8}, {FractionalScheme::bdf5, 0.8}, {FractionalScheme::bdf6, 0.3}}) {
    FractionalEquation equation = relaxation(1.05, 1);
    equation.terms = {{beta, 1}, {1.05, 1}};
    equation.initial = {1, 1};
    const FractionalOptions options{.scheme = scheme, .start = StartCorrection::initial};
    const double fine = last_value(equation, {.end = 1, .steps = 1280}, options);
    expect_order({scheme, 1.05, fractional_order(scheme, 1.05), 0.6, 1, true},
                 measured_order(
                     [&](std::int64_t steps) { return std::abs(last_value(equation, {.end = 1, .steps = steps}, options) - fine); }, 20, 2),
                 "thrown, several terms");
  }
}

/// Lorenz's system, sigma = 10, rho = 28, beta = 8/3.
FractionalEquation lorenz(double alpha) {
  return single_term(alpha,
                     [](double, std::span<const double> y, std::span<double> out) {
                       out[0] = 10 * (y[1] - y[0]), out[1] = y[0] * (28 - y[2]) - y[1], out[2] = y[0] * y[1] - 8.0 / 3 * y[2];
                     },
                     {1, 1, 1}, 3);
}

TEST(FractionalOrders, AreReachedByEverySchemeForTheFractionalLorenzSystem) {
  // by Richardson: the differences between the solutions of n and 2 n steps fall as the errors do. f is not linear, so that initial
  // corrections are good for 1 + 2 alpha; before the system turns chaotic
  const double alpha = 0.9;
  for (const FractionalScheme scheme : kEveryScheme) {
    const auto end = [&](std::int64_t steps) {
      const FractionalSolution solution = solve_fractional(lorenz(alpha), {.end = 0.4, .steps = steps}, {.scheme = scheme});
      const auto y = solution.require_finished().at_step(steps);
      return std::vector<double>(y.begin(), y.end());
    };
    const auto difference = [&](std::int64_t steps) {
      const std::vector<double> coarse = end(steps), fine = end(2 * steps);
      return std::max({std::abs(coarse[0] - fine[0]), std::abs(coarse[1] - fine[1]), std::abs(coarse[2] - fine[2])});
    };
    const double said = std::min({fractional_order(scheme, alpha), rough_order({scheme, alpha, 0}), 1 + 2 * alpha});
    expect_order({scheme, alpha, said, 0.3, 1, true}, measured_order(difference, fractional_order(scheme, alpha) > 4 ? 80 : 320, 2), "Lorenz");
  }
}

TEST(FractionalOrders, OfRiemannAndLiouvillesDataAreOneMoreThanTheirLowestPower) {
  for (const auto& [alpha, data, said] : {std::tuple{0.6, std::vector{1.0}, 0.6}, {1.3, std::vector{1.0, 0.0}, 1.3},
                                          {1.3, std::vector{0.0, 1.0}, 0.3}, {1.6, std::vector{1.0, 1.0}, 0.6}})
    for (const FractionalScheme scheme : {FractionalScheme::grunwald, FractionalScheme::bdf2, FractionalScheme::rectangle_implicit}) {
      FractionalEquation equation = relaxation(alpha, 1);
      equation.derivative = FractionalDerivative::riemann_liouville;
      equation.initial = data;
      double exact = 0;
      for (std::size_t k = 0; k < data.size(); ++k) exact += data[k] * mittag_leffler(alpha, alpha - static_cast<double>(k), -1);
      expect_order({scheme, alpha, std::min(said, fractional_order(scheme, alpha)), 0.1},
                   measured_order(
                       [&](std::int64_t steps) {
                         return std::abs(last_value(equation, {.end = 1, .steps = steps}, {.scheme = scheme}) - exact);
                       },
                       400, 2),
                   "Riemann-Liouville");
    }
}

TEST(FractionalOrders, AreLostByBackwardDifferencesWithoutCorrections) {
  for (const FractionalScheme scheme : {FractionalScheme::bdf2, FractionalScheme::bdf3, FractionalScheme::bdf6})
    expect_order({scheme, 0.5, 1.0},
                 measured_order(
                     [&](std::int64_t steps) {
                       return std::abs(last_value(relaxation(0.5, 1), {.end = 1, .steps = steps},
                                                  {.scheme = scheme, .start = StartCorrection::none}) -
                                       mittag_leffler(0.5, 1, -1));
                     },
                     80, 2),
                 "rough, not corrected");
}

TEST(FractionalOrders, AreKeptByStartingWeightsForANonlinearRoughStart) {
  for (const FractionalScheme scheme : {FractionalScheme::bdf2, FractionalScheme::bdf3, FractionalScheme::bdf4}) {
    const double said = fractional_order(scheme, 0.5);
    const FractionalOptions options{.scheme = scheme, .start = StartCorrection::starting_weights};
    expect_order({scheme, 0.5, said, 0.35},
                 measured_order(
                     [&](std::int64_t steps) {
                       return std::abs(last_value(diethelm_problem(0.5), {.end = 1, .steps = steps}, options) - 0.25);
                     },
                     160, 2),
                 "rough, starting weights");
  }
}

TEST(FractionalOrders, AreGainedBackOnGradedMeshes) {
  for (const double alpha : {0.4, 0.7})
    for (const FractionalScheme scheme :
         {FractionalScheme::l1, FractionalScheme::l1_2, FractionalScheme::l2_1_sigma, FractionalScheme::product_trapezoid,
          FractionalScheme::predictor_corrector, FractionalScheme::rectangle_implicit, FractionalScheme::rectangle_explicit}) {
      const double said = scheme == FractionalScheme::predictor_corrector ? 1 + alpha : fractional_order(scheme, alpha);
      const auto largest_error = [&](std::int64_t steps) {
        const std::vector<double> mesh = graded_mesh(1.0, static_cast<std::uint64_t>(steps), said / alpha);
        const FractionalSolution solution = solve_fractional(relaxation(alpha, 1), {.mesh = mesh}, {.scheme = scheme});
        double most = 0;
        for (std::int64_t n = 1; n <= solution.require_finished().steps(); ++n)
          most = std::max(most, std::abs(solution.at_step(n)[0] -
                                         mittag_leffler(alpha, 1, -std::pow(mesh[static_cast<std::size_t>(n)], alpha))));
        return most;
      };
      expect_order({scheme, alpha, said, 0.2}, measured_order(largest_error, 80, 2), "graded, at every step");
    }
}

TEST(FractionalOrders, AreKeptOnGradedMeshesForASmoothStartOfANonlinearEquation) {
  for (const FractionalScheme scheme : kEveryScheme)
    for (const double alpha : {0.4, 0.7, 1.3}) {
      if (!takes_any_mesh(scheme) || (alpha > 1 && to_string(scheme).starts_with("l"))) continue;
      const double said = fractional_order(scheme, alpha);
      const auto largest_error = [&](std::int64_t steps) {
        const std::vector<double> mesh = graded_mesh(1.0, static_cast<std::uint64_t>(steps), 2.0);
        const FractionalSolution solution = solve_fractional(cubic_with_power(alpha, 7), {.mesh = mesh}, {.scheme = scheme});
        double most = 0;
        for (std::int64_t n = 1; n <= solution.require_finished().steps(); ++n)
          most = std::max(most, std::abs(solution.at_step(n)[0] - 1 - std::pow(mesh[static_cast<std::size_t>(n)], 7)));
        return most;
      };
      const bool from_above = scheme == FractionalScheme::predictor_corrector;  // first it has to become stable
      expect_order({scheme, alpha, said, 0.2, 1, from_above}, measured_order(largest_error, 80, 2), "smooth, graded");
    }
}

TEST(FractionalOrders, OfProductIntegrationAreGainedBackOnGradedMeshesAboveOrderOne) {
  const double alpha = 1.3;
  for (const FractionalScheme scheme : {FractionalScheme::product_trapezoid, FractionalScheme::predictor_corrector,
                                        FractionalScheme::rectangle_implicit, FractionalScheme::rectangle_explicit}) {
    const double said = fractional_order(scheme, alpha);
    const bool from_above = scheme == FractionalScheme::predictor_corrector;  // its predictor's error, of order 1 + alpha, still counts
    const auto largest_error = [&](std::int64_t steps) {
      const std::vector<double> mesh = graded_mesh(1.0, static_cast<std::uint64_t>(steps), 1.6);
      const FractionalSolution solution = solve_fractional(relaxation(alpha, 1), {.mesh = mesh}, {.scheme = scheme});
      double most = 0;
      for (std::int64_t n = 1; n <= solution.require_finished().steps(); ++n)
        most = std::max(most, std::abs(solution.at_step(n)[0] -
                                       mittag_leffler(alpha, 1, -std::pow(mesh[static_cast<std::size_t>(n)], alpha))));
      return most;
    };
    expect_order({scheme, alpha, said, 0.2, 1, from_above}, measured_order(largest_error, 80, 2), "rough, graded");
  }
}

TEST(FractionalOrders, AreThoseOfAlphaForL1AtEveryStepOfAUniformMesh) {
  const double alpha = 0.5;
  const auto largest_error = [&](std::int64_t steps) {
    const FractionalSolution solution =
        solve_fractional(relaxation(alpha, 1), {.end = 1, .steps = steps}, {.scheme = FractionalScheme::l1});
    double most = 0;
    for (std::int64_t n = 1; n <= steps; ++n)
      most =
          std::max(most, std::abs(solution.at_step(n)[0] -
                                  mittag_leffler(alpha, 1, -std::pow(solution.times()[static_cast<std::size_t>(n)], alpha))));
    return most;
  };
  expect_order({FractionalScheme::l1, alpha, alpha}, measured_order(largest_error, 100, 4), "uniform, at every step");
}

TEST(FractionalOrders, AreReachedForTheNonlinearProblemOfDiethelmFordAndFreed) {
  for (const double alpha : {0.6, 1.25})
    for (const FractionalScheme scheme :
         {FractionalScheme::grunwald, FractionalScheme::predictor_corrector, FractionalScheme::rectangle_explicit}) {
      const double said = scheme == FractionalScheme::predictor_corrector ? std::min(2.0, 1 + alpha) : 1.0;
      expect_order(
          {scheme, alpha, said, 0.25},
          measured_order(
              [&](std::int64_t steps) {
                return std::abs(last_value(diethelm_problem(alpha), {.end = 1, .steps = steps}, {.scheme = scheme}) - 0.25);
              },
              320, 2),
          "Diethelm");
    }
}

}  // namespace
}  // namespace almanac::compute
