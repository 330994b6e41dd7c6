#include "laplacian_samples.hpp"

#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

Vector random_values(std::int64_t n) {
  std::mt19937_64 generator(20240607);
  std::uniform_real_distribution<double> distribution(-1.0, 1.0);
  Vector values(static_cast<std::size_t>(n));
  for (double& value : values) value = distribution(generator);
  return values;
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
