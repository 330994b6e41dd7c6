#pragma once

#include <almanac/compute/mittag_leffler.hpp>
#include <almanac/compute/solve_fractional.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace almanac::compute {

inline constexpr std::array<FractionalScheme, 16> kEveryScheme{FractionalScheme::grunwald,
                                                               FractionalScheme::bdf2,
                                                               FractionalScheme::bdf3,
                                                               FractionalScheme::bdf4,
                                                               FractionalScheme::bdf5,
                                                               FractionalScheme::bdf6,
                                                               FractionalScheme::trapezoidal,
                                                               FractionalScheme::newton_gregory,
                                                               FractionalScheme::flmm_bdf2,
                                                               FractionalScheme::l1,
                                                               FractionalScheme::l1_2,
                                                               FractionalScheme::l2_1_sigma,
                                                               FractionalScheme::rectangle_explicit,
                                                               FractionalScheme::rectangle_implicit,
                                                               FractionalScheme::product_trapezoid,
                                                               FractionalScheme::predictor_corrector};

/// D^alpha y = -lambda y, y(0) = 1: E_alpha(-lambda t^alpha).
inline FractionalEquation relaxation(double alpha, double lambda) {
  FractionalEquation equation = single_term(
      alpha, [lambda](double, std::span<const double> y, std::span<double> out) { out[0] = -lambda * y[0]; }, {1.0});
  if (alpha > 1) equation.initial.push_back(0.0);
  return equation;
}

/// D^alpha y = -y^3 + y + what makes y = 1 + t^power its solution.
inline FractionalEquation cubic_with_power(double alpha, double power) {
  const double factor = std::tgamma(power + 1) / std::tgamma(power + 1 - alpha);
  FractionalEquation equation = single_term(alpha,
                                            [=](double t, std::span<const double> y, std::span<double> out) {
                                              const double exact = 1 + std::pow(t, power);
                                              out[0] = (exact - y[0]) * (y[0] * y[0] + y[0] * exact + exact * exact - 1) +
                                                       factor * std::pow(t, power - alpha);
                                            },
                                            {1.0});
  if (alpha > 1) equation.initial.push_back(0.0);
  return equation;
}

/// The test problem of Diethelm, Ford, Freed 2004 (Numer. Algorithms 36, 31, section 5): y = (3/2 t^(alpha/2) - t^4)^2.
inline FractionalEquation diethelm_problem(double alpha) {
  const double g1 = 40320 / std::tgamma(9 - alpha), g2 = 3 * std::tgamma(5 + alpha / 2) / std::tgamma(5 - alpha / 2),
               g3 = 2.25 * std::tgamma(alpha + 1);
  FractionalEquation equation = single_term(alpha,
                                            [=](double t, std::span<const double> y, std::span<double> out) {
                                              const double root = 1.5 * std::pow(t, alpha / 2) - std::pow(t, 4);
                                              out[0] = g1 * std::pow(t, 8 - alpha) - g2 * std::pow(t, 4 - alpha / 2) + g3 +
                                                       root * root * root - std::pow(std::abs(y[0]), 1.5);
                                            },
                                            {0.0});
  if (alpha > 1) equation.initial.push_back(0.0);
  return equation;
}

/// log2 of the quotient of the errors at the last two of `doublings` + 1 step numbers beginning with `steps`.
inline double measured_order(const std::function<double(std::int64_t steps)>& error, std::int64_t steps, int doublings) {
  double before = error(steps), order = 0;
  for (int k = 0; k < doublings; ++k) {
    steps *= 2;
    const double now = error(steps);
    order = std::log2(before / now);
    before = now;
  }
  return order;
}

/// The last value of the first unknown.
inline double last_value(const FractionalEquation& equation, const FractionalTimes& times, const FractionalOptions& options) {
  const FractionalSolution solution = solve_fractional(equation, times, options);
  return solution.require_finished().at_step(solution.steps())[0];
}

}  // namespace almanac::compute
