#include "diffusion_samples.hpp"

#include <almanac/compute/shifted_diffusion.hpp>

#include <gtest/gtest.h>
#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace almanac::compute {
namespace {

std::shared_ptr<const DiffusionOperator> rough(const LaplacianProblem& grid, double contrast) {
  return std::make_shared<const DiffusionOperator>(grid, rough_kappa(laplacian_rows(grid), contrast));
}

double norm(const Vector& x) { return Eigen::Map<const Eigen::VectorXd>(x.data(), static_cast<Eigen::Index>(x.size())).norm(); }

/// ‖rhs - K x‖ / ‖rhs‖.
double residual_of(const DiffusionOperator& diffusion, double a, double b, const Vector& rhs, const Vector& x) {
  Vector image(x.size());
  diffusion.apply_shifted(a, b, x, image);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = rhs[i] - image[i];
  return norm(image) / norm(rhs);
}

TEST(ShiftedDiffusion, GivesTheSolutionOfTheDenseMatrix) {
  for (const LaplacianProblem& grid : diffusion_grids_for_dense_matrices()) {
    SCOPED_TRACE(name(grid));
    const auto diffusion = rough(grid, 30);
    ShiftedDiffusion solver(diffusion);
    for (const auto& [a, b] : {std::pair{0.0, 0.5}, {2.0, 0.5}, {100.0, 0.1}, {3.0, 0.0}}) {
      if (a == 0 && diffusion->annihilates_constants()) continue;
      const Eigen::MatrixXd k =
          a * Eigen::MatrixXd::Identity(diffusion->rows(), diffusion->rows()) - b * Eigen::MatrixXd(diffusion->matrix());
      const Vector rhs = uniform_values(diffusion->rows(), 8);
      const Eigen::Map<const Eigen::VectorXd> right(rhs.data(), diffusion->rows());
      const Eigen::VectorXd expected = k.ldlt().solve(right);
      Vector x(rhs.size());
      const double tolerance = 1e-11;
      const LinearSolveReport report = solver.solve(a, b, rhs, x, {.tolerance = tolerance});
      ASSERT_TRUE(report.converged) << report.text;
      EXPECT_TRUE(report.text.empty());
      // ‖x - K⁻¹ rhs‖ ≤ ‖K⁻¹‖ ‖residual‖, and as much again for what the factors leave.
      double smallest = 0;  // of -Δ
      for (std::size_t axis = 0; axis < grid.extent.size(); ++axis) smallest -= std::ranges::max(laplacian_symbol(grid, axis));
      const double inverse_norm = 1 / (a + b * diffusion->smallest_kappa() * smallest);
      const Eigen::Map<const Eigen::VectorXd> solved(x.data(), diffusion->rows());
      EXPECT_LE((solved - expected).norm(), 2 * tolerance * inverse_norm * right.norm());
      EXPECT_NEAR(report.residual, residual_of(*diffusion, a, b, rhs, x), 1e-14);
    }
  }
}

TEST(ShiftedDiffusion, TakesOneIterationWhereTheDiffusivityIsConstant) {
  for (const LaplacianProblem& grid : diffusion_grids()) {
    SCOPED_TRACE(name(grid));
    const auto diffusion = std::make_shared<const DiffusionOperator>(grid, Vector{0.3});
    ShiftedDiffusion solver(diffusion);
    const Vector rhs = uniform_values(diffusion->rows(), 9);
    Vector x(rhs.size());
    const LinearSolveReport report = solver.solve(0.01, 2, rhs, x);
    EXPECT_TRUE(report.converged) << report.text;
    EXPECT_EQ(report.iterations, 1);
    EXPECT_EQ(solver.iteration_bound(0.01, 2, 1e-10), 1);
  }
}

TEST(ShiftedDiffusion, NeedsNoMoreIterationsThanItsBoundHoweverRoughTheDiffusivity) {
  for (const LaplacianProblem& grid :
       {LaplacianProblem{.extent = {400}, .spacing = 0.01, .boundary = Boundary::dirichlet},
        LaplacianProblem{.extent = {40, 50}, .spacing = {0.02, 0.03}, .boundary = {Boundary::neumann_dirichlet, Boundary::periodic}},
        LaplacianProblem{.extent = {12, 14, 10}, .spacing = 0.1, .boundary = Boundary::neumann}})
    for (const double contrast : {1.5, 10.0, 1e3, 1e5})
      for (const double a : {1e-3, 1.0, 1e4}) {
        SCOPED_TRACE(name(grid) + ", contrast " + std::to_string(contrast) + ", a " + std::to_string(a));
        const auto diffusion = rough(grid, contrast);
        ShiftedDiffusion solver(diffusion);
        const Vector rhs = uniform_values(diffusion->rows(), 10);
        Vector x(rhs.size());
        const double tolerance = 1e-6;
        const LinearSolveReport report = solver.solve(a, 1, rhs, x, {.tolerance = tolerance});
        EXPECT_TRUE(report.converged) << report.text;
        EXPECT_LE(report.residual, tolerance);
        const std::int64_t bound = solver.iteration_bound(a, 1, tolerance);
        EXPECT_LE(report.iterations, bound);
        // The formula of the header, and that the bound is one of the contrast alone.
        const double condition = contrast, of_m = 8 * contrast * 3 / (0.01 * 0.01) / 1e-3;
        EXPECT_LE(static_cast<double>(bound), std::sqrt(condition) / 2 * std::log(2 * std::sqrt(condition * of_m) / tolerance) + 1);
      }
}

TEST(ShiftedDiffusion, TakesHardlyMoreIterationsOnAFinerGrid) {
  const auto iterations = [](std::int64_t n) {
    const LaplacianProblem grid{.extent = {n, n}, .spacing = 1.0 / static_cast<double>(n), .boundary = Boundary::neumann};
    Vector kappa, rhs;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        kappa.push_back(i < n / 2 && j >= n / 4 ? 20 : 1);  // a block in a corner
        rhs.push_back(std::sin(static_cast<double>(i + 1)) / static_cast<double>(j + 1));
      }
    ShiftedDiffusion solver(std::make_shared<const DiffusionOperator>(grid, kappa));
    Vector x(rhs.size());
    const LinearSolveReport report = solver.solve(1, 1, rhs, x);
    EXPECT_TRUE(report.converged);
    return report.iterations;
  };
  const std::int64_t coarse = iterations(32);
  EXPECT_GT(coarse, 1);
  EXPECT_LE(iterations(128), coarse + coarse / 2);
}

