// Functions of matrices by Schur–Parlett. All is done on the complex Schur form; a real matrix's result is real but for
// rounding, and its imaginary part is dropped.
#include <almanac/compute/mittag_leffler_matrix.hpp>

#include "dense/eigen_forms.hpp"
#include "evaluate.hpp"
#include "parameters.hpp"
#include "written.hpp"

#include <almanac/compute/error.hpp>

#include <Eigen/Jacobi>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace almanac::compute {
namespace {

using ComplexMatrix = Eigen::MatrixXcd;
using MatrixIndex = Eigen::Index;

constexpr double kCloseEigenvalues = 0.1;  // of max(1, |lambda|): eigenvalues nearer than this share a block
constexpr double kCloserEigenvalues = 1e-4;  // what that is lowered to where chains of them make a block too wide
constexpr double kGoodEnough = 1e-10;        // an error below which no other cut into blocks is tried
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

std::string complex_text(std::complex<double> z) {
  return written(z.real()) + (std::signbit(z.imag()) ? "" : "+") + written(z.imag()) + "i";
}

[[noreturn]] void refuse_overflow(std::complex<double> lambda) {
  throw ArgumentError("A", "a matrix with the eigenvalue " + complex_text(lambda),
                      "have eigenvalues at which the function is within the range of double");
}

/// A number for each eigenvalue: that of its block. Blocks are the connected sets of close eigenvalues.
std::vector<MatrixIndex> blocks_of(const Eigen::VectorXcd& lambda, double close) {
  const auto n = static_cast<std::size_t>(lambda.size());
  std::vector<MatrixIndex> block(n);
  std::iota(block.begin(), block.end(), MatrixIndex{0});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto a = lambda[static_cast<MatrixIndex>(i)], b = lambda[static_cast<MatrixIndex>(j)];
      const double scale = std::max(1.0, std::min(std::abs(a), std::abs(b)));
      const MatrixIndex from = block[i], to = block[j];
      if (from != to && std::abs(a - b) <= close * scale) std::replace(block.begin(), block.end(), from, to);
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

/// a b; of copies, so that one product is compiled, and not one for each kind of block.
ComplexMatrix product_of(const ComplexMatrix& a, const ComplexMatrix& b) {
  ComplexMatrix c(a.rows(), b.cols());
  c.noalias() = a * b;
  return c;
}

/// f of one block by the Taylor series about the mean of its eigenvalues; `error` gets the rounding of its terms, and what an error of
/// its eigenvalues by some roundings of `size_of_all` changes. Nothing where the series does not end.
std::optional<ComplexMatrix> of_block(const MittagLeffler& f, const ComplexMatrix& t, double size_of_all, double& error) {
  const MatrixIndex n = t.rows();
  if (n == 1) {
    const std::complex<double> value = taylor_coefficient(f, 0, t(0, 0));
    if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) refuse_overflow(t(0, 0));
    error = 4 * kMatrixRounding * (std::abs(value) + size_of_all * std::abs(taylor_coefficient(f, 1, t(0, 0))));
    return ComplexMatrix::Constant(1, 1, value);
  }
  const std::complex<double> centre = t.diagonal().mean();
  const ComplexMatrix rest = t - centre * ComplexMatrix::Identity(n, n);
  ComplexMatrix power = ComplexMatrix::Identity(n, n), sum = ComplexMatrix::Zero(n, n);
  double sizes = size_of_all * std::abs(taylor_coefficient(f, 1, centre));
  int small = 0;
  for (int k = 0; k <= kMaxTaylorOrder; ++k) {
    double off = 0.0;  // high derivatives are less precise; they count for less, as a rule
    const ComplexMatrix term = taylor_coefficient(f, k, centre, &off) * power;
    sum += term;
    const double size = term.stableNorm();
    if (!std::isfinite(size)) break;
    sizes += size * (1.0 + k + off / kMatrixRounding);
    // The powers of a matrix far from normal grow before they fall: not before the size of the block, and three in a row.
    small = size <= kMatrixRounding / 8 * sum.stableNorm() ? small + 1 : 0;
    if ((small >= 3 && k >= n) || power.isZero(0.0)) {
      error = 4 * kMatrixRounding * sizes;
      return sum;
    }
    power = product_of(power, rest);
  }
  return std::nullopt;
}

/// x with a x - x b = c; a, b upper triangular.
ComplexMatrix sylvester(const ComplexMatrix& a, const ComplexMatrix& b, ComplexMatrix c) {
  for (MatrixIndex j = 0; j < b.rows(); ++j) {
    for (MatrixIndex k = 0; k < j; ++k) c.col(j) += b(k, j) * c.col(k);
    for (MatrixIndex r = a.rows(); r-- > 0;) {
      const std::complex<double> x = c(r, j) / (a(r, r) - b(j, j));
      c(r, j) = x;
      c.col(j).head(r) -= x * a.col(r).head(r);
    }
  }
  return c;
}

/// f(Q T Q*), T cut into blocks of eigenvalues as close as that; nothing where a block's series does not end.
std::optional<MittagLefflerMatrix<ComplexMatrix>> by_blocks(const MittagLeffler& f, ComplexMatrix t, ComplexMatrix q, double close) {
  const std::vector<MatrixIndex> sizes = gather_blocks(t, q, blocks_of(t.diagonal(), close));
  const std::size_t blocks = sizes.size();
  std::vector<MatrixIndex> first(blocks, 0);
  for (std::size_t i = 1; i < blocks; ++i) first[i] = first[i - 1] + sizes[i - 1];
  const auto part = [&](ComplexMatrix& m, std::size_t i, std::size_t j) {
    return m.block(first[i], first[j], sizes[i], sizes[j]);
  };

  ComplexMatrix result = ComplexMatrix::Zero(t.rows(), t.rows());
  Eigen::MatrixXd error = Eigen::MatrixXd::Zero(static_cast<MatrixIndex>(blocks), static_cast<MatrixIndex>(blocks));
  const auto error_at = [&](std::size_t i, std::size_t j) -> double& {
    return error(static_cast<MatrixIndex>(i), static_cast<MatrixIndex>(j));
  };
  const double size_of_all = t.stableNorm();
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::optional<ComplexMatrix> block = of_block(f, part(t, i, i), size_of_all, error_at(i, i));
    if (!block) return std::nullopt;
    part(result, i, i) = *block;
  }
  for (std::size_t d = 1; d < blocks; ++d)
    for (std::size_t i = 0; i + d < blocks; ++i) {
      const std::size_t j = i + d;
      // T F = F T in the place (i, j).
      ComplexMatrix c = product_of(part(result, i, i), part(t, i, j)) - product_of(part(t, i, j), part(result, j, j));
      double off =
          (error_at(i, i) + error_at(j, j) + 2 * kMatrixRounding * (part(result, i, i).stableNorm() + part(result, j, j).stableNorm())) *
          part(t, i, j).stableNorm();
      for (std::size_t k = i + 1; k < j; ++k) {
        c += product_of(part(result, i, k), part(t, k, j)) - product_of(part(t, i, k), part(result, k, j));
        off += (error_at(i, k) + 2 * kMatrixRounding * part(result, i, k).stableNorm()) * part(t, k, j).stableNorm() +
               (error_at(k, j) + 2 * kMatrixRounding * part(result, k, j).stableNorm()) * part(t, i, k).stableNorm();
      }
      part(result, i, j) = sylvester(part(t, i, i), part(t, j, j), std::move(c));
      double separation = std::numeric_limits<double>::infinity();
      for (MatrixIndex r = first[i]; r < first[i] + sizes[i]; ++r)
        for (MatrixIndex s = first[j]; s < first[j] + sizes[j]; ++s)
          separation = std::min(separation, std::abs(t(r, r) - t(s, s)));
      error_at(i, j) = off / separation;
    }
  const double norm = result.stableNorm();
  // The Schur form is that of a matrix a few roundings of |A| away: what that changes, the blocks' derivatives tell.
  MittagLefflerMatrix<ComplexMatrix> whole{product_of(product_of(q, result), q.adjoint()), norm > 0 ? error.stableNorm() / norm + 8 * kMatrixRounding : 0.0};
  if (!whole.value.allFinite() || !std::isfinite(whole.error)) return std::nullopt;
  return whole;
}

