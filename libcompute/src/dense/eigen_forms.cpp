#include "dense/eigen_forms.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <utility>
#include <vector>

namespace almanac::compute::dense {
namespace {

template <class Scalar>
using DenseMatrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

/// to += factor from. Not by std::complex, whose product asks for infinities.
void add_multiple(double factor, const double* from, double* to, Eigen::Index n) {
  for (Eigen::Index i = 0; i < n; ++i) to[i] += factor * from[i];
}
void add_multiple(std::complex<double> factor, const std::complex<double>* from, std::complex<double>* to, Eigen::Index n) {
  const double re = factor.real(), im = factor.imag();
  const auto* x = reinterpret_cast<const double*>(from);
  auto* y = reinterpret_cast<double*>(to);
  for (Eigen::Index i = 0; i < 2 * n; i += 2) {
    y[i] += re * x[i] - im * x[i + 1];
    y[i + 1] += re * x[i + 1] + im * x[i];
  }
}

double conjugate(double x) { return x; }
std::complex<double> conjugate(std::complex<double> x) { return std::conj(x); }

/// A = Q H Q*, H zero below its first subdiagonal.
template <class Scalar>
struct HessenbergForm {
  DenseMatrix<Scalar> h, q;
};

/// m = m (1 - tau v v*), on the columns from `first` on, as many as v has elements.
template <class Scalar>
void reflect_from_right(DenseMatrix<Scalar>& m, const std::vector<Scalar>& v, double tau, Eigen::Index first,
                        std::vector<Scalar>& product) {
  const Eigen::Index rows = m.rows();
  product.assign(static_cast<std::size_t>(rows), Scalar(0));
  for (std::size_t j = 0; j < v.size(); ++j)
    add_multiple(v[j], m.data() + (first + static_cast<Eigen::Index>(j)) * rows, product.data(), rows);
  for (std::size_t j = 0; j < v.size(); ++j)
    add_multiple(-tau * conjugate(v[j]), product.data(), m.data() + (first + static_cast<Eigen::Index>(j)) * rows, rows);
}

/// m = (1 - tau v v*) m, on the rows from `first` on and the columns from `column` on.
template <class Scalar>
void reflect_from_left(DenseMatrix<Scalar>& m, const std::vector<Scalar>& v, double tau, Eigen::Index first, Eigen::Index column) {
  for (Eigen::Index j = column; j < m.cols(); ++j) {
    Scalar* const x = m.data() + j * m.rows() + first;
    Scalar sum(0);
    for (std::size_t i = 0; i < v.size(); ++i) sum += conjugate(v[i]) * x[i];
    add_multiple(-tau * sum, v.data(), x, static_cast<Eigen::Index>(v.size()));
  }
}

/// Source: Householder 1958, J. ACM 5, 339; Golub, Van Loan 2013, Matrix Computations, algorithm 7.4.2.
template <class Scalar>
HessenbergForm<Scalar> hessenberg_form(DenseMatrix<Scalar> a) {
  const Eigen::Index n = a.rows();
  HessenbergForm<Scalar> form{std::move(a), DenseMatrix<Scalar>::Identity(n, n)};
  std::vector<Scalar> v, product;
  for (Eigen::Index k = 0; k + 2 < n; ++k) {
    Scalar* const below = form.h.data() + k * n + k + 1;
    v.assign(below, below + (n - k - 1));
    double behind = 0;
    for (std::size_t i = 1; i < v.size(); ++i) behind += std::norm(v[i]);
    std::fill(below + 1, below + v.size(), Scalar(0));
    if (behind == 0) continue;
    const double first = std::abs(v[0]), size = std::sqrt(behind + first * first);
    const Scalar direction = first > 0 ? Scalar(v[0] / first) : Scalar(1);
    v[0] += size * direction;
    const double tau = 1.0 / (size * (size + first));
    reflect_from_left(form.h, v, tau, k + 1, k + 1);
    below[0] = -size * direction;
    reflect_from_right(form.h, v, tau, k + 1, product);
    reflect_from_right(form.q, v, tau, k + 1, product);
  }
  return form;
}

/// A power of two that makes squares of all elements harmless, and is finite itself.
template <class Matrix>
double scale_of(const Matrix& a) {
  const double largest = a.cwiseAbs().maxCoeff();
  return largest > 0 ? std::ldexp(1.0, std::min(-std::ilogb(largest), 1000)) : 1.0;
}

template <class Scalar>
std::optional<SpectralForm<DenseMatrix<Scalar>>> spectral_form_of(const DenseMatrix<Scalar>& a) {
  const Eigen::Index n = a.rows();
  const double scale = scale_of(a);
  HessenbergForm<Scalar> form = hessenberg_form<Scalar>(a * scale);
  // of a Hermitian matrix it is tridiagonal; turned so that what stands beside the diagonal is not negative
  Eigen::VectorXd diagonal(n), beside(n > 1 ? n - 1 : 1);
  Scalar turn(1);
  for (Eigen::Index i = 0; i < n; ++i) {
    diagonal[i] = std::real(form.h(i, i));
    if (i == 0) continue;
    const Scalar below = form.h(i, i - 1);
    beside[i - 1] = std::abs(below);
    if (beside[i - 1] > 0) turn *= below / beside[i - 1];
    turn /= std::abs(turn);
    for (Eigen::Index r = 0; r < n; ++r) form.q(r, i) *= turn;
  }
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, beside.head(n - 1), Eigen::ComputeEigenvectors);
  if (solver.info() != Eigen::Success) return std::nullopt;
  SpectralForm<DenseMatrix<Scalar>> spectral{solver.eigenvalues() / scale, DenseMatrix<Scalar>::Zero(n, n)};
  const Eigen::MatrixXd& vectors = solver.eigenvectors();
  for (Eigen::Index j = 0; j < n; ++j)
    for (Eigen::Index k = 0; k < n; ++k)
      add_multiple(Scalar(vectors(k, j)), form.q.data() + k * n, spectral.vectors.data() + j * n, n);
  return spectral;
}

}  // namespace

std::optional<SchurForm> schur_form(const Eigen::MatrixXcd& a) {
  const double scale = scale_of(a);
  const HessenbergForm<std::complex<double>> form = hessenberg_form<std::complex<double>>(a * scale);
  Eigen::ComplexSchur<Eigen::MatrixXcd> schur(a.rows());
  schur.computeFromHessenberg(form.h, form.q, true);
  if (schur.info() != Eigen::Success) return std::nullopt;
  SchurForm result{schur.matrixT() / scale, schur.matrixU()};
  for (Eigen::Index j = 0; j < a.cols(); ++j)
    for (Eigen::Index i = j + 1; i < a.rows(); ++i) result.t(i, j) = 0.0;
  return result;
}

std::optional<SpectralForm<Eigen::MatrixXd>> spectral_form(const Eigen::MatrixXd& a) { return spectral_form_of(a); }
std::optional<SpectralForm<Eigen::MatrixXcd>> spectral_form(const Eigen::MatrixXcd& a) { return spectral_form_of(a); }

}  // namespace almanac::compute::dense
