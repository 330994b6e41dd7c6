#include "diffusion_samples.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace almanac::compute {
namespace {

struct Expected {
  double value = 0;  ///< of A u + b
  double size = 0;   ///< the sum of what it is made of, in absolute values
};

/// A u + b at one point by resistances: between two points half a cell of each in series, to a wall what lies before it.
Expected by_resistances(const LaplacianProblem& grid, const Vector& kappa, const std::vector<SideData>& data, const Vector& u,
                        std::int64_t row) {
  Expected sum;
  const auto at = [](const Vector& field, std::int64_t i) { return field[static_cast<std::size_t>(i)]; };
  std::int64_t stride = laplacian_rows(grid);
  for (std::size_t axis = 0; axis < grid.extent.size(); ++axis) {
    stride /= grid.extent[axis];
    const double h = grid.spacing[axis];
    const std::int64_t n = grid.extent[axis], j = row / stride % n;
    for (const bool upper : {false, true}) {
      const double given = upper ? data[axis].upper : data[axis].lower;
      const std::int64_t next = upper ? j + 1 : j - 1;
      double flux = 0, size = 0;  // into the cell
      const auto through = [&](double resistance, double neighbour) {
        flux = (neighbour - at(u, row)) / resistance;
        size = (std::abs(neighbour) + std::abs(at(u, row))) / resistance;
      };
      if ((next >= 0 && next < n) || grid.boundary[axis] == Boundary::periodic) {
        const std::int64_t other = row + ((next + n) % n - j) * stride;
        through(h / 2 / at(kappa, row) + h / 2 / at(kappa, other), at(u, other));
      } else if (side_of(grid.boundary[axis], upper) == Boundary::dirichlet) {
        through((grid.boundary[axis] == Boundary::dirichlet ? h : h / 2) / at(kappa, row), given);
      } else {
        flux = given;
        size = std::abs(given);
      }
      sum.value += flux / h;
      sum.size += size / h;
    }
  }
  return sum;
}

// ---- exact cases

TEST(DiffusionOperator, IsTheBalanceOfFluxesThroughResistancesWithDataAtEverySide) {
  // A coefficient has 6 roundings here and as many there, a flux 2, sums of 6 terms and b 7: below 30 u of the sum of sizes.
  for (const LaplacianProblem& grid : diffusion_grids()) {
    SCOPED_TRACE(name(grid));
    const std::int64_t rows = laplacian_rows(grid);
    const Vector kappa = rough_kappa(rows, 1e6), u = uniform_values(rows, 3);
    const std::vector<SideData> data = data_for(grid);
    const DiffusionOperator diffusion(grid, kappa);
    Vector out(u.size());
    diffusion.apply(u, out);
    diffusion.add_boundary_terms(data, 1, out);
    for (std::int64_t row = 0; row < rows; ++row) {
      const Expected expected = by_resistances(grid, kappa, data, u, row);
      ASSERT_NEAR(out[static_cast<std::size_t>(row)], expected.value, 30 * kRounding * expected.size) << "row " << row;
    }
  }
}

TEST(DiffusionOperator, OfOneDiffusivityIsThatTimesTheLaplacian) {
  // To the bit where neither h² nor the walls of two kinds (whose diagonal folds in integers) round.
  for (LaplacianProblem grid : diffusion_grids()) {
    SCOPED_TRACE(name(grid));
    grid.spacing = 0.5;
    const DiffusionOperator one(grid, Vector{3.0});
    const DiffusionOperator all(grid, Vector(static_cast<std::size_t>(laplacian_rows(grid)), 3.0));
    Matrix expected = laplacian_matrix(grid);
    expected.coeffs() *= 3.0;
    EXPECT_TRUE(same_bits(one.matrix(), expected));
    EXPECT_TRUE(same_bits(all.matrix(), expected));
  }
}

TEST(DiffusionOperator, TakesExactlyNothingFromAConstantWithoutDirichletSides) {
  for (const LaplacianProblem& grid : diffusion_grids()) {
    SCOPED_TRACE(name(grid));
    const std::int64_t rows = laplacian_rows(grid);
    const DiffusionOperator diffusion(grid, rough_kappa(rows, 1e6));
    Vector constant(static_cast<std::size_t>(rows), 0.7), out(constant.size());
    diffusion.apply(constant, out);
    const bool zero = std::ranges::all_of(out, [](double value) { return value == 0; });
    EXPECT_EQ(zero, diffusion.annihilates_constants());
    bool dirichlet = false;
    for (const Boundary boundary : grid.boundary.values())
      dirichlet |= boundary != Boundary::periodic && boundary != Boundary::neumann;
    EXPECT_EQ(diffusion.annihilates_constants(), !dirichlet);
  }
}

// ---- what theory says

TEST(DiffusionMatrix, IsSymmetricToTheBitAndWhatApplyDoes) {
  for (const LaplacianProblem& grid : diffusion_grids()) {
    SCOPED_TRACE(name(grid));
    const std::int64_t rows = laplacian_rows(grid);
    const DiffusionOperator diffusion(grid, rough_kappa(rows, 1e6));
    const Matrix matrix = diffusion.matrix();
    ASSERT_TRUE(matrix.isCompressed());
    EXPECT_EQ(matrix.nonZeros(), laplacian_nonzeros(grid));
    EXPECT_TRUE(same_bits(matrix, Matrix(matrix.transpose())));
    for (int row = 0; row < matrix.rows(); ++row)
      for (int at = matrix.outerIndexPtr()[row] + 1; at < matrix.outerIndexPtr()[row + 1]; ++at)
        ASSERT_LT(matrix.innerIndexPtr()[at - 1], matrix.innerIndexPtr()[at]);
    const Vector u = uniform_values(rows, 4);
    Vector out(u.size()), shifted(u.size());
    diffusion.apply(u, out);
    diffusion.apply_shifted(1.5, 0.25, u, shifted);
    for (int row = 0; row < matrix.rows(); ++row) {
      double sum = 0, size = 0;
      for (Matrix::InnerIterator it(matrix, row); it; ++it) {
        const double term = it.value() * u[static_cast<std::size_t>(it.col())];
        sum += term;
        size += std::abs(term);
      }
      // Six faces: the diagonal 5 roundings, sums 7 and 7, products and differences 4.
      const auto at = static_cast<std::size_t>(row);
      ASSERT_NEAR(out[at], sum, 2 * 23 * kRounding * size);
      ASSERT_EQ(shifted[at], 1.5 * u[at] - 0.25 * out[at]);
    }
  }
}

TEST(DiffusionMatrix, LiesBetweenTheLaplaciansOfItsExtremes) {
  for (const LaplacianProblem& grid : diffusion_grids_for_dense_matrices()) {
    SCOPED_TRACE(name(grid));
    const std::int64_t rows = laplacian_rows(grid);
    const DiffusionOperator diffusion(grid, rough_kappa(rows, 1e4));
    EXPECT_EQ(diffusion.smallest_kappa(), 0.01);
    EXPECT_EQ(diffusion.largest_kappa(), 100.0);
    const Eigen::MatrixXd a(diffusion.matrix()), laplacian(laplacian_matrix(grid));
    const auto largest = [&](const Eigen::MatrixXd& symmetric) {
      return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(symmetric, Eigen::EigenvaluesOnly).eigenvalues().maxCoeff();
    };
    // A symmetric eigensolver is off by a small multiple of N rounding units of the norm.
    const double tolerance = 2 * kRounding * static_cast<double>(rows) * 2 * 100 * laplacian.cwiseAbs().rowwise().sum().maxCoeff();
    EXPECT_LE(largest(a), tolerance);
    EXPECT_LE(largest(a - 0.01 * laplacian), tolerance);
    EXPECT_LE(largest(100 * laplacian - a), tolerance);
  }
}

TEST(DiffusionOperator, SolvesOneDimensionalMediaOfCellsExactly) {
  // No source: the flux q is the same everywhere, and u rises by q times the resistance passed. A is not singular, so its
  // solution is the u with A u + b = 0; rounding, as in the balance of fluxes, is below 30 u of the terms it is made of.
  const std::int64_t n = 60;
  const double h = 0.3, value = 2, flux = -0.7;
  const Vector kappa = rough_kappa(n, 1e6);
  for (const Boundary boundary : {Boundary::dirichlet_neumann, Boundary::neumann_dirichlet, Boundary::dirichlet}) {
    SCOPED_TRACE(to_string(boundary));
    const LaplacianProblem grid{.extent = {n}, .spacing = h, .boundary = boundary};
    const auto at = [&](std::int64_t j) { return kappa[static_cast<std::size_t>(boundary == Boundary::neumann_dirichlet ? n - 1 - j : j)]; };
    // From the Dirichlet side inwards, and where both are: to the value at the other.
    std::vector<double> exact(static_cast<std::size_t>(n));
    const double to_wall = boundary == Boundary::dirichlet ? h : h / 2;
    double u = value + flux * to_wall / at(0);
    for (std::int64_t j = 0; j < n; ++j) {
      if (j > 0) u += flux * (h / 2 / at(j - 1) + h / 2 / at(j));
      exact[static_cast<std::size_t>(boundary == Boundary::neumann_dirichlet ? n - 1 - j : j)] = u;
    }
    const double beyond = u + flux * to_wall / at(n - 1);
    const DiffusionOperator diffusion(grid, kappa);
    const std::vector<SideData> data{boundary == Boundary::dirichlet           ? SideData{value, beyond}
                                     : boundary == Boundary::dirichlet_neumann ? SideData{value, flux}
                                                                               : SideData{flux, value}};
    Vector out(static_cast<std::size_t>(n));
    diffusion.apply(exact, out);
    diffusion.add_boundary_terms(data, 1, out);
    for (std::int64_t j = 0; j < n; ++j) {
      const double size = by_resistances(grid, kappa, data, exact, j).size;
      ASSERT_LT(30 * kRounding * size, 1e-4 * std::abs(flux) / h);  // or it would not tell right from wrong
      EXPECT_NEAR(out[static_cast<std::size_t>(j)], 0, 30 * kRounding * size) << j;
    }
  }
}

// ---- boundary data

TEST(DiffusionBoundary, IsAddedSideBySideTimesItsFactor) {
  const LaplacianProblem grid{.extent = {5, 6, 7}, .spacing = {0.5, 0.25, 2.0},
                              .boundary = {Boundary::neumann_dirichlet, Boundary::periodic, Boundary::dirichlet}};
  const DiffusionOperator diffusion(grid, rough_kappa(210, 100));
  const std::vector<SideData> data = data_for(grid);
  Vector at_once = uniform_values(210, 5), one_by_one = at_once;
  const Vector before = at_once;
  diffusion.add_boundary_terms(data, -3, at_once);
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (const bool upper : {false, true}) {
      std::vector<SideData> side(3);
      (upper ? side[axis].upper : side[axis].lower) = upper ? data[axis].upper : data[axis].lower;
      diffusion.add_boundary_terms(side, -3, one_by_one);
    }
  EXPECT_EQ(at_once, one_by_one);
  EXPECT_NE(at_once, before);
  Vector again = before;
  diffusion.add_boundary_terms(std::vector<SideData>(3), 1, again);
  diffusion.add_boundary_terms(data, 0, again);
  EXPECT_EQ(again, before);
}

// ---- reproducibility

TEST(DiffusionOperator, HasTheSameBitsForEveryThreadCount) {
  for (const LaplacianProblem& grid :
       {LaplacianProblem{.extent = {70001}, .spacing = 0.3, .boundary = Boundary::dirichlet_neumann},
        LaplacianProblem{.extent = {211, 311}, .spacing = {0.7, 1.3}, .boundary = {Boundary::neumann, Boundary::periodic}},
        LaplacianProblem{.extent = {31, 43, 47}, .boundary = {Boundary::periodic, Boundary::neumann_dirichlet, Boundary::dirichlet}}}) {
    SCOPED_TRACE(name(grid));
    const std::int64_t rows = laplacian_rows(grid);
    const Vector kappa = rough_kappa(rows, 1e3), u = uniform_values(rows, 6);
    const DiffusionOperator diffusion(grid, kappa);
    Vector one(u.size()), many(u.size());
    diffusion.apply(u, one);
    for (const int threads : {2, 3, 7}) {
      const DiffusionOperator made_by_many(grid, kappa, threads);
      std::ranges::fill(many, -1.0);
      made_by_many.apply(u, many, threads);
      ASSERT_EQ(one, many) << threads << " threads";
    }
  }
}

TEST(DiffusionOperator, HasTheSameBitsOnEveryInstructionSet) {
  for (const std::int64_t n : {3, 5, 9, 14, 20, 131}) {  // lines shorter than a vector, of some, and of many
    const LaplacianProblem grid{.extent = {4, 3, n}, .boundary = {Boundary::dirichlet, Boundary::periodic, Boundary::dirichlet_neumann}};
    const Vector u = uniform_values(12 * n, 7);
    const DiffusionOperator diffusion(grid, rough_kappa(12 * n, 1e3));
    Vector expected(u.size()), out(u.size());
    diffusion.apply(u, expected);
    for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
      const std::int64_t target = targets & -targets;
      hwy::SetSupportedTargetsForTest(target);
      diffusion.apply(u, out);
      EXPECT_EQ(out, expected) << hwy::TargetName(target) << ", " << n << " points";
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

// ---- bad input

TEST(DiffusionOperator, RefusesWhatIsNotADiffusivityWithItsPlaceAndValue) {
  const LaplacianProblem grid{.extent = {4, 5}};
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double wrong : {0.0, -0.25, infinity, std::nan(""), 1e-101, 1e101}) {
    Vector kappa(20, 1.0);
    kappa[13] = wrong;
    expect_refused("kappa", "[2, 3] ", [&] { DiffusionOperator(grid, kappa); });
    expect_refused("kappa", "", [&] { DiffusionOperator(grid, Vector{wrong}); });
  }
  expect_refused("kappa", "-0.25", [&] { DiffusionOperator(grid, Vector{-0.25}); });
  expect_refused("kappa", "19 values", [&] { DiffusionOperator(grid, Vector(19, 1.0)); });
  expect_refused("kappa", "0 values", [&] { DiffusionOperator(grid, Vector{}); });
  EXPECT_NO_THROW(DiffusionOperator(grid, Vector{kMinDiffusivity}));
  EXPECT_NO_THROW(DiffusionOperator(grid, Vector{kMaxDiffusivity}));
}

TEST(DiffusionOperator, RefusesGridsAndArgumentsThatDoNotFit) {
  const Vector one{1.0};
  expect_refused("order", "4", [&] { DiffusionOperator({.extent = {20}, .order = 4}, one); });
  expect_refused("order", "3", [&] { DiffusionOperator({.extent = {20}, .order = 3}, one); });
  expect_refused("extent", "2", [&] { DiffusionOperator({.extent = {2}}, one); });
  expect_refused("spacing", "0", [&] { DiffusionOperator({.extent = {20}, .spacing = 0.0}, one); });
  expect_refused("boundary", "7", [&] { DiffusionOperator({.extent = {20}, .boundary = static_cast<Boundary>(7)}, one); });
  expect_refused("threads", "0", [&] { DiffusionOperator({.extent = {20}}, one, 0); });

  const DiffusionOperator diffusion({.extent = {4, 5}, .boundary = {Boundary::dirichlet_neumann, Boundary::periodic}}, one);
  Vector twenty(20), nineteen(19), shared(39);
  expect_refused("in", "19", [&] { diffusion.apply(nineteen, twenty); });
  expect_refused("out", "19", [&] { diffusion.apply(twenty, nineteen); });
  expect_refused("out", "in", [&] { diffusion.apply(twenty, twenty); });
  expect_refused("out", "in", [&] { diffusion.apply_shifted(1, 1, {shared.data(), 20}, {shared.data() + 19, 20}); });
  expect_refused("threads", "0", [&] { diffusion.apply(Vector(20), twenty, 0); });

  const double nan = std::nan("");
  expect_refused("data", "a list of 1", [&] { diffusion.add_boundary_terms(std::vector<SideData>(1), 1, twenty); });
  expect_refused("data", "nan on axis 0", [&] { diffusion.add_boundary_terms(std::vector<SideData>{{1, nan}, {}}, 1, twenty); });
  expect_refused("data", "2 on axis 1", [&] { diffusion.add_boundary_terms(std::vector<SideData>{{1, 1}, {2, 0}}, 1, twenty); });
  expect_refused("factor", "nan", [&] { diffusion.add_boundary_terms(std::vector<SideData>(2), nan, twenty); });
  expect_refused("inout", "19", [&] { diffusion.add_boundary_terms(std::vector<SideData>(2), 1, nineteen); });
  EXPECT_EQ(twenty, Vector(20));
}

}  // namespace
}  // namespace almanac::compute