MittagLefflerMatrix<ComplexMatrix> schur_parlett(const MittagLeffler& f, const ComplexMatrix& a) {
  const std::optional<dense::SchurForm> schur = dense::schur_form(a);
  if (!schur) throw ArgumentError("A", "a matrix", "have a Schur form that can be computed");
  const ComplexMatrix& t = schur->t;
  // Eigenvalues in a chain, as operators discretized on a grid have them, make one block too wide for a series: it is cut then, and
  // what the cuts' small separations cost is in the error.
  std::optional<MittagLefflerMatrix<ComplexMatrix>> best;
  for (double close = kCloseEigenvalues; close >= kCloserEigenvalues; close /= 4) {
    auto cut = by_blocks(f, t, schur->u, close);
    if (cut && (!best || cut->error < best->error)) best = std::move(cut);
    if (best && best->error <= kGoodEnough) break;
  }
  if (best) return *std::move(best);
  for (MatrixIndex i = 0; i < t.rows(); ++i) {
    const std::complex<double> value = taylor_coefficient(f, 0, t(i, i));
    if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) refuse_overflow(t(i, i));
  }
  throw ArgumentError("A", "a matrix of " + written(static_cast<std::int64_t>(t.rows())) + " eigenvalues about " + complex_text(t.diagonal().mean()),
                      "have a function within the range of double, and no long chains of close eigenvalues far from normal for this alpha");
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
  const auto spectral = dense::spectral_form(a);
  if (!spectral) throw ArgumentError("A", "a matrix", "have eigenvalues that can be computed");
  Eigen::VectorXd values(a.rows());
  double error = 0.0;
  const double norm = spectral->values.cwiseAbs().maxCoeff();
  for (MatrixIndex i = 0; i < a.rows(); ++i) {
    const double lambda = spectral->values[i];
    values[i] = mittag_leffler(f, lambda);
    if (!std::isfinite(values[i])) refuse_overflow(lambda);
    // Eigenvalues are off by a rounding of the largest.
    error =
        std::max(error, kMatrixRounding * (std::abs(values[i]) + 4 * norm * std::abs(taylor_coefficient(f, 1, lambda).real())));
  }
  const double size = values.cwiseAbs().maxCoeff();
  const Matrix& v = spectral->vectors;
  Matrix scaled = v, adjoint = v.adjoint(), value(a.rows(), a.rows());
  for (MatrixIndex i = 0; i < a.rows(); ++i) scaled.col(i) *= values[i];
  value.noalias() = scaled * adjoint;
  return {std::move(value), size > 0 ? error / size + 8 * kMatrixRounding : 0.0};
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
