// Linear equations that bring their solve, observers, and what a run may take of memory.
#include "fractional_problems.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/time_mesh.hpp>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

/// D^alpha y = L y + g(t), L = Q diag(eigenvalues) Q with a reflection Q, so that all unknowns are coupled.
struct LinearSystem {
  std::vector<double> eigenvalues;

  Eigen::MatrixXd matrix() const {
    const auto n = static_cast<Eigen::Index>(eigenvalues.size());
    const Eigen::VectorXd normal = Eigen::VectorXd::LinSpaced(n, 1.0, 2.0).normalized();
    const Eigen::MatrixXd q = Eigen::MatrixXd::Identity(n, n) - 2 * normal * normal.transpose();
    return q * Eigen::Map<const Eigen::VectorXd>(eigenvalues.data(), n).asDiagonal() * q;
  }

  FractionalEquation equation(double alpha, bool brings_solve) const {
    const auto n = static_cast<Eigen::Index>(eigenvalues.size());
    const Eigen::MatrixXd l = matrix();
    FractionalEquation made = single_term(
        alpha,
        [l, n](double t, std::span<const double> y, std::span<double> out) {
          Eigen::Map<Eigen::VectorXd> sum(out.data(), n);
          sum = l * Eigen::Map<const Eigen::VectorXd>(y.data(), n);
          sum.array() += std::cos(t);
        },
        std::vector<double>(eigenvalues.size(), 1.0), n);
    if (alpha > 1) made.initial.insert(made.initial.end(), eigenvalues.size(), 0.5);
    if (brings_solve) {
      made.linear_solve = [l, n](double a, double b, std::span<const double> right, std::span<double> x) {
        const Eigen::MatrixXd shifted = a * Eigen::MatrixXd::Identity(n, n) - b * l;
        Eigen::Map<Eigen::VectorXd>(x.data(), n) = shifted.llt().solve(Eigen::Map<const Eigen::VectorXd>(right.data(), n));
      };
    } else {
      made.jacobian = [l, n](double, std::span<const double>, std::span<double> out) {
        Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(out.data(), n, n) = l;
      };
    }
    return made;
  }
};

double largest_difference(const FractionalSolution& x, const FractionalSolution& y) {
  double most = 0;
  for (std::size_t i = 0; i < x.values().size(); ++i) most = std::max(most, std::abs(x.values()[i] - y.values()[i]));
  return most;
}

// Both solve the same equations, by Newton's method with a dense Jacobian and by the solve: to the Newton tolerance of 1e-13, times what
// some steps make of it, and to what the condition of coupled first steps leaves, which the solution says.
TEST(FractionalLinear, IsTheSolutionOfNewtonsMethodInEveryScheme) {
  const LinearSystem stiff{{0.0, -1e-3, -1.0, -7.0, -4000.0}};
  const LinearSystem mild{{0.0, -0.5, -1.0}};  // what explicit schemes can step, and what those that are not A-stable above 1 can
  for (const double alpha : {0.4, 0.7, 1.3})
    for (const FractionalScheme scheme : kEveryScheme) {
      const bool is_l = scheme == FractionalScheme::l1_2 || scheme == FractionalScheme::l2_1_sigma;
      if (alpha > 1 && is_l) continue;
      const bool is_explicit = scheme == FractionalScheme::rectangle_explicit || scheme == FractionalScheme::predictor_corrector;
      const LinearSystem& taken = is_explicit || alpha > 1 ? mild : stiff;
      SCOPED_TRACE(std::string(to_string(scheme)) + " alpha=" + std::to_string(alpha));
      const FractionalTimes times{.end = 1, .steps = 40};
      const FractionalOptions options{.scheme = scheme};
      const auto expected = solve_fractional(taken.equation(alpha, false), times, options);
      const auto found = solve_fractional(taken.equation(alpha, true), times, options);
      ASSERT_TRUE(expected.finished()) << expected.failure()->text;
      ASSERT_TRUE(found.finished()) << found.failure()->text;
      EXPECT_EQ(found.work().jacobians, 0);
      EXPECT_LE(largest_difference(expected, found), 1e-10 + 100 * expected.starting_error());
    }
}

