#pragma once

#include <almanac/compute/mittag_leffler.hpp>

#include <Eigen/Core>

namespace almanac::compute {

/// A function of a matrix, and what can be said of its precision.
template <class Matrix>
struct MittagLefflerMatrix {
  Matrix value;
  /// Estimate of the relative error in the Frobenius norm: rounding, times what the blocks' separations multiply it by. A
  /// matrix far from normal (|A| much above its eigenvalues) is badly conditioned by itself, and that is in it
  double error;
};

/// E(A) for a dense square matrix A: for t^alpha A, the solution operators of fractional systems.
///
/// Schur–Parlett: A = Q T Q*, eigenvalues nearer than 1/10 of max(1, |lambda|) gathered in one block (and chains of such),
/// Taylor series about its mean in each block, with derivatives of the scalar function; the rest by block Parlett (Sylvester
/// equations). Where chains are so long that the series of their block does not end or cancels, "nearer" is taken to be less, down to
/// 1e-4, and the cut of the least error stands. Normal matrices (symmetric, Hermitian) have a diagonal T: their eigenvectors are used directly.
/// Shapes:   A (n, n), n ≥ 0; the value has the same shape
/// Errors:   ArgumentError naming A ← not square, or an element not finite; an eigenvalue at which the function overflows, or a value
///           that does; blocks of close eigenvalues, however cut, whose Taylor series need derivatives beyond the 150th. The
///           function's parameters as mittag_leffler
/// Threads:  thread-safe
/// Cost:     25 n^3 for the Schur form, up to n^4/3 for the rest where blocks are large; n values of mittag_leffler, and 15 to 40
///           derivatives for each block of more than one
/// Accuracy: relative error in norm as `error` says; about 1e-14 times the condition of the eigenvalues for separated ones;
///           MittagLefflerMatrix tests
/// Source:   P. I. Davies, N. J. Higham 2003, SIAM J. Matrix Anal. Appl. 25, 464; for this function R. Garrappa, M. Popolizio
///           2018, J. Sci. Comput. 77, 129
MittagLefflerMatrix<Eigen::MatrixXd> mittag_leffler(const MittagLeffler& function, const Eigen::MatrixXd& a);
MittagLefflerMatrix<Eigen::MatrixXcd> mittag_leffler(const MittagLeffler& function, const Eigen::MatrixXcd& a);

}  // namespace almanac::compute
