#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler_matrix.hpp>

#include <Eigen/LU>

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <random>
#include <string>

namespace almanac::compute {
namespace {

using RealMatrix = Eigen::MatrixXd;
using ComplexMatrix = Eigen::MatrixXcd;

RealMatrix random_matrix(Eigen::Index n, double size, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  RealMatrix a(n, n);
  for (double& x : a.reshaped()) x = size * normal(generator) / std::sqrt(static_cast<double>(n));
  return a;
}

template <class A, class B>
double distance(const A& a, const B& b) {
  return (a - b).norm() / b.norm();
}

TEST(MittagLefflerMatrix, OfTheReferenceMatrices) {
  RealMatrix symmetric(2, 2), jordan(2, 2);
  symmetric << -2, 1, 1, -2;
  jordan << -1, -1, 0, -1;
  EXPECT_NEAR(mittag_leffler({0.7}, symmetric).value(0, 0), 0.2687545438903132280999666, 2e-15);
  // -(1 1; 0 1): the element beside the diagonal is -E'(-1).
  EXPECT_NEAR(mittag_leffler({0.7}, jordan).value(0, 1), -0.3005619234128910105718117, 4e-15);
}

TEST(MittagLefflerMatrix, OfDiagonalMatricesIsItsValuesThere) {
  ComplexMatrix a = ComplexMatrix::Zero(3, 3);
  a.diagonal() << std::complex(-3.0, 1.0), std::complex(0.5, -2.0), std::complex(-40.0, 0.0);
  const ComplexMatrix f = mittag_leffler({0.6, 0.8}, a).value;
  for (Eigen::Index i = 0; i < 3; ++i)
    EXPECT_LE(std::abs(f(i, i) - mittag_leffler({0.6, 0.8}, a(i, i))), 4e-16 * std::abs(f(i, i)));
  EXPECT_EQ(mittag_leffler({0.6}, RealMatrix(0, 0)).value.size(), 0);
}

TEST(MittagLefflerMatrix, OfAJordanBlockIsItsDerivatives) {
  constexpr Eigen::Index n = 7;
  RealMatrix a = RealMatrix::Zero(n, n);
  a.diagonal().setConstant(-2.5);
  a.diagonal(1).setOnes();
  const auto f = mittag_leffler({0.8}, a);
  double factorial = 1.0;
  for (Eigen::Index k = 0; k < n; ++k) {
    if (k > 0) factorial *= static_cast<double>(k);
    const double expected = mittag_leffler({.alpha = 0.8, .derivative = static_cast<int>(k)}, -2.5) / factorial;
    EXPECT_NEAR(f.value(0, k), expected, 2e-15) << k;
    EXPECT_NEAR(f.value(n - 1 - k, n - 1), expected, 2e-15) << k;
  }
}

// The duplication formula holds for matrices: 2 E_{2a}(A²) = E_a(A) + E_a(-A). A tolerance is the errors the three results
// claim, with A² rounded once (its condition is about that of the result's).
void expect_duplication(double alpha, const RealMatrix& a) {
  const auto plus = mittag_leffler({alpha}, a), minus = mittag_leffler({alpha}, RealMatrix(-a)),
             twice = mittag_leffler({2 * alpha}, RealMatrix(a * a));
  const double size = plus.value.norm() + minus.value.norm();
  const double claimed =
      plus.error * plus.value.norm() + minus.error * minus.value.norm() + 2 * twice.error * twice.value.norm();
  EXPECT_LE((plus.value + minus.value - 2 * twice.value).norm(), 4 * claimed + 1e-13 * size) << alpha;
  EXPECT_LT(claimed, 1e-7 * size) << alpha;
}

TEST(MittagLefflerMatrix, SatisfiesTheDuplicationFormula) {
  for (const double alpha : {0.5, 0.75, 1.0, 1.25}) {
    for (const Eigen::Index n : {2, 5, 12, 30}) expect_duplication(alpha, random_matrix(n, 1.5, 7));
    // Close eigenvalues, in chains and far from normal.
    RealMatrix close = RealMatrix::Zero(9, 9);
    close.triangularView<Eigen::StrictlyUpper>().setOnes();
    for (Eigen::Index i = 0; i < 9; ++i) close(i, i) = -1.0 - 0.03 * static_cast<double>((i * 4) % 9);
    expect_duplication(alpha, close);
  }
}

TEST(MittagLefflerMatrix, ChangesWithTheBasis) {
  // E(V D V^-1) = V E(D) V^-1, with a well-conditioned V.
  const RealMatrix v = RealMatrix::Identity(8, 8) + 0.3 * random_matrix(8, 1.0, 3);
  Eigen::VectorXd lambda(8);
  lambda << -0.1, -0.15, -1.0, -3.0, -3.01, -3.02, -20.0, -21.0;
  Eigen::VectorXd values(8);
  for (Eigen::Index i = 0; i < 8; ++i) values[i] = mittag_leffler(0.7, 1.0, lambda[i]);
  const RealMatrix inverse = v.inverse(), a = v * lambda.asDiagonal() * inverse, expected = v * values.asDiagonal() * inverse;
  const auto f = mittag_leffler({0.7}, a);
  EXPECT_LE(distance(f.value, expected), 1e-12);
  EXPECT_LE(distance(f.value, expected), 100 * f.error);
  const auto wide = mittag_leffler({0.7}, ComplexMatrix(a.cast<std::complex<double>>()));
  EXPECT_LE(distance(wide.value.real(), expected), 1e-12);
  EXPECT_LE(wide.value.imag().norm(), 1e-13);
}

TEST(MittagLefflerMatrix, OfHermitianMatricesIsHermitian) {
  const ComplexMatrix b =
      random_matrix(6, 1.0, 5).cast<std::complex<double>>() + std::complex(0.0, 1.0) * random_matrix(6, 1.0, 6);
  const ComplexMatrix a = -b * b.adjoint(), hermitian = (a + a.adjoint()) / 2.0;
  const ComplexMatrix f = mittag_leffler({0.9}, hermitian).value;
  EXPECT_LE((f - f.adjoint()).norm(), 1e-15 * f.norm());
  // Beside it, a matrix that is not quite Hermitian takes the other way.
  ComplexMatrix beside = hermitian;
  beside(0, 5) += 1e-14;
  EXPECT_LE(distance(mittag_leffler({0.9}, beside).value, f), 1e-12);
}

TEST(MittagLefflerMatrix, OfAChainOfEigenvaluesAcrossDecades) {
  // The operator of diffusion with drift on 40 points: D S D^-1 with S symmetric and D = diag(r^i); its eigenvalues, from -3900 to
  // -5, are each next to others, and all of them in one block would need thousands of derivatives.
  constexpr Eigen::Index n = 40;
  const double drift = 1.03;
  RealMatrix symmetric = RealMatrix::Zero(n, n);
  symmetric.diagonal().setConstant(-2000.0);
  symmetric.diagonal(1).setConstant(1000.0);
  symmetric.diagonal(-1).setConstant(1000.0);
  Eigen::VectorXd d(n);
  for (Eigen::Index i = 0; i < n; ++i) d[i] = std::pow(drift, static_cast<double>(i));
  const RealMatrix a = d.asDiagonal() * symmetric * d.cwiseInverse().asDiagonal();
  for (const double alpha : {0.5, 0.9, 1.6}) {
    const RealMatrix expected =
        d.asDiagonal() * mittag_leffler({alpha}, symmetric).value * d.cwiseInverse().asDiagonal();
    const auto f = mittag_leffler({alpha}, a);
    EXPECT_LE(distance(f.value, expected), 4 * f.error) << alpha;  // as much is in what it is compared with, times D's condition
    EXPECT_LE(f.error, 1e-8) << alpha;
    EXPECT_LE(distance(f.value, expected), 1e-9) << alpha;
  }
}

TEST(MittagLefflerMatrix, OfALargeJordanBlockIsItsDerivatives) {
  // more derivatives than the orders of poles that are integrated along the contour; A commutes with its function, so each diagonal
  // is constant: E^(k)(-1) / k!, by the series about 0
  constexpr Eigen::Index n = 90;
  RealMatrix a = RealMatrix::Zero(n, n);
  a.diagonal().setConstant(-1.0);
  a.diagonal(1).setOnes();
  const auto f = mittag_leffler({0.7}, a);
  for (const Eigen::Index k : {1, 10, 63, 64, 65, 80}) {
    long double sum = 0, term = 0;
    for (int j = 0; j < 120; ++j) {
      term = std::exp(std::lgamma(static_cast<long double>(k + j) + 1) - std::lgamma(static_cast<long double>(j) + 1) -
                      std::lgamma(static_cast<long double>(k) + 1) - std::lgamma(0.7L * static_cast<long double>(k + j) + 1));
      sum += j % 2 == 0 ? term : -term;
    }
    EXPECT_NEAR(f.value(0, k), static_cast<double>(sum), 1e-13) << k;
  }
}

TEST(MittagLefflerMatrix, OfElementsWhoseSquaresAreOutOfRange) {
  // E_0.7(A) = -A^-1 / Gamma(0.3) + O(A^-2), symmetric or not; and the identity, A being nothing beside it
  const double size = 1e200, above = 0.3, below = 0.1;
  for (const double corner : {above, below}) {
    RealMatrix a(2, 2), expected(2, 2);
    a << -size, corner * size, below * size, -2 * size;
    const double d = 2 - corner * below;
    expected << 2 / d, corner / d, below / d, 1 / d;
    const auto f = mittag_leffler({0.7}, a);
    EXPECT_LE(distance(f.value * size, expected / std::tgamma(0.3)), 1e-14);
    EXPECT_LE(f.error, 1e-13);
    EXPECT_GT(f.error, 0);
  }
  for (const double tiny : {1e-200, 1e-320}) {
    RealMatrix a(2, 2);
    a << -tiny, tiny, 0, -2 * tiny;
    EXPECT_LE(distance(mittag_leffler({0.7}, a).value, RealMatrix::Identity(2, 2)), 1e-15);
    a(1, 0) = tiny;
    EXPECT_LE(distance(mittag_leffler({0.7}, a).value, RealMatrix::Identity(2, 2)), 1e-15);
  }
}

TEST(MittagLefflerMatrix, RefusesWhatOverflows) {
  // E_0.5(40) is about 2 e^1600
  RealMatrix triangular(2, 2), close(2, 2), symmetric(2, 2), diagonal(2, 2);
  triangular << 40, 1, 0, -1;
  close << 40, 1, 0, 40.01;
  symmetric << 40, 1, 1, -1;
  diagonal << 40, 0, 0, -1;
  for (const RealMatrix& a : {triangular, close, symmetric, diagonal}) {
    try {
      mittag_leffler({0.5}, a);
      ADD_FAILURE() << "accepted";
    } catch (const ArgumentError& error) {
      EXPECT_EQ(error.parameter(), "A");
      EXPECT_NE(error.value().find("eigenvalue 40"), std::string::npos) << error.what();
    }
  }
}

TEST(MittagLefflerMatrix, RefusesWhatIsNoSquareMatrixOfNumbers) {
  const auto refused = [](const RealMatrix& a) {
    try {
      mittag_leffler({0.5}, a);
      ADD_FAILURE() << "accepted";
    } catch (const ArgumentError& error) {
      EXPECT_EQ(error.parameter(), "A");
    }
  };
  refused(RealMatrix::Zero(2, 3));
  RealMatrix bad = RealMatrix::Identity(3, 3);
  bad(1, 2) = std::numeric_limits<double>::quiet_NaN();
  refused(bad);
  EXPECT_THROW(mittag_leffler({0.0}, RealMatrix(RealMatrix::Identity(2, 2))), ArgumentError);
}

}  // namespace
}  // namespace almanac::compute