TEST(FractionalLinear, CouplesFirstStepsInSystemsOfAnySize) {
  const LinearSystem system{{0.0, -0.1, -3.0, -50.0, -1e5}};
  for (const FractionalScheme scheme : {FractionalScheme::bdf2, FractionalScheme::bdf4, FractionalScheme::bdf6}) {
    SCOPED_TRACE(std::string(to_string(scheme)));
    const FractionalTimes times{.end = 1, .steps = 60};
    const FractionalOptions options{.scheme = scheme, .start = StartCorrection::starting_weights};
    const auto expected = solve_fractional(system.equation(0.5, false), times, options);
    const auto found = solve_fractional(system.equation(0.5, true), times, options);
    ASSERT_TRUE(expected.finished()) << expected.failure()->text;
    ASSERT_TRUE(found.finished()) << found.failure()->text;
    EXPECT_LE(largest_difference(expected, found), 1e-10 + 1000 * expected.starting_error());
  }
}

// y_0 is infinite, and is no scale to end the refinement by.
TEST(FractionalLinear, CouplesFirstStepsBehindInfiniteData) {
  const LinearSystem system{{-1.0, -100.0}};
  const FractionalTimes times{.end = 1, .steps = 40};
  const FractionalOptions options{
      .scheme = FractionalScheme::bdf3, .start = StartCorrection::starting_weights, .start_exponents = {0.5, 1.0, 1.5, 2.0, 2.5}};
  const auto solve = [&](bool brings_solve) {
    FractionalEquation equation = system.equation(0.5, brings_solve);
    equation.derivative = FractionalDerivative::riemann_liouville;
    return solve_fractional(equation, times, options);
  };
  const auto expected = solve(false), found = solve(true);
  ASSERT_TRUE(expected.finished() && found.finished());
  for (std::int64_t n = 1; n <= times.steps; ++n)
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(found.at_step(n)[i], expected.at_step(n)[i], 1e-12) << n;  // 5e-10 unrefined
}

TEST(FractionalLinear, TakesMoreUnknownsThanADenseJacobianHas) {
  constexpr std::int64_t kUnknowns = kMaxNewtonUnknowns + 1;
  FractionalEquation equation = single_term(
      0.5,
      [](double, std::span<const double> y, std::span<double> out) {
        for (std::size_t i = 0; i < y.size(); ++i) out[i] = -static_cast<double>(i) * y[i];
      },
      std::vector<double>(kUnknowns, 1.0), kUnknowns);
  EXPECT_THROW(solve_fractional(equation, {.end = 1, .steps = 8}), ArgumentError);
  equation.linear_solve = [](double a, double b, std::span<const double> right, std::span<double> x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = right[i] / (a + b * static_cast<double>(i));
  };
  for (const FractionalScheme scheme : {FractionalScheme::bdf3, FractionalScheme::trapezoidal}) {
    const auto field = solve_fractional(equation, {.end = 1, .steps = 8}, {.scheme = scheme});
    const auto one = solve_fractional(relaxation(0.5, 9.0), {.end = 1, .steps = 8}, {.scheme = scheme});
    for (std::int64_t n = 0; n <= 8; ++n) EXPECT_NEAR(field.at_step(n)[9], one.at_step(n)[0], 1e-12);
  }
}

TEST(FractionalLinear, SaysWhereTheFirstStepsHaveNoSolutionItCanFind) {
  const LinearSystem growing{{300.0, -1.0}};  // and (mu - L)^-1 is sought between an eigenvalue above 0 and one below
  const auto stopped =
      solve_fractional(growing.equation(0.5, true), {.end = 1, .steps = 20},
                       {.scheme = FractionalScheme::trapezoidal, .start = StartCorrection::starting_weights});
  ASSERT_TRUE(stopped.failure());
  EXPECT_TRUE(stopped.failure()->reason == SolverStop::not_converged || stopped.failure()->reason == SolverStop::not_finite);
  EXPECT_EQ(stopped.steps(), 0);
}