TEST(ShiftedDiffusion, HasTheSameBitsForEveryThreadCount) {
  const LaplacianProblem grid{.extent = {130, 251}, .spacing = 0.1, .boundary = {Boundary::dirichlet, Boundary::neumann_dirichlet}};
  const auto diffusion = rough(grid, 3);
  const Vector rhs = uniform_values(diffusion->rows(), 11);
  const LinearSolveLimits limits{.tolerance = 1e-5};
  Vector expected(rhs.size());
  const LinearSolveReport first = ShiftedDiffusion(diffusion).solve(0.5, 1, rhs, expected, limits);
  EXPECT_GT(first.iterations, 3);
  for (const int threads : {2, 3}) {
    Vector x(rhs.size());
    ShiftedDiffusion solver(diffusion, {}, threads);
    for (int again = 0; again < 2; ++again) {  // nothing stays behind in it
      std::ranges::fill(x, 0.0);
      const LinearSolveReport report = solver.solve(0.5, 1, rhs, x, limits);
      EXPECT_EQ(report.iterations, first.iterations);
      EXPECT_EQ(report.residual, first.residual);
      ASSERT_EQ(x, expected) << threads << " threads";
    }
  }
}

// ---- where it starts

TEST(ShiftedDiffusion, StartsFromTheGuessUnlessZeroIsBetter) {
  const LaplacianProblem grid{.extent = {20, 30}, .boundary = Boundary::dirichlet};
  const auto diffusion = rough(grid, 20);
  ShiftedDiffusion solver(diffusion);
  const Vector rhs = uniform_values(diffusion->rows(), 12);
  Vector from_zero(rhs.size());
  const std::int64_t iterations = solver.solve(1, 1, rhs, from_zero).iterations;

  Vector x = from_zero;
  EXPECT_EQ(solver.solve(1, 1, rhs, x).iterations, 0);
  EXPECT_EQ(x, from_zero);
  for (double& value : x) value += 1e-6;
  const LinearSolveReport near = solver.solve(1, 1, rhs, x);
  EXPECT_TRUE(near.converged);
  EXPECT_LT(near.iterations, iterations);

  for (const double far : {1e6, std::numeric_limits<double>::infinity(), std::nan("")}) {
    Vector lost(rhs.size(), far);
    EXPECT_EQ(solver.solve(1, 1, rhs, lost).iterations, iterations);
    EXPECT_EQ(lost, from_zero);
  }
}

