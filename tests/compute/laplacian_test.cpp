#include <almanac/compute/error.hpp>
#include <almanac/compute/laplacian.hpp>

#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <Eigen/Eigenvalues>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;
using Vector = std::vector<double>;

constexpr double kRounding = std::numeric_limits<double>::epsilon() / 2;
constexpr double kPi = std::numbers::pi;
constexpr Boundary kBoundaries[] = {Boundary::periodic, Boundary::dirichlet, Boundary::neumann};

/// All orders; one to three axes; every boundary on every axis, mixed in every way; unequal extents and spacings.
std::vector<LaplacianProblem> all_kinds() {
  std::vector<LaplacianProblem> problems;
  for (const int order : {2, 4, 6})
    for (const Boundary a : kBoundaries) {
      problems.push_back({.extent = {order + 1}, .spacing = 0.3, .order = order, .boundary = a});
      problems.push_back({.extent = {50}, .spacing = 0.3, .order = order, .boundary = a});
      for (const Boundary b : kBoundaries) {
        problems.push_back({.extent = {order + 1, 41}, .spacing = {0.7, 1.3}, .order = order, .boundary = {a, b}});
        for (const Boundary c : kBoundaries)
          problems.push_back({.extent = {7, 9, 8}, .spacing = {0.5, 0.2, 1.1}, .order = order, .boundary = {a, b, c}});
      }
    }
  return problems;
}

std::string name(const LaplacianProblem& problem) {
  std::string text = "order " + std::to_string(problem.order);
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis)
    text += ", " + std::to_string(problem.extent[axis]) + " " + std::string(to_string(problem.boundary[axis]));
  return text;
}

Vector random_values(std::int64_t n) {
  std::mt19937_64 generator(20240607);
  std::uniform_real_distribution<double> distribution(-1.0, 1.0);
  Vector values(static_cast<std::size_t>(n));
  for (double& value : values) value = distribution(generator);
  return values;
}

bool same_bits(const Matrix& a, const Matrix& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols() || a.nonZeros() != b.nonZeros()) return false;
  const auto rows = static_cast<std::size_t>(a.rows()), nonzeros = static_cast<std::size_t>(a.nonZeros());
  return std::memcmp(a.outerIndexPtr(), b.outerIndexPtr(), (rows + 1) * sizeof(int)) == 0 &&
         std::memcmp(a.innerIndexPtr(), b.innerIndexPtr(), nonzeros * sizeof(int)) == 0 &&
         std::memcmp(a.valuePtr(), b.valuePtr(), nonzeros * sizeof(double)) == 0;
}

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

/// Basis function k of an axis at point j: FFT (its real halfcomplex form), DST-I, DCT-II.
/// The angle is reduced to [0, 2π) in integers, so it is off by at most 2π·1.5 rounding units, and the value by 11.
double basis(Boundary boundary, std::int64_t n, std::int64_t k, std::int64_t j) {
  const auto angle = [](std::int64_t numerator, std::int64_t denominator) {  // π numerator / denominator
    return kPi * (static_cast<double>(numerator % (2 * denominator)) / static_cast<double>(denominator));
  };
  switch (boundary) {
    case Boundary::periodic: return k <= n / 2 ? std::cos(angle(2 * k * j, n)) : std::sin(angle(2 * (n - k) * j, n));
    case Boundary::dirichlet: return std::sin(angle((k + 1) * (j + 1), n + 1));
    case Boundary::neumann: return std::cos(angle(k * (2 * j + 1), 2 * n));
  }
  return 0.0;
}

