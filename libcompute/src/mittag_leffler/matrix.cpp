// Functions of matrices by Schur–Parlett. All is done on the complex Schur form; a real matrix's result is real but for
// rounding, and its imaginary part is dropped.
#include <almanac/compute/mittag_leffler_matrix.hpp>

#include "evaluate.hpp"
#include "parameters.hpp"
#include "written.hpp"

#include <almanac/compute/error.hpp>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace almanac::compute {
namespace {

using ComplexMatrix = Eigen::MatrixXcd;
using MatrixIndex = Eigen::Index;

constexpr double kCloseEigenvalues = 0.1;  // of max(1, |lambda|): eigenvalues nearer than this share a block
constexpr int kMaxTaylorOrder = 150;       // Taylor coefficients of a block
constexpr double kMatrixRounding = std::numeric_limits<double>::epsilon();

/// The Taylor coefficient f^(k)(z) / k!, and in double: k! alone would overflow.
std::complex<double> taylor_coefficient(const MittagLeffler& f, int k, std::complex<double> z, double* off = nullptr) {
  const mlf::Evaluation e = mlf::evaluate(f.alpha, f.beta, f.gamma, f.derivative + k, mlf::Complex<mlf::Extended>(z));
  mlf::Extended factorial = 1;
  for (int i = 2; i <= k; ++i) factorial *= i;
  if (off) *off = static_cast<double>(std::min(e.relative_error, mlf::Extended{1e10}));
  return {static_cast<double>(e.value.re / factorial), static_cast<double>(e.value.im / factorial)};
}

/// A number for each eigenvalue: that of its block. Blocks are the connected sets of close eigenvalues.
std::vector<MatrixIndex> blocks_of(const Eigen::VectorXcd& lambda) {
  const auto n = static_cast<std::size_t>(lambda.size());
  std::vector<MatrixIndex> block(n);
  std::iota(block.begin(), block.end(), MatrixIndex{0});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto a = lambda[static_cast<MatrixIndex>(i)], b = lambda[static_cast<MatrixIndex>(j)];
      const double scale = std::max(1.0, std::min(std::abs(a), std::abs(b)));
      const MatrixIndex from = block[i], to = block[j];
      if (from != to && std::abs(a - b) <= kCloseEigenvalues * scale) std::replace(block.begin(), block.end(), from, to);
    }
  return block;
}

/// Exchanges neighbours on the diagonal of t until each block's eigenvalues stand together; gives the blocks' sizes.
/// Source: Bai, Demmel 1993, Linear Algebra Appl. 186, 75 (complex case: one rotation each).
std::vector<MatrixIndex> gather_blocks(ComplexMatrix& t, ComplexMatrix& q, std::vector<MatrixIndex> block) {
  std::vector<MatrixIndex> order;  // blocks as they first appear
  for (const MatrixIndex b : block)
    if (std::find(order.begin(), order.end(), b) == order.end()) order.push_back(b);
  std::vector<MatrixIndex> sizes;
  std::size_t place = 0;
  for (const MatrixIndex b : order) {
    const std::size_t first = place;
    for (std::size_t i = place; i < block.size(); ++i) {
      if (block[i] != b) continue;
      for (std::size_t k = i; k > place; --k) {
        const auto at = static_cast<MatrixIndex>(k) - 1;
        Eigen::JacobiRotation<std::complex<double>> rotation;
        rotation.makeGivens(t(at, at + 1), t(at + 1, at + 1) - t(at, at));
        t.applyOnTheLeft(at, at + 1, rotation.adjoint());
        t.applyOnTheRight(at, at + 1, rotation);
        q.applyOnTheRight(at, at + 1, rotation);
        t(at + 1, at) = 0.0;
        std::swap(block[k], block[k - 1]);
      }
      ++place;
    }
    sizes.push_back(static_cast<MatrixIndex>(place - first));
  }
  return sizes;
}

