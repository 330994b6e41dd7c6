#include "fractional_problems.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

TEST(FractionalFailure, KeepsTheStepsBeforeANanOfTheRightSide) {
  for (const FractionalScheme scheme : kEveryScheme) {
    FractionalEquation whole = single_term(
        0.6, [](double, std::span<const double> y, std::span<double> out) { out[0] = -y[0], out[1] = y[0] - y[1]; }, {1, 0}, 2);
    FractionalEquation broken = whole;
    broken.f = [f = whole.f](double t, std::span<const double> y, std::span<double> out) {
      f(t, y, out);
      if (t > 0.5) out[1] = kNan;
    };
    const FractionalTimes times{.end = 1, .steps = 32};
    const FractionalSolution expected = solve_fractional(whole, times, {.scheme = scheme});
    const FractionalSolution stopped = solve_fractional(broken, times, {.scheme = scheme});
    ASSERT_TRUE(stopped.failure()) << to_string(scheme);
    EXPECT_EQ(stopped.failure()->reason, SolverStop::not_finite);
    EXPECT_EQ(stopped.failure()->unknown, 1);
    EXPECT_TRUE(std::isnan(stopped.failure()->value));
    EXPECT_GT(stopped.failure()->time, 0.5);
    EXPECT_LE(stopped.failure()->time, 0.5 + 1.0 / 32);
    EXPECT_EQ(stopped.failure()->step, 17) << to_string(scheme);
    // the explicit rectangle does not ask for f_17 before step 18
    EXPECT_EQ(stopped.steps(), scheme == FractionalScheme::rectangle_explicit ? 17 : 16) << to_string(scheme);
    for (std::int64_t n = 0; n <= stopped.steps(); ++n) EXPECT_EQ(stopped.at_step(n)[1], expected.at_step(n)[1]);
    EXPECT_NE(stopped.failure()->text.find("f = nan at t = 0.5"), std::string::npos) << stopped.failure()->text;
    try {
      stopped.require_finished();
      ADD_FAILURE();
    } catch (const SolverError& error) {
      EXPECT_EQ(error.failure().step, 17);
      EXPECT_EQ(error.what(), stopped.failure()->text);
    }
  }
}

TEST(FractionalFailure, SaysThatNewtonsMethodDoesNotConverge) {
  // y - 1 = h y^2 has no solution for h > 1/4
  FractionalEquation equation =
      single_term(1.0, [](double, std::span<const double> y, std::span<double> out) { out[0] = y[0] * y[0]; }, {1.0});
  equation.jacobian = [](double, std::span<const double> y, std::span<double> out) { out[0] = 2 * y[0]; };
  for (const bool with_jacobian : {true, false}) {
    if (!with_jacobian) equation.jacobian = {};
    const FractionalSolution solution =
        solve_fractional(equation, {.end = 3, .steps = 10}, {.scheme = FractionalScheme::grunwald});
    ASSERT_TRUE(solution.failure());
    EXPECT_EQ(solution.failure()->reason, SolverStop::not_converged) << solution.failure()->text;
    EXPECT_EQ(solution.failure()->step, 1);
    EXPECT_EQ(solution.steps(), 0);
    EXPECT_EQ(solution.at_step(0)[0], 1.0);
    EXPECT_GT(std::abs(solution.failure()->value), 1e-3);
  }
}

TEST(FractionalFailure, SaysThatAJacobianIsSingular) {
  // implicit Euler, h = 1/4, y' = 4 y: (1 - 4 h) y = 1
  const auto equation = [](std::int64_t n, bool with_jacobian) {
    FractionalEquation e = single_term(
        1.0,
        [](double, std::span<const double> y, std::span<double> out) {
          for (std::size_t i = 0; i < y.size(); ++i) out[i] = 4 * y[i];
        },
        std::vector<double>(static_cast<std::size_t>(n), 1.0), n);
    if (with_jacobian)
      e.jacobian = [n](double, std::span<const double>, std::span<double> out) {
        std::fill(out.begin(), out.end(), 0.0);
        for (std::int64_t i = 0; i < n; ++i) out[static_cast<std::size_t>(i * n + i)] = 4;
      };
    return e;
  };
  for (const std::int64_t n : {1, 3})
    for (const bool with_jacobian : {true, false}) {
      const FractionalSolution solution =
          solve_fractional(equation(n, with_jacobian), {.end = 1, .steps = 4}, {.scheme = FractionalScheme::grunwald});
      ASSERT_TRUE(solution.failure()) << n;
      EXPECT_EQ(solution.failure()->reason, SolverStop::singular_jacobian) << solution.failure()->text;
      EXPECT_EQ(solution.failure()->step, 1);
    }
}