TEST(FractionalLinear, StopsWhereTheSolveFindsNoSolution) {
  const LinearSystem system{{-1.0, -2.0}};
  FractionalEquation equation = system.equation(0.5, true);
  int solves = 0;
  equation.linear_solve = [&solves, solve = equation.linear_solve](double a, double b, std::span<const double> right, std::span<double> x) {
    if (++solves == 5) throw LinearSolveFailure("it has no solution", 0.25);
    solve(a, b, right, x);
  };
  const auto stopped = solve_fractional(equation, {.end = 1, .steps = 20}, {.scheme = FractionalScheme::l1});
  ASSERT_TRUE(stopped.failure());
  EXPECT_EQ(stopped.failure()->reason, SolverStop::not_converged);
  EXPECT_EQ(stopped.failure()->step, 5);
  EXPECT_EQ(stopped.failure()->time, 0.25);
  EXPECT_EQ(stopped.failure()->value, 0.25);
  EXPECT_EQ(stopped.failure()->text, "it has no solution, at t = 0.25, step 5");
  EXPECT_EQ(stopped.steps(), 4);
}

TEST(FractionalLinear, GoesOnWithoutStartingWeightsWhereTheSolveOfTheirStepsFails) {
  const LinearSystem system{{-1.0, -2.0}};
  FractionalEquation equation = system.equation(0.5, true);
  int solves = 0;
  equation.linear_solve = [&solves, solve = equation.linear_solve](double a, double b, std::span<const double> right, std::span<double> x) {
    if (++solves == 3) throw LinearSolveFailure("it has no solution", 0.25);
    solve(a, b, right, x);
  };
  FractionalOptions options{.scheme = FractionalScheme::trapezoidal};
  const auto solution = solve_fractional(equation, {.end = 1, .steps = 20}, options);
  EXPECT_TRUE(solution.finished());
  EXPECT_EQ(solution.start(), StartCorrection::initial);
  EXPECT_EQ(solution.start_reason(), "it has no solution, at t = 0.05, step 1");
  solves = 0;
  options.start = StartCorrection::starting_weights;  // who asks for them by name is not given something else
  EXPECT_EQ(solve_fractional(equation, {.end = 1, .steps = 20}, options).steps(), 0);
}

TEST(FractionalLinear, StopsAtWhatTheSolveLeavesNotFinite) {
  const LinearSystem system{{-1.0, -2.0}};
  FractionalEquation equation = system.equation(0.5, true);
  int solves = 0;
  equation.linear_solve = [&solves](double, double, std::span<const double>, std::span<double> x) {
    x[0] = 1;
    x[1] = ++solves < 5 ? 1 : std::numeric_limits<double>::infinity();
  };
  const auto stopped = solve_fractional(equation, {.end = 1, .steps = 20}, {.scheme = FractionalScheme::l1});
  ASSERT_TRUE(stopped.failure());
  EXPECT_EQ(stopped.failure()->reason, SolverStop::not_finite);
  EXPECT_EQ(stopped.failure()->step, 5);
  EXPECT_EQ(stopped.failure()->unknown, 1);
  EXPECT_EQ(stopped.steps(), 4);
}

TEST(FractionalObserver, SeesEveryStepOfEverySchemeAndTheSolutionKeepsNone) {
  const LinearSystem system{{-0.2, -0.8}};
  for (const bool graded : {false, true})
    for (const FractionalScheme scheme : kEveryScheme) {
      if (graded && !takes_any_mesh(scheme)) continue;
      SCOPED_TRACE(std::string(to_string(scheme)) + (graded ? " graded" : ""));
      const std::vector<double> mesh = graded ? graded_mesh(1, 30, 2) : std::vector<double>();
      const FractionalTimes times{.end = 1, .steps = 30, .mesh = mesh};
      const auto expected = solve_fractional(system.equation(0.6, true), times, {.scheme = scheme});
      std::vector<double> seen;
      const auto watched = solve_fractional(
          system.equation(0.6, true), times,
          {.scheme = scheme, .observer = [&](std::int64_t step, double t, std::span<const double> y) {
             EXPECT_EQ(static_cast<std::size_t>(step) * 2, seen.size());
             EXPECT_EQ(t, expected.times()[static_cast<std::size_t>(step)]);
             seen.insert(seen.end(), y.begin(), y.end());
           }});
      EXPECT_EQ(watched.steps(), 30);
      EXPECT_TRUE(watched.values().empty());
      EXPECT_EQ(seen, std::vector<double>(expected.values().begin(), expected.values().end()));
      EXPECT_THROW(watched.at_step(3), ArgumentError);
      std::vector<double> y(2);
      EXPECT_THROW(watched.evaluate(0.33, y), ArgumentError);
    }
}