TEST(ShiftedDiffusion, SolvesForRightHandSidesOfEverySize) {
  const LaplacianProblem grid{.extent = {15, 12}, .boundary = {Boundary::neumann, Boundary::periodic}};
  const auto diffusion = rough(grid, 20);
  ShiftedDiffusion solver(diffusion);
  const Vector rhs = uniform_values(diffusion->rows(), 13);
  Vector expected(rhs.size());
  ASSERT_TRUE(solver.solve(1, 1, rhs, expected).converged);
  for (const double scale : {0x1p700, 0x1p-700}) {  // their squares overflow, and vanish
    Vector right = rhs, x(rhs.size());
    for (double& value : right) value *= scale;
    EXPECT_TRUE(solver.solve(1, 1, right, x).converged);
    for (double& value : x) value /= scale;
    EXPECT_EQ(x, expected);
  }
  Vector x(rhs.size(), 7.0);
  const LinearSolveReport zero = solver.solve(1, 1, Vector(rhs.size()), x);
  EXPECT_TRUE(zero.converged);
  EXPECT_EQ(zero.iterations, 0);
  EXPECT_EQ(x, Vector(rhs.size()));
}

// ---- what cannot be done

TEST(ShiftedDiffusion, SaysWithIterationAndResidualThatItWasNotAllowedEnough) {
  const auto diffusion = rough({.extent = {40, 40}, .boundary = Boundary::dirichlet}, 1e4);
  ShiftedDiffusion solver(diffusion);
  const Vector rhs = uniform_values(diffusion->rows(), 14);
  Vector x(rhs.size());
  const LinearSolveReport report = solver.solve(0, 1, rhs, x, {.tolerance = 1e-10, .max_iterations = 4});
  EXPECT_FALSE(report.converged);
  EXPECT_EQ(report.iterations, 4);
  EXPECT_GT(report.residual, 1e-10);
  EXPECT_NEAR(report.residual, residual_of(*diffusion, 0, 1, rhs, x), 1e-13);
  for (const char* part : {"after 4 iterations", "tolerance 1e-10", "no more iterations"})
    EXPECT_NE(report.text.find(part), std::string::npos) << report.text;
}

TEST(ShiftedDiffusion, SaysWhereDoubleAllowsNoSmallerResidual) {
  // The condition is about 1e10: residuals below 1e-6 or so are noise of K x.
  const LaplacianProblem grid{.extent = {2000}, .spacing = 5e-4, .boundary = Boundary::dirichlet};
  const auto diffusion = rough(grid, 100);
  ShiftedDiffusion solver(diffusion);
  Vector rhs(2000, 1.0), x(rhs.size());
  const LinearSolveReport report = solver.solve(0, 1, rhs, x, {.tolerance = 1e-15});
  EXPECT_FALSE(report.converged);
  EXPECT_LE(report.residual, solver.attainable_tolerance(0, 1));
  EXPECT_NEAR(report.residual, residual_of(*diffusion, 0, 1, rhs, x), 1e-2 * report.residual);
  EXPECT_NE(report.text.find("double allows no less"), std::string::npos) << report.text;
  std::ranges::fill(x, 0.0);
  EXPECT_TRUE(solver.solve(0, 1, rhs, x, {.tolerance = solver.attainable_tolerance(0, 1)}).converged);
}

TEST(ShiftedDiffusion, SaysWhereTheSolutionLeavesTheRangeOfDouble) {
  const auto diffusion = rough({.extent = {9}, .boundary = Boundary::neumann}, 10);
  Vector x(9);
  const LinearSolveReport report = ShiftedDiffusion(diffusion).solve(1e-50, 1e-50, Vector(9, 1e300), x);
  EXPECT_FALSE(report.converged);
  EXPECT_NE(report.text.find("range of double"), std::string::npos);
}

TEST(ShiftedDiffusion, RefusesProblemsThatHaveNoSolution) {
  for (const Boundary boundary : {Boundary::periodic, Boundary::neumann}) {
    ShiftedDiffusion solver(rough({.extent = {8, 9}, .boundary = boundary}, 10));
    Vector rhs(72, 1.0), x(72, 5.0);
    expect_refused("a", "0", [&] { (void)solver.solve(0, 1, rhs, x); });
    EXPECT_EQ(x, Vector(72, 5.0));
    EXPECT_TRUE(solver.solve(1e-12, 1, rhs, x).converged);
  }
  for (const Boundary boundary : {Boundary::dirichlet, Boundary::dirichlet_neumann, Boundary::neumann_dirichlet}) {
    ShiftedDiffusion solver(rough({.extent = {8, 9}, .boundary = {Boundary::neumann, boundary}}, 10));
    Vector x(72);
    EXPECT_TRUE(solver.solve(0, 1, Vector(72, 1.0), x).converged);
  }
}

