#include "fractional_problems.hpp"
#include "quadrature_golden.hpp"

#include <almanac/compute/solve_fractional.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

/// What R05 calls the schemes.
FractionalOptions discrete_scheme(const std::string& key) {
  FractionalOptions options{.history = HistoryMethod::direct};
  if (key.ends_with(" BDF1")) options.scheme = FractionalScheme::grunwald;
  if (key.ends_with(" BDF2")) options.start = StartCorrection::none;
  if (key.ends_with(" BDF2c")) options.start = StartCorrection::initial;
  if (key.ends_with(" L1")) options.scheme = FractionalScheme::l1;
  return options;
}

TEST(FractionalGolden, AreTheDiscreteSchemesOfR05) {
  // A step commits the rounding of a sum of up to 640 terms of weight Σ|w_k| ≤ 3 and |v| ≤ 1, 3e-16 times the root of its length at
  // most as signs vary; for lambda > 0 a step does not enlarge what was committed before it. alpha = 0.8 is the double: 4e-17 off.
  const nlohmann::json problem = golden_problem("R05-relaxation-discrete");
  int compared = 0;
  for (const auto& [key, table] : problem.items())
    for (const auto& [steps, record] : table.items()) {
      const double exact = std::stod(record.at("y_N").get<std::string>());
      const auto solution = solve_fractional(relaxation(number_in(key, "alpha"), number_in(key, "lambda")),
                                             {.end = 1, .steps = std::stol(steps)}, discrete_scheme(key));
      EXPECT_NEAR(solution.require_finished().values().back(), exact, 5e-15) << key << ", " << steps;
      ++compared;
    }
  EXPECT_GE(compared, 50);
}

TEST(FractionalGolden, AreReachedForTheRelaxationsOfR04) {
  const nlohmann::json problem = golden_problem("R04-relaxation");
  for (const auto& [key, value] : problem.items()) {
    const double exact = std::stod(value.get<std::string>());
    const auto solution = solve_fractional(relaxation(number_in(key, "alpha"), number_in(key, "lambda")),
                                           {.end = number_in(key, "t"), .steps = 1000}, {.scheme = FractionalScheme::bdf4});
    // order 4: (1/1000)^4 times derivatives at t of size up to lambda^4, E below 1
    EXPECT_NEAR(solution.require_finished().values().back(), exact, 2e-9) << key;
  }
}

TEST(FractionalGolden, AreReachedForTheOscillationsOfR06) {
  const nlohmann::json problem = golden_problem("R06-fractional-oscillator");
  for (const auto& [key, value] : problem.items()) {
    const double exact = std::stod(value.get<std::string>()), alpha = number_in(key, "alpha"), t = number_in(key, "t");
    FractionalEquation equation = relaxation(alpha, 1.0);
    equation.initial = key.find("E_{a,2}") != std::string::npos ? std::vector{0.0, 1.0} : std::vector{1.0, 0.0};
    const auto solution = solve_fractional(equation, {.end = t, .steps = 2000}, {.scheme = FractionalScheme::bdf2});
    const double h = t / 2000;
    // the phase is late by t h^2 / 3, as delta(e^-s) = s (1 - s^2 / 3 …), and the start's h^2
    EXPECT_NEAR(solution.require_finished().values().back(), exact, (1 + t) * h * h) << key;
  }
}

TEST(FractionalGolden, AreReachedForTheSubdiffusionOfR10) {
  // amplitude of sin πx, or sin πx sin πy: lambda = π², 2π², which the equation has at any t; bdf3 in 1000 steps: (lambda t^alpha)
  // counts by E's own derivatives, which are below 1
  const nlohmann::json problem = golden_problem("R10-subdiffusion-smooth");
  for (const auto& [key, value] : problem.items()) {
    const double dimensions = key.starts_with("2D") ? 2 : 1;
    const auto solution =
        solve_fractional(relaxation(number_in(key, "alpha"), dimensions * std::numbers::pi * std::numbers::pi),
                         {.end = number_in(key, "t"), .steps = 1000}, {.scheme = FractionalScheme::bdf3});
    EXPECT_NEAR(solution.require_finished().values().back(), std::stod(value.get<std::string>()), 2e-8) << key;
  }
}

TEST(FractionalGolden, AreReachedForTheDiffusionWaveOfR11) {
  const nlohmann::json problem = golden_problem("R11-diffusion-wave");
  for (const auto& [key, value] : problem.items()) {
    const double alpha = number_in(key, "alpha"), t = number_in(key, "t"), lambda = std::numbers::pi * std::numbers::pi;
    FractionalEquation equation = relaxation(alpha, lambda);
    equation.initial = key.find("E_{a,2}") != std::string::npos ? std::vector{0.0, 1.0} : std::vector{1.0, 0.0};
    const auto solution = solve_fractional(equation, {.end = t, .steps = 4000}, {.scheme = FractionalScheme::bdf2});
    // omega = lambda^(1/alpha) up to 9.9: the phase is late by omega^3 t h^2 / 3, h = t / 4000
    const double h = t / 4000, omega = std::pow(lambda, 1 / alpha);
    EXPECT_NEAR(solution.require_finished().values().back(), std::stod(value.get<std::string>()),
                (1 + omega * omega * omega * t) * h * h)
        << key;
  }
}

}  // namespace
}  // namespace almanac::compute
