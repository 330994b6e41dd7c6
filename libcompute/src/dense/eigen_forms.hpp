#pragma once

#include <Eigen/Core>

#include <optional>

namespace almanac::compute::dense {

// Forms that functions of dense matrices are taken on. Here and nowhere else the decompositions are compiled: each takes a compiler
// seconds, and most of that were Eigen's reductions to Hessenberg and tridiagonal form, which are a page of loops here.

/// A = U T U*, T upper triangular, U unitary.
struct SchurForm {
  Eigen::MatrixXcd t, u;
};

/// Nothing where the QR iteration does not end. A finite, (n, n), n ≥ 1. Cost: 25 n^3 of complex numbers
std::optional<SchurForm> schur_form(const Eigen::MatrixXcd& a);

/// A = V diag(values) V*, values increasing, V unitary.
template <class Matrix>
struct SpectralForm {
  Eigen::VectorXd values;
  Matrix vectors;
};

/// Nothing where the QR iteration does not end. A finite and Hermitian, (n, n), n ≥ 1. Cost: 10 n^3
std::optional<SpectralForm<Eigen::MatrixXd>> spectral_form(const Eigen::MatrixXd& a);
std::optional<SpectralForm<Eigen::MatrixXcd>> spectral_form(const Eigen::MatrixXcd& a);

}  // namespace almanac::compute::dense