/// f of one block by the Taylor series about the mean of its eigenvalues; `error` gets the rounding of its terms.
ComplexMatrix of_block(const MittagLeffler& f, const ComplexMatrix& t, double& error) {
  const MatrixIndex n = t.rows();
  if (n == 1) {
    const std::complex<double> value = taylor_coefficient(f, 0, t(0, 0));
    error = 4 * kMatrixRounding * (std::abs(value) + std::abs(t(0, 0) * taylor_coefficient(f, 1, t(0, 0))));
    return ComplexMatrix::Constant(1, 1, value);
  }
  const std::complex<double> centre = t.diagonal().mean();
  const ComplexMatrix rest = t - centre * ComplexMatrix::Identity(n, n);
  ComplexMatrix power = ComplexMatrix::Identity(n, n), sum = ComplexMatrix::Zero(n, n);
  double sizes = 0.0;
  int small = 0;
  for (int k = 0; k <= kMaxTaylorOrder; ++k) {
    double off = 0.0;  // high derivatives are less precise; they count for less, as a rule
    const ComplexMatrix term = taylor_coefficient(f, k, centre, &off) * power;
    sum += term;
    const double size = term.norm();
    if (!std::isfinite(size)) break;
    sizes += size * (1.0 + k + off / kMatrixRounding);
    // The powers of a matrix far from normal grow before they fall: not before the size of the block, and three in a row.
    small = size <= kMatrixRounding / 8 * sum.norm() ? small + 1 : 0;
    if ((small >= 3 && k >= n) || power.isZero(0.0)) {
      error = 4 * kMatrixRounding * sizes;
      return sum;
    }
    power *= rest;
  }
  throw ArgumentError("A",
                      "a block of " + written(static_cast<std::int64_t>(n)) + " eigenvalues about " + written(centre.real()) +
                          (std::signbit(centre.imag()) ? "" : "+") + written(centre.imag()) + "i",
                      "have eigenvalues that are either closer together or further apart for this alpha");
}

/// x with a x - x b = c; a, b upper triangular.
ComplexMatrix sylvester(const ComplexMatrix& a, const ComplexMatrix& b, ComplexMatrix c) {
  for (MatrixIndex j = 0; j < b.rows(); ++j) {
    if (j > 0) c.col(j) += c.leftCols(j) * b.col(j).head(j);
    ComplexMatrix shifted = a;
    shifted.diagonal().array() -= b(j, j);
    shifted.triangularView<Eigen::Upper>().solveInPlace(c.col(j));
  }
  return c;
}

MittagLefflerMatrix<ComplexMatrix> schur_parlett(const MittagLeffler& f, const ComplexMatrix& a) {
  const Eigen::ComplexSchur<ComplexMatrix> schur(a);
  if (schur.info() != Eigen::Success) throw ArgumentError("A", "a matrix", "have a Schur form that can be computed");
  ComplexMatrix t = schur.matrixT(), q = schur.matrixU();
  t.triangularView<Eigen::StrictlyLower>().setZero();
  const std::vector<MatrixIndex> sizes = gather_blocks(t, q, blocks_of(t.diagonal()));
  const std::size_t blocks = sizes.size();
  std::vector<MatrixIndex> first(blocks, 0);
  for (std::size_t i = 1; i < blocks; ++i) first[i] = first[i - 1] + sizes[i - 1];
  const auto part = [&](ComplexMatrix& m, std::size_t i, std::size_t j) {
    return m.block(first[i], first[j], sizes[i], sizes[j]);
  };

  ComplexMatrix result = ComplexMatrix::Zero(a.rows(), a.rows());
  Eigen::MatrixXd error = Eigen::MatrixXd::Zero(static_cast<MatrixIndex>(blocks), static_cast<MatrixIndex>(blocks));
  const auto error_at = [&](std::size_t i, std::size_t j) -> double& {
    return error(static_cast<MatrixIndex>(i), static_cast<MatrixIndex>(j));
  };
  for (std::size_t i = 0; i < blocks; ++i) part(result, i, i) = of_block(f, part(t, i, i), error_at(i, i));
  for (std::size_t d = 1; d < blocks; ++d)
    for (std::size_t i = 0; i + d < blocks; ++i) {
      const std::size_t j = i + d;
      // T F = F T in the place (i, j).
      ComplexMatrix c = part(result, i, i) * part(t, i, j) - part(t, i, j) * part(result, j, j);
      double off =
          (error_at(i, i) + error_at(j, j) + 2 * kMatrixRounding * (part(result, i, i).norm() + part(result, j, j).norm())) *
          part(t, i, j).norm();
      for (std::size_t k = i + 1; k < j; ++k) {
        c += part(result, i, k) * part(t, k, j) - part(t, i, k) * part(result, k, j);
        off += (error_at(i, k) + 2 * kMatrixRounding * part(result, i, k).norm()) * part(t, k, j).norm() +
               (error_at(k, j) + 2 * kMatrixRounding * part(result, k, j).norm()) * part(t, i, k).norm();
      }
      part(result, i, j) = sylvester(part(t, i, i), part(t, j, j), std::move(c));
      double separation = std::numeric_limits<double>::infinity();
      for (MatrixIndex r = first[i]; r < first[i] + sizes[i]; ++r)
        for (MatrixIndex s = first[j]; s < first[j] + sizes[j]; ++s)
          separation = std::min(separation, std::abs(t(r, r) - t(s, s)));
      error_at(i, j) = off / separation;
    }
  const double norm = result.norm();
  // The Schur form is that of a matrix a few roundings of |A| away: what that changes, the first-order terms tell.
  return {q * result * q.adjoint(), norm > 0 ? error.norm() / norm + 8 * kMatrixRounding : 0.0};
}