TEST(FractionalFailure, SeesASingularMatrixWithRowsOfAnySize) {
  // rows 1e12 apart; the determinant is 0
  FractionalEquation equation = single_term(
      1.0,
      [](double, std::span<const double> y, std::span<double> out) {
        out[0] = y[0] * (1 - 1) + y[0] - y[1];
        out[1] = y[1] - 1e12 * y[0];
      },
      {1, 1}, 2);
  equation.jacobian = [](double, std::span<const double>, std::span<double> out) {
    out[0] = 1, out[1] = -1, out[2] = -1e12, out[3] = 1;
  };
  // I - h J with h = 1: (0, 1; 1e12, 0): regular, however its rows differ
  EXPECT_TRUE(solve_fractional(equation, {.end = 1, .steps = 1}, {.scheme = FractionalScheme::grunwald}).finished());
  equation.jacobian = [](double, std::span<const double>, std::span<double> out) {
    out[0] = 0, out[1] = -1, out[2] = -1e12, out[3] = -1e12 + 1;
  };
  const FractionalSolution singular =
      solve_fractional(equation, {.end = 1, .steps = 1}, {.scheme = FractionalScheme::grunwald});  // (1, 1; 1e12, 1e12)
  ASSERT_TRUE(singular.failure());
  EXPECT_EQ(singular.failure()->reason, SolverStop::singular_jacobian);
}

TEST(FractionalFailure, StopsWhereTheSolutionLeavesTheRange) {
  const FractionalEquation equation =
      single_term(0.8, [](double, std::span<const double> y, std::span<double> out) { out[0] = y[0] * y[0] * y[0]; }, {10.0});
  for (const FractionalScheme scheme : {FractionalScheme::rectangle_explicit, FractionalScheme::predictor_corrector}) {
    const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 50}, {.scheme = scheme});
    ASSERT_TRUE(solution.failure());
    EXPECT_EQ(solution.failure()->reason, SolverStop::not_finite);
    EXPECT_GE(solution.steps(), 1);
    for (const double y : solution.values()) EXPECT_TRUE(std::isfinite(y));
  }
}

TEST(FractionalFailure, StopsAtAJacobianThatIsNotFinite) {
  FractionalEquation equation = relaxation(0.5, 1);
  equation.jacobian = [](double t, std::span<const double>, std::span<double> out) { out[0] = t > 0 ? kInfinity : -1; };
  const FractionalSolution solution = solve_fractional(equation, {.end = 1, .steps = 4}, {});
  ASSERT_TRUE(solution.failure());
  EXPECT_EQ(solution.failure()->reason, SolverStop::not_finite);
  EXPECT_EQ(solution.failure()->value, kInfinity);
}

TEST(FractionalFailure, LetsExceptionsOfTheRightSideThrough) {
  FractionalEquation equation = relaxation(0.5, 1);
  equation.f = [](double, std::span<const double>, std::span<double>) { throw std::domain_error("mine"); };
  EXPECT_THROW(solve_fractional(equation, {.end = 1, .steps = 4}, {}), std::domain_error);
}

// ---- beforehand

struct Problem {
  FractionalEquation equation = relaxation(0.5, 1);
  FractionalTimes times{.end = 1, .steps = 10};
  FractionalOptions options = {};
};

void expect_refused(const std::string& parameter, const std::function<void(Problem&)>& change) {
  Problem problem;
  change(problem);
  try {
    solve_fractional(problem.equation, problem.times, problem.options);
    ADD_FAILURE() << parameter << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_FALSE(error.value().empty()) << error.what();
  }
}

TEST(FractionalFailure, RefusesEquationsOutsideTheirRanges) {
  for (const double order : {0.0, -0.5, 4.5, kNan, kInfinity})
    expect_refused("terms[0].order", [=](Problem& p) { p.equation.terms[0].order = order; });
  expect_refused("terms", [](Problem& p) { p.equation.terms.clear(); });
  expect_refused("terms[1].order", [](Problem& p) { p.equation.terms = {{0.5, 1}, {0.5, 1}}; });
  expect_refused("terms[0].coefficient", [](Problem& p) { p.equation.terms[0].coefficient = kNan; });
  expect_refused("terms[0].coefficient", [](Problem& p) { p.equation.terms[0].coefficient = 0; });
  expect_refused("f", [](Problem& p) { p.equation.f = {}; });
  expect_refused("unknowns", [](Problem& p) { p.equation.unknowns = 0; });
  expect_refused("initial", [](Problem& p) { p.equation.initial = {1, 1}; });
  expect_refused("initial", [](Problem& p) { p.equation.terms[0].order = 1.5; });
  expect_refused("initial[0]", [](Problem& p) { p.equation.initial = {kInfinity}; });
  expect_refused("unknowns", [](Problem& p) { p.equation.unknowns = 10001, p.equation.initial.assign(10001, 1.0); });
}