TEST(FractionalObserver, EndsARunByThrowing) {
  struct Enough {};
  std::int64_t last = -1;
  const auto run = [&] {
    solve_fractional(relaxation(0.5, 1), {.end = 1, .steps = 100},
                     {.observer = [&](std::int64_t step, double, std::span<const double>) {
                       last = step;
                       if (step == 7) throw Enough();
                     }});
  };
  EXPECT_THROW(run(), Enough);
  EXPECT_EQ(last, 7);
}

// Within the first steps, too, where what a solver itself lacks memory for lets it start otherwise.
TEST(FractionalObserver, MayThrowWhatASolverThrows) {
  FractionalEquation equation = relaxation(1.0, 1);
  equation.terms = {{0.5, 1.0}, {1.0, 1.0}};
  const FractionalOptions options{.observer = [](std::int64_t step, double, std::span<const double>) {
    if (step == 2) throw ArgumentError("memory_limit", "1", "be another's");
  }};
  EXPECT_THROW(solve_fractional(equation, {.end = 1, .steps = 100}, options), ArgumentError);
}

/// What solve_fractional says of a limit that is too small; "" where it is not.
std::string refusal(const FractionalEquation& equation, const FractionalTimes& times, const FractionalOptions& options) {
  try {
    solve_fractional(equation, times, options);
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), "memory_limit");
    return error.what();
  }
  return "";
}

TEST(FractionalMemory, CountsWhatIsKept) {
  const std::uint64_t values = 1001 * sizeof(double);
  const FractionalTimes times{.end = 1, .steps = 1000};
  FractionalOptions options{.scheme = FractionalScheme::l1, .history = HistoryMethod::direct};
  const std::uint64_t history = solve_fractional(relaxation(0.5, 1), times, options).history()->bytes;
  options.memory_limit = values - 1;
  const std::string said = refusal(relaxation(0.5, 1), times, options);
  EXPECT_NE(said.find("8008 bytes"), std::string::npos) << said;
  EXPECT_NE(said.find("observer"), std::string::npos) << said;

  options.memory_limit = values + history - 1;
  EXPECT_NE(refusal(relaxation(0.5, 1), times, options), "");
  options.memory_limit = values + history;
  EXPECT_EQ(refusal(relaxation(0.5, 1), times, options), "");
  options.observer = [](std::int64_t, double, std::span<const double>) {};
  options.memory_limit = history + 2 * sizeof(double);
  EXPECT_EQ(refusal(relaxation(0.5, 1), times, options), "");
}

TEST(FractionalMemory, CountsBothHistoriesOfThePredictorAndThePastOfAMesh) {
  const FractionalTimes times{.end = 1, .steps = 1000};
  FractionalOptions options{.scheme = FractionalScheme::rectangle_explicit, .history = HistoryMethod::direct};
  options.observer = [](std::int64_t, double, std::span<const double>) {};
  const std::uint64_t one = solve_fractional(relaxation(0.5, 1), times, options).history()->bytes;
  options.scheme = FractionalScheme::predictor_corrector;
  EXPECT_EQ(solve_fractional(relaxation(0.5, 1), times, options).history()->bytes, 2 * one);
  options.memory_limit = 2 * one;  // and two rows: 16 bytes more
  EXPECT_NE(refusal(relaxation(0.5, 1), times, options), "");
  options.memory_limit = 2 * one + 16;
  EXPECT_EQ(refusal(relaxation(0.5, 1), times, options), "");

  const std::vector<double> mesh = graded_mesh(1, 1000, 2);
  for (const FractionalScheme scheme : {FractionalScheme::l1, FractionalScheme::product_trapezoid}) {
    options.scheme = scheme;
    options.memory_limit = 8000;
    const std::string said = refusal(relaxation(0.5, 1), {.mesh = mesh}, options);
    EXPECT_NE(said.find("the past on a mesh"), std::string::npos) << said;
    EXPECT_NE(said.find("uniform times"), std::string::npos) << said;
    options.memory_limit = 8024;
    EXPECT_EQ(refusal(relaxation(0.5, 1), {.mesh = mesh}, options), "");
  }
}

}  // namespace
}  // namespace almanac::compute