template <class Matrix>
void check_matrix(const Matrix& a) {
  if (a.rows() != a.cols())
    throw ArgumentError("A", written(static_cast<std::int64_t>(a.rows())) + "x" + written(static_cast<std::int64_t>(a.cols())),
                        "be square");
  if (!a.allFinite()) throw ArgumentError("A", "a matrix with an element that is not finite", "be finite");
}

/// Symmetric or Hermitian: f of the eigenvalues.
template <class Matrix>
MittagLefflerMatrix<Matrix> of_normal(const MittagLeffler& f, const Matrix& a) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(a);
  if (solver.info() != Eigen::Success) throw ArgumentError("A", "a matrix", "have eigenvalues that can be computed");
  Eigen::VectorXd values(a.rows());
  double error = 0.0;
  const double norm = solver.eigenvalues().cwiseAbs().maxCoeff();
  for (MatrixIndex i = 0; i < a.rows(); ++i) {
    const double lambda = solver.eigenvalues()[i];
    values[i] = mittag_leffler(f, lambda);
    // Eigenvalues are off by a rounding of the largest.
    error =
        std::max(error, kMatrixRounding * (std::abs(values[i]) + 4 * norm * std::abs(taylor_coefficient(f, 1, lambda).real())));
  }
  const double size = values.cwiseAbs().maxCoeff();
  const auto& v = solver.eigenvectors();
  return {v * values.asDiagonal() * v.adjoint(), size > 0 ? error / size + 8 * kMatrixRounding : 0.0};
}

}  // namespace

MittagLefflerMatrix<Eigen::MatrixXcd> mittag_leffler(const MittagLeffler& f, const Eigen::MatrixXcd& a) {
  mlf::check_parameters(f);
  check_matrix(a);
  if (a.rows() == 0) return {a, 0.0};
  if (a == a.adjoint()) return of_normal(f, a);
  return schur_parlett(f, a);
}

MittagLefflerMatrix<Eigen::MatrixXd> mittag_leffler(const MittagLeffler& f, const Eigen::MatrixXd& a) {
  mlf::check_parameters(f);
  check_matrix(a);
  if (a.rows() == 0) return {a, 0.0};
  if (a == a.transpose()) return of_normal(f, a);
  const MittagLefflerMatrix<ComplexMatrix> wide = schur_parlett(f, a.cast<std::complex<double>>());
  return {wide.value.real(), wide.error};
}

}  // namespace almanac::compute