TEST(FractionalFailure, RefusesTimesThatDoNotIncrease) {
  for (const double end : {0.0, -1.0, kNan, kInfinity}) expect_refused("end", [=](Problem& p) { p.times.end = end; });
  expect_refused("start", [](Problem& p) { p.times.start = kNan; });
  for (const std::int64_t steps : {0L, -3L, 200'000'000L}) expect_refused("steps", [=](Problem& p) { p.times.steps = steps; });
  expect_refused("steps", [](Problem& p) { p.times = {.start = 1e16, .end = 1e16 + 4, .steps = 10}; });
  static const double unordered[] = {0, 0.5, 0.5, 1}, broken[] = {0, kNan, 1}, one[] = {0};
  const auto on_mesh = [](std::span<const double> mesh) {
    return [mesh](Problem& p) { p.times.mesh = mesh, p.options.scheme = FractionalScheme::l1; };
  };
  expect_refused("mesh[2]", on_mesh(unordered));
  expect_refused("mesh[1]", on_mesh(broken));
  expect_refused("mesh", on_mesh(one));
  static const double good[] = {0, 0.5, 1};
  expect_refused("mesh", [](Problem& p) { p.times.mesh = good; });
  expect_refused("mesh", [](Problem& p) { p.times.mesh = good, p.options.scheme = FractionalScheme::trapezoidal; });
  expect_refused("mesh", [](Problem& p) {
    p.times.mesh = good, p.options.scheme = FractionalScheme::l1, p.equation = relaxation(1.5, 1);
  });
}

TEST(FractionalFailure, RefusesWhatASchemeDoesNotTake) {
  const auto order = [](FractionalScheme scheme, double alpha) {
    return [=](Problem& p) {
      p.options.scheme = scheme, p.equation = relaxation(alpha, 1),
      p.equation.initial.resize(static_cast<std::size_t>(std::ceil(alpha)));
    };
  };
  for (const FractionalScheme scheme :
       {FractionalScheme::trapezoidal, FractionalScheme::newton_gregory, FractionalScheme::flmm_bdf2,
        FractionalScheme::product_trapezoid, FractionalScheme::rectangle_explicit, FractionalScheme::rectangle_implicit,
        FractionalScheme::predictor_corrector})
    expect_refused("alpha", order(scheme, 2.5));
  for (const double alpha : {1.0, 2.0, 2.5}) expect_refused("alpha", order(FractionalScheme::l1, alpha));
  for (const double alpha : {1.0, 1.5}) expect_refused("alpha", order(FractionalScheme::l1_2, alpha));
  for (const double alpha : {1.0, 1.5}) expect_refused("alpha", order(FractionalScheme::l2_1_sigma, alpha));
  const auto two = [](FractionalScheme scheme, double second) {
    return [=](Problem& p) {
      p.equation.terms = {{0.3, 1}, {second, 1}}, p.options.scheme = scheme,
      p.equation.initial.resize(static_cast<std::size_t>(std::ceil(second)));
    };
  };
  for (const FractionalScheme scheme :
       {FractionalScheme::trapezoidal, FractionalScheme::l2_1_sigma, FractionalScheme::predictor_corrector})
    expect_refused("terms", two(scheme, 0.5));
  expect_refused("terms", two(FractionalScheme::l1, 1.5));
  for (const FractionalScheme scheme :
       {FractionalScheme::l1, FractionalScheme::product_trapezoid, FractionalScheme::newton_gregory})
    expect_refused("scheme", [=](Problem& p) {
      p.equation.derivative = FractionalDerivative::grunwald_letnikov, p.options.scheme = scheme;
    });
  for (const FractionalScheme scheme : {FractionalScheme::l1, FractionalScheme::product_trapezoid,
                                        FractionalScheme::newton_gregory, FractionalScheme::rectangle_explicit})
    expect_refused("scheme", [=](Problem& p) {
      p.equation.derivative = FractionalDerivative::riemann_liouville, p.options.scheme = scheme;
    });
  expect_refused("initial", [](Problem& p) {
    p.equation.derivative = FractionalDerivative::riemann_liouville, p.equation.terms = {{0.3, 1}, {0.5, 1}};
  });
  expect_refused("start", [](Problem& p) {
    p.equation.derivative = FractionalDerivative::grunwald_letnikov, p.options.start = StartCorrection::initial;
  });
  expect_refused("steps", [](Problem& p) { p.times.steps = 4, p.options.scheme = FractionalScheme::bdf6, p.options.start = StartCorrection::initial; });
  expect_refused("steps", [](Problem& p) { p.times.steps = 1, p.options.start = StartCorrection::starting_weights; });
  expect_refused("scheme", [](Problem& p) { p.equation.variable_order = [](double) { return 0.5; }; });
}