/// The index of a point on each axis.
std::vector<std::int64_t> indices(const LaplacianProblem& problem, std::int64_t row) {
  std::vector<std::int64_t> index(problem.extent.size());
  for (std::size_t axis = index.size(); axis-- > 0;) {
    index[axis] = row % problem.extent[axis];
    row /= problem.extent[axis];
  }
  return index;
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

// ---- exact cases

TEST(LaplacianMatrix, IsTheTextbookStencilBetweenTheWalls) {
  const LaplacianProblem problem{.extent = {9}, .order = 6};
  const Matrix matrix = laplacian_matrix(problem);
  const double expected[] = {1 / 90., -3 / 20., 3 / 2., -49 / 18., 3 / 2., -3 / 20., 1 / 90.};
  for (int j = 0; j < 7; ++j) EXPECT_DOUBLE_EQ(matrix.coeff(4, j + 1), expected[j]);
}

TEST(LaplacianMatrix, FoldsAWideStencilAtTheWalls) {
  // By hand, times 12. Dirichlet row 0: nodes -1, 0 | 1, 2, 3 carry -1, 16 | -30, 16, -1; node 0 is zero, and node -1 is
  // minus node 1. Neumann row 0: cells -2, -1 are cells 1, 0.
  const Matrix odd = laplacian_matrix({.extent = {6}, .order = 4, .boundary = Boundary::dirichlet});
  EXPECT_DOUBLE_EQ(odd.coeff(0, 0), (-30 + 1) / 12.);
  EXPECT_DOUBLE_EQ(odd.coeff(0, 1), 16 / 12.);
  EXPECT_DOUBLE_EQ(odd.coeff(0, 2), -1 / 12.);
  const Matrix even = laplacian_matrix({.extent = {6}, .order = 4, .boundary = Boundary::neumann});
  EXPECT_DOUBLE_EQ(even.coeff(0, 0), (-30 + 16) / 12.);
  EXPECT_DOUBLE_EQ(even.coeff(0, 1), (16 - 1) / 12.);
  EXPECT_DOUBLE_EQ(even.coeff(0, 2), -1 / 12.);
}

TEST(LaplacianMatrix, HasSortedCompressedRowsAndAsManyNonzerosAsForetold) {
  for (const LaplacianProblem& problem : all_kinds()) {
    SCOPED_TRACE(name(problem));
    const Matrix matrix = laplacian_matrix(problem);
    ASSERT_TRUE(matrix.isCompressed());
    EXPECT_EQ(matrix.nonZeros(), laplacian_nonzeros(problem));
    for (int row = 0; row < matrix.rows(); ++row) {
      ASSERT_LT(matrix.outerIndexPtr()[row], matrix.outerIndexPtr()[row + 1]);
      for (int at = matrix.outerIndexPtr()[row] + 1; at < matrix.outerIndexPtr()[row + 1]; ++at)
        ASSERT_LT(matrix.innerIndexPtr()[at - 1], matrix.innerIndexPtr()[at]);
    }
  }
}

// ---- fast against reference

TEST(LaplacianMatrix, IsTheReferenceBitForBit) {
  for (const LaplacianProblem& problem : all_kinds())
    EXPECT_TRUE(same_bits(laplacian_matrix(problem), laplacian_matrix_reference(problem))) << name(problem);
}

TEST(LaplacianApply, IsTheRowsOfTheMatrixSummedInColumnOrderToTheBit) {
  for (const LaplacianProblem& problem : all_kinds()) {
    const Matrix matrix = laplacian_matrix(problem);
    const Vector in = random_values(matrix.rows());
    Vector out(in.size());
    apply_laplacian(problem, in, out);
    for (int row = 0; row < matrix.rows(); ++row) {
      double sum = 0.0;
      for (Matrix::InnerIterator it(matrix, row); it; ++it) sum += it.value() * in[static_cast<std::size_t>(it.col())];
      ASSERT_EQ(out[static_cast<std::size_t>(row)], sum) << name(problem) << ", row " << row;
    }
  }
}

TEST(LaplacianApply, AgreesWithItsReferenceToRounding) {
  // m ≤ 21 terms before folding: each rounds at most 3 times as it is formed and m times as it is summed, on both sides.
  for (const LaplacianProblem& problem : all_kinds()) {
    const Vector in = random_values(laplacian_rows(problem));
    Vector out(in.size()), expected(in.size());
    apply_laplacian(problem, in, out);
    apply_laplacian_reference(problem, in, expected);
    // Before folding the absolute values of a row's coefficients sum to at most 6.05/h² an axis.
    double norm = 0.0;
    for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) norm += 6.05 / std::pow(problem.spacing[axis], 2);
    for (std::size_t i = 0; i < in.size(); ++i)
      ASSERT_NEAR(out[i], expected[i], 2 * (21 + 3) * kRounding * norm) << name(problem) << ", row " << i;
  }
}