TEST(ShiftedDiffusion, RefusesArgumentsOutsideTheirRanges) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const auto diffusion = rough({.extent = {4, 5}, .boundary = Boundary::dirichlet}, 10);
  ShiftedDiffusion solver(diffusion);
  Vector rhs(20, 1.0), x(20), nineteen(19), shared(39);
  const auto refused = [&](const char* parameter, const char* value, double a, double b, const LinearSolveLimits& limits = {}) {
    expect_refused(parameter, value, [&] { (void)solver.solve(a, b, rhs, x, limits); });
    if (limits.max_iterations == 0) expect_refused(parameter, value, [&] { solver.iteration_bound(a, b, limits.tolerance); });
    if (limits.max_iterations == 0 && limits.tolerance == LinearSolveLimits{}.tolerance)
      expect_refused(parameter, value, [&] { solver.attainable_tolerance(a, b); });
  };
  refused("a", "-1", -1, 1);
  refused("a", "nan", nan, 1);
  refused("a", "inf", infinity, 1);
  refused("b", "-1", 1, -1);
  refused("b", "nan", 1, nan);
  refused("a", "0", 0, 0);
  refused("b", "1e+200", 1, 1e200);
  refused("b", "1e-200", 0, 1e-200);
  for (const double tolerance : {0.0, 1e-16, 1.0, -1.0}) refused("tolerance", "", 1, 1, {.tolerance = tolerance});
  refused("tolerance", "nan", 1, 1, {.tolerance = nan});
  refused("max_iterations", "-1", 1, 1, {.tolerance = 1e-3, .max_iterations = -1});
  expect_refused("rhs", "19", [&] { (void)solver.solve(1, 1, nineteen, x); });
  expect_refused("x", "19", [&] { (void)solver.solve(1, 1, rhs, nineteen); });
  expect_refused("x", "rhs", [&] { (void)solver.solve(1, 1, x, x); });
  expect_refused("x", "rhs", [&] { (void)solver.solve(1, 1, {shared.data(), 20}, {shared.data() + 19, 20}); });
  for (const double value : {nan, infinity}) {
    rhs[7] = value;
    expect_refused("rhs", "[7] ", [&] { (void)solver.solve(1, 1, rhs, x); });
  }
  EXPECT_EQ(x, Vector(20));
}

TEST(ShiftedDiffusion, RefusesPlansOfOtherProblems) {
  const LaplacianProblem grid{.extent = {6, 7}, .boundary = {Boundary::neumann, Boundary::dirichlet_neumann}};
  const auto diffusion = rough(grid, 10);
  const auto plan = [](const FftProblem& problem) { return std::make_shared<const FftPlan<double>>(problem, ""); };
  const auto forward = plan(ShiftedDiffusion::forward_problem(grid, Rigor::estimate));
  const auto backward = plan(ShiftedDiffusion::backward_problem(grid, Rigor::estimate));
  expect_refused("diffusion", "null", [&] { ShiftedDiffusion(nullptr, forward, backward); });
  expect_refused("diffusion", "null", [&] { ShiftedDiffusion(nullptr, FftPlanProvider()); });
  expect_refused("forward", "null", [&] { ShiftedDiffusion(diffusion, nullptr, backward); });
  expect_refused("backward", "null", [&] { ShiftedDiffusion(diffusion, forward, nullptr); });
  expect_refused("forward", "another", [&] { ShiftedDiffusion(diffusion, backward, backward); });
  expect_refused("backward", "another", [&] { ShiftedDiffusion(diffusion, forward, forward); });
  expect_refused("threads", "0", [&] { ShiftedDiffusion(diffusion, forward, backward, 0); });
  LaplacianProblem other = grid;
  other.extent = {7, 6};
  expect_refused("forward", "another", [&] { ShiftedDiffusion(diffusion, plan(ShiftedDiffusion::forward_problem(other, Rigor::estimate)), backward); });
  FftProblem out_of_place = ShiftedDiffusion::forward_problem(grid, Rigor::estimate), twice = out_of_place;
  out_of_place.in_place = false;
  twice.batch = 2;
  for (const FftProblem& problem : {out_of_place, twice})
    expect_refused("forward", "another", [&] { ShiftedDiffusion(diffusion, plan(problem), backward); });

  int asked = 0;
  const FftPlanProvider provider = [&](const FftProblem& problem) {
    ++asked;
    return plan(problem);
  };
  ShiftedDiffusion by_provider(diffusion, provider), by_plans(diffusion, forward, backward);
  EXPECT_EQ(asked, 2);
  const Vector rhs = uniform_values(42, 15);
  Vector x(42), y(42);
  EXPECT_TRUE(by_provider.solve(0, 1, rhs, x).converged);
  EXPECT_TRUE(by_plans.solve(0, 1, rhs, y).converged);
  EXPECT_EQ(x, y);
}

}  // namespace
}  // namespace almanac::compute