TEST(FractionalFailure, RefusesOptionsOutsideTheirRanges) {
  for (const double tolerance : {0.0, 1e-16, -1.0, 0.5, kNan})
    expect_refused("newton_tolerance", [=](Problem& p) { p.options.newton_tolerance = tolerance; });
  for (const int iterations : {0, -1, 1001})
    expect_refused("newton_iterations", [=](Problem& p) { p.options.newton_iterations = iterations; });
  for (const int corrections : {0, 101})
    expect_refused("corrections", [=](Problem& p) { p.options.corrections = corrections; });
  expect_refused("threads", [](Problem& p) { p.options.threads = 0; });
  for (const double tolerance : {0.0, 1e-17, 1.5, kNan})
    expect_refused("history_tolerance", [=](Problem& p) { p.options.history_tolerance = tolerance; });
  expect_refused("memory_limit", [](Problem& p) {
    p.options.memory_limit = 100, p.times.steps = 100'000, p.options.history = HistoryMethod::direct;
  });
  expect_refused("method", [](Problem& p) { p.options.history = HistoryMethod::exponentials; });
}

TEST(FractionalFailure, TakesStartingWeightsOfWhoeverGivesThemAndRefusesOthers) {
  int asked = 0;
  const FractionalTimes times{.end = 1, .steps = 10};
  FractionalOptions options{.scheme = FractionalScheme::trapezoidal};
  const FractionalSolution expected = solve_fractional(relaxation(0.5, 1), times, options);
  options.starting_weights = [&asked](QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps) {
    ++asked;
    return starting_weights(rule, alpha, exponents, steps);
  };
  const FractionalSolution given = solve_fractional(relaxation(0.5, 1), times, options);
  EXPECT_EQ(asked, 1);
  for (std::int64_t n = 0; n <= 10; ++n) EXPECT_EQ(given.at_step(n)[0], expected.at_step(n)[0]) << n;

  const auto changed = [](const std::function<void(StartingWeights&)>& change) {
    return [change](Problem& p) {
      p.options.scheme = FractionalScheme::trapezoidal;
      p.options.starting_weights = [change](QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps) {
        StartingWeights weights = starting_weights(rule, alpha, exponents, steps);
        change(weights);
        return weights;
      };
    };
  };
  expect_refused("starting_weights", changed([](StartingWeights& weights) { weights.weights.pop_back(); }));
  expect_refused("starting_weights", changed([](StartingWeights& weights) { weights.exponents.back() += 0.1; }));
}

TEST(FractionalFailure, IsAskedWhetherToGoOnWhileWeightsAndHistoriesAreMade) {
  for (const FractionalScheme scheme : {FractionalScheme::bdf2, FractionalScheme::newton_gregory}) {
    struct Enough {};
    int polls = 0, stop_at = 1'000'000;
    FractionalOptions options{.scheme = scheme, .start = StartCorrection::initial};
    options.poll = [&] {
      if (++polls == stop_at) throw Enough();
    };
    options.observer = [](std::int64_t step, double, std::span<const double>) {
      if (step == 1) throw Enough();
    };
    const auto solve = [&] { solve_fractional(relaxation(0.5, 1), {.end = 1, .steps = 1'100'000}, options); };
    EXPECT_THROW(solve(), Enough);
    EXPECT_GE(polls, 40) << to_string(scheme);  // 5 pieces of weights; levels of blocks
    stop_at = 20;
    polls = 0;
    EXPECT_THROW(solve(), Enough);
    EXPECT_EQ(polls, 20);
  }
}

TEST(FractionalFailure, RefusesPlacesOutsideTheSolution) {
  const FractionalSolution solution = solve_fractional(relaxation(0.5, 1), {.end = 1, .steps = 10}, {});
  double y = 0;
  for (const double t : {-0.1, 1.1, kNan}) EXPECT_THROW(solution.evaluate(t, {&y, 1}), ArgumentError);
  EXPECT_THROW(solution.evaluate(0.5, {}), ArgumentError);
  for (const std::int64_t n : {-1, 11}) EXPECT_THROW(solution.at_step(n), ArgumentError);
}

TEST(FractionalFailure, NamesReadBack) {
  for (const FractionalScheme scheme : kEveryScheme) EXPECT_EQ(parse_fractional_scheme(to_string(scheme)), scheme);
  EXPECT_EQ(parse_fractional_scheme("bdf1"), FractionalScheme::grunwald);
  EXPECT_FALSE(parse_fractional_scheme("bdf7"));
  for (const auto derivative :
       {FractionalDerivative::caputo, FractionalDerivative::riemann_liouville, FractionalDerivative::grunwald_letnikov})
    EXPECT_EQ(parse_fractional_derivative(to_string(derivative)), derivative);
  for (const auto start :
       {StartCorrection::automatic, StartCorrection::none, StartCorrection::initial, StartCorrection::starting_weights})
    EXPECT_EQ(parse_start_correction(to_string(start)), start);
}

}  // namespace
}  // namespace almanac::compute