TEST(Laplacian, HasTheSameBitsForEveryThreadCount) {
  // Grids of 60000 points and more: smaller ones stay on one thread. Parts begin and end anywhere in a line.
  for (const int order : {2, 4, 6})
    for (const LaplacianProblem& problem :
         {LaplacianProblem{.extent = {70001}, .spacing = 0.3, .order = order, .boundary = Boundary::neumann},
          LaplacianProblem{.extent = {211, 311},
          .spacing = {0.7, 1.3},
          .order = order,
          .boundary = {Boundary::dirichlet, Boundary::periodic}},
          LaplacianProblem{.extent = {31, 43, 47},
          .spacing = 0.3,
          .order = order,
          .boundary = {Boundary::periodic, Boundary::neumann, Boundary::dirichlet}}}) {
      const Matrix matrix = laplacian_matrix(problem, 1);
      EXPECT_TRUE(same_bits(matrix, laplacian_matrix_reference(problem))) << name(problem);
      const Vector in = random_values(matrix.rows());
      Vector one(in.size()), many(in.size());
      apply_laplacian(problem, in, one, 1);
      for (const int threads : {2, 3, 7}) {
        ASSERT_TRUE(same_bits(matrix, laplacian_matrix(problem, threads))) << name(problem) << ", threads " << threads;
        std::fill(many.begin(), many.end(), -1.0);
        apply_laplacian(problem, in, many, threads);
        ASSERT_EQ(one, many) << name(problem) << ", threads " << threads;
      }
    }
}

