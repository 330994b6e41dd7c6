#include "laplacian_samples.hpp"

#include <gtest/gtest.h>
#include <Eigen/Eigenvalues>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

/// Largest sum of absolute values in a row: bounds every eigenvalue, and what a product can amplify.
double row_norm(const Matrix& matrix) {
  double norm = 0.0;
  for (int row = 0; row < matrix.rows(); ++row) {
    double sum = 0.0;
    for (Matrix::InnerIterator it(matrix, row); it; ++it) sum += std::abs(it.value());
    norm = std::max(norm, sum);
  }
  return norm;
}

/// The eigenvalues of Δ: sums of the axes' symbols, in the order of the grid.
Vector eigenvalues(const LaplacianProblem& problem) {
  std::vector<Vector> symbols;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) symbols.push_back(laplacian_symbol(problem, axis));
  Vector sums(static_cast<std::size_t>(laplacian_rows(problem)));
  for (std::size_t row = 0; row < sums.size(); ++row) {
    const auto index = indices(problem, static_cast<std::int64_t>(row));
    for (std::size_t axis = 0; axis < index.size(); ++axis) sums[row] += symbols[axis][static_cast<std::size_t>(index[axis])];
  }
  return sums;
}

double golden(const std::string& name_of_value) {
  std::ifstream file(ALMANAC_DATA_FOLDER "/golden/fractional.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  for (const auto& problem : json.at("problems"))
    if (problem.at("id") == "R24-lattice-laplacian")
      return std::stod(problem.at("reference_values").at(name_of_value).get<std::string>());
  throw std::runtime_error("no R24 in fractional.json");
}

// ---- what theory says

TEST(Laplacian, MatrixApplyAndSymbolAgreeOnEveryBasisFunction) {
  // Rounding units, relative to the largest row sum of absolute values (which bounds every eigenvalue too): basis 11 on
  // either side, a row's sum of ≤ 19 products of coefficients good to 2: 21, symbol 22 and the sum over the axes 2; for the
  // product of up to three basis values 3·11 + 2 in place of 11.
  const double bound = (2 * 35 + 21 + 24) * kRounding;
  for (const LaplacianProblem& problem : all_kinds()) {
    SCOPED_TRACE(name(problem));
    const Matrix matrix = laplacian_matrix(problem);
    const double tolerance = bound * row_norm(matrix);
    const Vector lambda = eigenvalues(problem);
    std::vector<Eigen::MatrixXd> bases;  // [axis](k, j)
    std::vector<std::vector<std::int64_t>> points_of;
    for (std::size_t axis = 0; axis < problem.extent.size(); ++axis)
      bases.push_back(Eigen::MatrixXd::NullaryExpr(
          problem.extent[axis], problem.extent[axis],
          [&](Eigen::Index k, Eigen::Index j) { return basis(problem.boundary[axis], problem.extent[axis], k, j); }));
    for (int row = 0; row < matrix.rows(); ++row) points_of.push_back(indices(problem, row));
    Eigen::VectorXd in(matrix.rows());
    Vector applied(static_cast<std::size_t>(matrix.rows()));
    for (std::size_t mode = 0; mode < lambda.size(); ++mode) {
      const auto& k = points_of[mode];
      for (int row = 0; row < matrix.rows(); ++row) {
        in[row] = 1.0;
        for (std::size_t axis = 0; axis < k.size(); ++axis)
          in[row] *= bases[axis](k[axis], points_of[static_cast<std::size_t>(row)][axis]);
      }
      const Eigen::VectorXd product = matrix * in;
      apply_laplacian(problem, {in.data(), applied.size()}, applied);
      const Eigen::Map<const Eigen::VectorXd> without(applied.data(), in.size());
      ASSERT_LE((product - lambda[mode] * in).cwiseAbs().maxCoeff(), tolerance) << "matrix, mode " << mode;
      ASSERT_LE((without - lambda[mode] * in).cwiseAbs().maxCoeff(), tolerance) << "apply, mode " << mode;
    }
  }
}

TEST(LaplacianMatrix, IsSymmetricToTheBit) {
  for (const LaplacianProblem& problem : all_kinds()) {
    const Matrix matrix = laplacian_matrix(problem);
    EXPECT_TRUE(same_bits(matrix, Matrix(matrix.transpose()))) << name(problem);
  }
}

TEST(LaplacianMatrix, HasRowSumsOfZeroExceptAtDirichletWalls) {
  // What the reflection takes away from the sum of row 0, 1, 2 beside a Dirichlet wall, by hand: the wall a node, or between cells.
  const auto missing = [](int order, std::int64_t distance, bool node) {
    constexpr double kNode[3][3] = {{-1, 0, 0}, {-14 / 12., 1 / 12., 0}, {-220 / 180., 23 / 180., -2 / 180.}};
    constexpr double kCell[3][3] = {{-2, 0, 0}, {-30 / 12., 2 / 12., 0}, {-490 / 180., 50 / 180., -4 / 180.}};
    return distance < 3 ? (node ? kNode : kCell)[order / 2 - 1][distance] : 0.0;
  };
  for (const LaplacianProblem& problem : all_kinds()) {
    SCOPED_TRACE(name(problem));
    const Matrix matrix = laplacian_matrix(problem);
    // Coefficients are good to 2 ulp and a row sums at most 19 of them; as many again for what is expected.
    const double tolerance = 2 * (4 + 19) * kRounding * row_norm(matrix);
    for (int row = 0; row < matrix.rows(); ++row) {
      double sum = 0.0, expected = 0.0;
      for (Matrix::InnerIterator it(matrix, row); it; ++it) sum += it.value();
      const auto index = indices(problem, row);
      for (std::size_t axis = 0; axis < index.size(); ++axis)
        for (const bool upper : {false, true})
          if (side_of(problem.boundary[axis], upper) == Boundary::dirichlet)
            expected += missing(problem.order, upper ? problem.extent[axis] - 1 - index[axis] : index[axis],
                                problem.boundary[axis] == Boundary::dirichlet) /
                        std::pow(problem.spacing[axis], 2);
      ASSERT_NEAR(sum, expected, tolerance) << "row " << row;
    }
  }
  // With coefficients that doubles hold exactly nothing is rounded.
  for (const Boundary boundary : {Boundary::periodic, Boundary::neumann}) {
    const Matrix matrix = laplacian_matrix({.extent = {5, 6, 7}, .boundary = boundary});
    EXPECT_EQ((matrix * Eigen::VectorXd::Ones(matrix.rows())).cwiseAbs().maxCoeff(), 0.0);
  }
}

TEST(LaplacianMatrix, HasTheSpectrumOfItsSymbolNowherePositive) {
  // A symmetric eigensolver is backward stable: each eigenvalue within a small multiple of N rounding units of the norm.
  for (const LaplacianProblem& problem : all_kinds()) {
    if (problem.extent.size() == 3 && problem.boundary[0] != problem.boundary[2]) continue;  // 504 rows: not all of them
    SCOPED_TRACE(name(problem));
    const Matrix matrix = laplacian_matrix(problem);
    Vector expected = eigenvalues(problem);
    std::sort(expected.begin(), expected.end());
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(Eigen::MatrixXd(matrix), Eigen::EigenvaluesOnly);
    const double tolerance = 2 * kRounding * static_cast<double>(matrix.rows()) * row_norm(matrix);
    for (int k = 0; k < matrix.rows(); ++k)
      ASSERT_NEAR(solver.eigenvalues()[k], expected[static_cast<std::size_t>(k)], tolerance);
    EXPECT_LE(expected.back(), 0.0);
  }
}

TEST(LaplacianSymbol, HasAZeroForTheConstantWhenNoSideIsDirichletAndNoneElse) {
  for (const LaplacianProblem& problem : all_kinds()) {
    const Vector lambda = eigenvalues(problem);
    const auto& boundaries = problem.boundary.values();
    const bool dirichlet = std::any_of(boundaries.begin(), boundaries.end(), [](Boundary boundary) {
      return boundary != Boundary::periodic && boundary != Boundary::neumann;
    });
    EXPECT_EQ(std::count(lambda.begin(), lambda.end(), 0.0), dirichlet ? 0 : 1) << name(problem);
    EXPECT_LE(*std::max_element(lambda.begin(), lambda.end()), 0.0) << name(problem);
  }
}

TEST(LaplacianSymbol, ServesTheFftAndHalfcomplexOrdersAlike) {
  for (const std::int64_t n : {8, 9, 100}) {
    const Vector lambda = laplacian_symbol({.extent = {n}, .spacing = 0.1, .order = 4}, 0);
    const Vector exact = spectral_symbol(n, 0.1 * static_cast<double>(n), Boundary::periodic);
    for (std::size_t k = 1; k < lambda.size(); ++k) {
      EXPECT_EQ(lambda[k], lambda[lambda.size() - k]);
      EXPECT_EQ(exact[k], exact[exact.size() - k]);
    }
  }
}

TEST(LaplacianSymbol, ComesFromBelowToTheSpectralSymbolAsTheOrderRises) {
  for (const Boundary boundary : kBoundaries) {
    const std::int64_t n = 40;
    const double length = 2.0, h = length / static_cast<double>(boundary == Boundary::dirichlet ? n + 1 : n);
    const Vector exact = spectral_symbol(n, length, boundary);
    double previous = 1.0;  // relative distance of mode 5, far above rounding at every order
    for (const int order : {2, 4, 6}) {
      const Vector lambda = laplacian_symbol({.extent = {n}, .spacing = h, .order = order, .boundary = boundary}, 0);
      const double distance = (lambda[5] - exact[5]) / -exact[5];
      EXPECT_GT(distance, 0.0);
      EXPECT_LT(distance, 0.3 * previous);
      previous = distance;
    }
  }
}

TEST(LaplacianSymbol, IsAccurateInEveryEigenvalueHoweverSmall) {
  // Angle: quotient 1, pi 0.4, product 1 unit; the sine is no more sensitive than that and adds 2; the square doubles it and
  // adds 1: 9.8. The polynomial in s magnifies by (1 + 2/3 + 24/45) / (1 + 1/3 + 8/45) = 1.46 at most and rounds 4 times;
  // scale 2 and the last product 1: 21.3. Spectral: 2 (0.4 + 1 + 1) + 1 = 5.8.
  const long double pi = std::numbers::pi_v<long double>;
  for (const Boundary boundary : kBoundaries)
    for (const std::int64_t n : {7, 64, 1001})
      for (const int order : {2, 4, 6}) {
        const double h = 0.37, length = 1.7;
        const Vector lambda = laplacian_symbol({.extent = {n}, .spacing = h, .order = order, .boundary = boundary}, 0);
        const Vector spectral = spectral_symbol(n, length, boundary);
        for (std::int64_t k = 0; k < n; ++k) {
          const long double half_waves = boundary == Boundary::periodic        ? 2 * std::min(k, n - k)
                                         : boundary == Boundary::dirichlet     ? k + 1
                                         : has_two_kinds_of_walls(boundary)    ? static_cast<long double>(k) + 0.5L
                                                                               : static_cast<long double>(k);
          const long double intervals = static_cast<long double>(boundary == Boundary::dirichlet ? n + 1 : n);
          const long double sine = std::sin(pi * half_waves / (2 * intervals)), s = sine * sine;
          const long double sum = s + (order > 2 ? s * s / 3 : 0) + (order > 4 ? 8 * s * s * s / 45 : 0);
          const long double expected = -4 * sum / (static_cast<long double>(h) * h);
          const long double wavenumber = pi * half_waves / length;
          const auto at = static_cast<std::size_t>(k);
          ASSERT_LE(std::abs(lambda[at] - expected), 22 * kRounding * -expected) << to_string(boundary) << ", mode " << k;
          ASSERT_LE(std::abs(spectral[at] + wavenumber * wavenumber), 6 * kRounding * wavenumber * wavenumber) << "mode " << k;
        }
      }
}

TEST(SpectralSymbol, IsTheSecondDerivativeOfEachBasisFunction) {
  const auto square = [](double x) { return x * x; };
  EXPECT_DOUBLE_EQ(spectral_symbol(8, 3.0, Boundary::periodic)[2], -square(2 * kPi * 2 / 3.0));
  EXPECT_DOUBLE_EQ(spectral_symbol(8, 3.0, Boundary::periodic)[4], -square(2 * kPi * 4 / 3.0));
  EXPECT_DOUBLE_EQ(spectral_symbol(8, 3.0, Boundary::periodic)[7], -square(2 * kPi * 1 / 3.0));
  EXPECT_DOUBLE_EQ(spectral_symbol(8, 3.0, Boundary::dirichlet)[0], -square(kPi / 3.0));
  EXPECT_DOUBLE_EQ(spectral_symbol(8, 3.0, Boundary::neumann)[7], -square(kPi * 7 / 3.0));
  EXPECT_EQ(spectral_symbol(8, 3.0, Boundary::neumann)[0], 0.0);
}

// ---- golden values

/// The quotient vᵀAv / vᵀv of the slowest sine, where A is the matrix or the matrix-free apply.
double rayleigh_quotient(const LaplacianProblem& problem, const std::function<void(const Vector&, Vector&)>& product) {
  Vector v(static_cast<std::size_t>(laplacian_rows(problem))), w(v.size());
  for (std::size_t row = 0; row < v.size(); ++row) {
    v[row] = 1.0;
    const auto index = indices(problem, static_cast<std::int64_t>(row));
    for (std::size_t axis = 0; axis < index.size(); ++axis)
      v[row] *= basis(Boundary::dirichlet, problem.extent[axis], 0, index[axis]);
  }
  product(v, w);
  long double above = 0.0L, below = 0.0L;
  for (std::size_t row = 0; row < v.size(); ++row) {
    above += static_cast<long double>(v[row]) * w[row];
    below += static_cast<long double>(v[row]) * v[row];
  }
  return static_cast<double>(above / below);
}

void expect_smallest_eigenvalue(const LaplacianProblem& problem, double expected) {
  double sum = 0.0;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) sum += laplacian_symbol(problem, axis)[0];
  // Symbol 22; h rounded: 1, twice in h²; the sum over the axes 2.
  EXPECT_NEAR(-sum, expected, (22 + 2 + 2) * kRounding * expected);

  // In a quotient the errors of v enter squared. What counts is the rounding of Av, at most (m + 4) u |A| |v| a component:
  // with the mean of |v| over that of v² = ((2/π) / (1/2))^rank ≤ 1.2733³ and m ≤ 7 entries a row.
  const double norm = 4.0 * static_cast<double>(problem.extent.size()) / std::pow(problem.spacing[0], 2);
  const double tolerance = (7 + 4) * kRounding * norm * std::pow(1.2733, static_cast<double>(problem.extent.size()));
  const Matrix matrix = laplacian_matrix(problem, 2);
  EXPECT_NEAR(-rayleigh_quotient(problem, [&](const Vector& v, Vector& w) { apply_laplacian(problem, v, w, 2); }), expected,
              tolerance);
  EXPECT_NEAR(-rayleigh_quotient(problem,
                                 [&](const Vector& v, Vector& w) {
                                   Eigen::Map<Eigen::VectorXd>(w.data(), static_cast<Eigen::Index>(w.size())) =
                                       matrix *
                                       Eigen::Map<const Eigen::VectorXd>(v.data(), static_cast<Eigen::Index>(v.size()));
                                 }),
              expected, tolerance);
}

TEST(Laplacian, HasTheSmallestDirichletEigenvalueOfThe512Grid) {
  expect_smallest_eigenvalue({.extent = {512, 512}, .spacing = 1.0 / 513, .boundary = Boundary::dirichlet},
                             golden("5-pt Dirichlet 512^2 (h=1/513) smallest eigenvalue 8/h^2 sin^2(pi h/2)"));
}

TEST(Laplacian, HasTheSmallestDirichletEigenvalueOfThe64CubeGrid) {
  expect_smallest_eigenvalue({.extent = {64, 64, 64}, .spacing = 1.0 / 65, .boundary = Boundary::dirichlet},
                             golden("7-pt Dirichlet 64^3 (h=1/65) smallest eigenvalue 12/h^2 sin^2(pi h/2)"));
}

}  // namespace
}  // namespace almanac::compute