TEST(LaplacianApply, HasTheSameBitsOnEveryInstructionSet) {
  for (const std::int64_t n : {7, 9, 14, 20, 131}) {  // lines shorter than a vector, of some, and of many
    const LaplacianProblem problem{
        .extent = {9, n}, .spacing = {0.3, 0.7}, .order = 6, .boundary = {Boundary::neumann, Boundary::dirichlet}};
    const Vector in = random_values(9 * n);
    Vector expected(in.size()), out(in.size());
    apply_laplacian(problem, in, expected);
    for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
      const std::int64_t target = targets & -targets;
      hwy::SetSupportedTargetsForTest(target);
      apply_laplacian(problem, in, out);
      EXPECT_EQ(out, expected) << hwy::TargetName(target) << ", " << n << " points";
    }
    hwy::SetSupportedTargetsForTest(0);
  }
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
  // What the reflection takes away from the sum of row 0, 1, 2 beside a Dirichlet wall, by hand.
  const auto missing = [](int order, std::int64_t distance) {
    constexpr double kMissing[3][3] = {{-1, 0, 0}, {-14 / 12., 1 / 12., 0}, {-220 / 180., 23 / 180., -2 / 180.}};
    return distance < 3 ? kMissing[order / 2 - 1][distance] : 0.0;
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
        if (problem.boundary[axis] == Boundary::dirichlet)
          expected += (missing(problem.order, index[axis]) + missing(problem.order, problem.extent[axis] - 1 - index[axis])) /
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

TEST(LaplacianSymbol, HasAZeroForTheConstantWhenNoAxisIsDirichletAndNoneElse) {
  for (const LaplacianProblem& problem : all_kinds()) {
    const Vector lambda = eigenvalues(problem);
    const auto& boundaries = problem.boundary.values();
    const bool dirichlet = std::find(boundaries.begin(), boundaries.end(), Boundary::dirichlet) != boundaries.end();
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
          const long double half_waves = static_cast<long double>(boundary == Boundary::periodic    ? 2 * std::min(k, n - k)
                                                                  : boundary == Boundary::dirichlet ? k + 1
                                                                                                    : k);
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

// ---- order of accuracy

struct Profile {
  Boundary boundary;
  std::function<double(double)> value, second_derivative;
};

/// Functions that continue beyond [0, 1] as the boundary says, with every derivative.
std::vector<Profile> profiles() {
  const auto even = [](double w) {  // exp(cos wx)
    return Profile{Boundary::neumann, [w](double x) { return std::exp(std::cos(w * x)); },
                   [w](double x) {
                     const double s = std::sin(w * x), c = std::cos(w * x);
                     return w * w * (s * s - c) * std::exp(c);
                   }};
  };
  Profile periodic = even(2 * kPi);
  periodic.boundary = Boundary::periodic;
  const Profile odd{Boundary::dirichlet, [](double x) { return std::sinh(std::sin(kPi * x)); },
                    [](double x) {
                      const double s = std::sin(kPi * x), c = std::cos(kPi * x);
                      return kPi * kPi * (c * c * std::sinh(s) - s * std::cosh(s));
                    }};
  return {periodic, odd, even(kPi)};
}

/// The grid of n intervals on [0, 1].
Vector points(Boundary boundary, std::int64_t n) {
  Vector x(static_cast<std::size_t>(boundary == Boundary::dirichlet ? n - 1 : n));
  const double first = boundary == Boundary::periodic ? 0.0 : boundary == Boundary::dirichlet ? 1.0 : 0.5;
  for (std::size_t j = 0; j < x.size(); ++j) x[j] = (static_cast<double>(j) + first) / static_cast<double>(n);
  return x;
}

TEST(LaplacianApply, ConvergesAtItsOrder) {
  // The finest pairs whose truncation error still exceeds rounding (≈ 20 u n²) a thousandfold.
  for (const Profile& profile : profiles())
    for (const auto& [order, finest] : {std::pair{2, 1024}, {4, 256}, {6, 96}}) {
      const auto error = [&](std::int64_t n) {
        const Vector x = points(profile.boundary, n);
        Vector in(x.size()), out(x.size());
        std::transform(x.begin(), x.end(), in.begin(), profile.value);
        apply_laplacian({.extent = {static_cast<std::int64_t>(x.size())},
                         .spacing = 1.0 / static_cast<double>(n),
                         .order = order,
                         .boundary = profile.boundary},
                        in, out);
        double largest = 0.0;
        for (std::size_t j = 0; j < x.size(); ++j)
          largest = std::max(largest, std::abs(out[j] - profile.second_derivative(x[j])));
        return largest;
      };
      EXPECT_NEAR(std::log2(error(finest / 2) / error(finest)), order, 0.1)
          << to_string(profile.boundary) << ", order " << order;
    }
}

TEST(LaplacianApply, ConvergesAtItsOrderWithADifferentBoundaryOnEachAxis) {
  const std::vector<Profile> f = profiles();
  for (const auto& [order, finest] : {std::pair{2, 64}, {4, 64}, {6, 48}}) {
    const auto error = [&](std::int64_t n) {  // the periodic function bends most, and gets most points
      const Vector x = points(f[0].boundary, 3 * n), y = points(f[1].boundary, 2 * n), z = points(f[2].boundary, n);
      Vector in, exact;
      for (const double a : x)
        for (const double b : y)
          for (const double c : z) {
            in.push_back(f[0].value(a) * f[1].value(b) * f[2].value(c));
            exact.push_back(f[0].second_derivative(a) * f[1].value(b) * f[2].value(c) +
                            f[0].value(a) * f[1].second_derivative(b) * f[2].value(c) +
                            f[0].value(a) * f[1].value(b) * f[2].second_derivative(c));
          }
      Vector out(in.size());
      const double h = 1.0 / static_cast<double>(n);
      apply_laplacian({.extent = {3 * n, 2 * n - 1, n},
                       .spacing = {h / 3, h / 2, h},
                       .order = order,
                       .boundary = {f[0].boundary, f[1].boundary, f[2].boundary}},
                      in, out);
      double largest = 0.0;
      for (std::size_t j = 0; j < in.size(); ++j) largest = std::max(largest, std::abs(out[j] - exact[j]));
      return largest;
    };
    EXPECT_NEAR(std::log2(error(finest / 2) / error(finest)), order, 0.1) << "order " << order;
  }
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

// ---- bad input

/// That calling it throws an ArgumentError about that parameter, with that value in its text.
void expect_refused(const std::string& parameter, const std::string& value, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_NE(error.value().find(value), std::string::npos) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

TEST(LaplacianProblem, OutsideItsRangesIsRefusedByNameValueAndRange) {
  const auto refused = [](const std::string& parameter, const std::string& value, const LaplacianProblem& problem) {
    expect_refused(parameter, value, [&] { check(problem); });
    expect_refused(parameter, value, [&] { laplacian_matrix(problem); });
    expect_refused(parameter, value, [&] { laplacian_symbol(problem, 0); });
    expect_refused(parameter, value, [&] { laplacian_nonzeros(problem); });
    expect_refused(parameter, value, [&] { apply_laplacian(problem, {}, {}); });
  };
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  refused("extent", "", {.extent = {}});
  refused("extent", "8x8x8x8", {.extent = {8, 8, 8, 8}});
  refused("extent", "8x0", {.extent = {8, 0}});
  refused("extent", "-8", {.extent = {-8}});
  refused("extent", "2", {.extent = {2}});
  refused("extent", "8x4", {.extent = {8, 4}, .order = 4});
  refused("extent", "6", {.extent = {6}, .order = 6});
  refused("extent", "9223372036854775807", {.extent = {std::numeric_limits<std::int64_t>::max()}});
  refused("extent", "4294967296x4294967296", {.extent = {4294967296, 4294967296}});  // their product is 0 in 64 bits
  refused("extent", "1290x1290x1290", {.extent = {1290, 1290, 1290}});
  refused("extent", "715827883", {.extent = {715827883}});                                             // 3 n = 2^31 + 1
  refused("extent", "306783380", {.extent = {306783380}, .order = 6, .boundary = Boundary::neumann});  // 7 n - 12 = 2^31
  refused("order", "3", {.extent = {20}, .order = 3});
  refused("order", "0", {.extent = {20}, .order = 0});
  refused("order", "8", {.extent = {20}, .order = 8});
  for (const double h : {0.0, -1.0, nan, infinity, 1e-101, 1e101}) refused("spacing", "", {.extent = {20}, .spacing = h});
  refused("spacing", "-0.5", {.extent = {20, 20}, .spacing = {1.0, -0.5}});
  refused("spacing", "a list of 3", {.extent = {20, 20}, .spacing = {1.0, 1.0, 1.0}});
  refused("spacing", "a list of 0", {.extent = {20}, .spacing = std::vector<double>{}});
  refused("boundary", "a list of 2", {.extent = {20}, .boundary = {Boundary::neumann, Boundary::neumann}});
  refused("boundary", "7", {.extent = {20}, .boundary = static_cast<Boundary>(7)});
}

TEST(LaplacianProblem, IsTakenUpToTheLastNonzeroThatFits) {
  EXPECT_NO_THROW(check({.extent = {715827882}}));                                                    // 3 n = 2^31 - 2
  EXPECT_EQ(laplacian_nonzeros({.extent = {715827883}, .boundary = Boundary::neumann}), 2147483647);  // 3 n - 2 = 2^31 - 1
  EXPECT_NO_THROW(check({.extent = {3}}));
  EXPECT_NO_THROW(check({.extent = {7, 7, 7}, .order = 6}));
}

TEST(Laplacian, RefusesArgumentsThatDoNotFitTheGrid) {
  const LaplacianProblem problem{.extent = {4, 5}};
  Vector twenty(20), nineteen(19);
  expect_refused("in", "19", [&] { apply_laplacian(problem, nineteen, twenty); });
  expect_refused("out", "19", [&] { apply_laplacian(problem, twenty, nineteen); });
  expect_refused("out", "in", [&] { apply_laplacian(problem, twenty, twenty); });
  Vector shared(39);
  expect_refused("out", "in", [&] { apply_laplacian(problem, {shared.data(), 20}, {shared.data() + 19, 20}); });
  expect_refused("threads", "0", [&] { apply_laplacian(problem, Vector(20), twenty, 0); });
  expect_refused("threads", "-1", [&] { laplacian_matrix(problem, -1); });
  expect_refused("axis", "2", [&] { laplacian_symbol(problem, 2); });
  expect_refused("extent", "0", [&] { spectral_symbol(0, 1.0, Boundary::neumann); });
  expect_refused("length", "0", [&] { spectral_symbol(8, 0.0, Boundary::neumann); });
  expect_refused("length", "nan", [&] { spectral_symbol(8, std::nan(""), Boundary::neumann); });
  expect_refused("boundary", "9", [&] { spectral_symbol(8, 1.0, static_cast<Boundary>(9)); });
}

TEST(Boundary, IsWrittenAndReadByName) {
  for (const Boundary boundary : kBoundaries) EXPECT_EQ(parse_boundary(to_string(boundary)), boundary);
  for (const char* name_of_none : {"", "Periodic", "periodic ", "unknown", "robin"})
    EXPECT_EQ(parse_boundary(name_of_none), std::nullopt);
}

}  // namespace
}  // namespace almanac::compute
