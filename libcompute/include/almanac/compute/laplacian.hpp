#pragma once

#include <almanac/compute/per_axis.hpp>

#include <Eigen/SparseCore>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace almanac::compute {

/// Which grid an axis has, and how values continue beyond its ends:
///   periodic   x_j = j h,       h = L/n,      j = 0 … n-1; the basis of the FFT
///   dirichlet  x_j = (j+1) h,   h = L/(n+1);  odd about the boundary nodes x = 0 and x = L; the basis of the DST-I
///   neumann    x_j = (j+1/2) h, h = L/n;      even about the walls x = 0 and x = L; the basis of the DCT-II
///   dirichlet_neumann, neumann_dirichlet (first the side x = 0)
///              x_j = (j+1/2) h, h = L/n;      odd about the Dirichlet wall, even about the other; the basis of the DST-IV
///              (sin π(k+1/2)x/L) and of the DCT-IV (cos π(k+1/2)x/L). Both walls lie half a cell outside: of the grids that end
///              in both, the one that FFTW has transforms of and whose matrices are symmetric
enum class Boundary { periodic, dirichlet, neumann, dirichlet_neumann, neumann_dirichlet };

std::string_view to_string(Boundary boundary) noexcept;

/// The boundary of that name; nothing when there is none.
std::optional<Boundary> parse_boundary(std::string_view name) noexcept;

/// What a boundary is on one side, upper false for x = 0 and true for x = L: periodic, dirichlet or neumann.
constexpr Boundary side_of(Boundary boundary, bool upper) noexcept {
  if (boundary == Boundary::dirichlet_neumann) return upper ? Boundary::neumann : Boundary::dirichlet;
  if (boundary == Boundary::neumann_dirichlet) return upper ? Boundary::dirichlet : Boundary::neumann;
  return boundary;
}

inline constexpr double kMinSpacing = 1e-100;  ///< so that 1/h² and its multiples stay normal numbers
inline constexpr double kMaxSpacing = 1e100;
inline constexpr std::int64_t kMaxLaplacianNonzeros = 2'147'483'647;  ///< indices are int32

/// A Laplacian Δ on a rectangular grid of one to three axes.
/// One axis: second difference of order 2, 4 or 6, the stencils of radius r = order/2
///   (-2, 1), (-5/2, 4/3, -1/12), (-49/18, 3/2, -3/20, 1/90), each over h²,
/// folded at the ends by the reflections of Boundary (coefficients that meet add up).
struct LaplacianProblem {
  std::vector<std::int64_t> extent;  ///< points an axis, slowest axis first, each at least order + 1
  PerAxis<double> spacing = 1.0;     ///< h itself, in [kMinSpacing, kMaxSpacing]
  int order = 2;                     ///< 2, 4 or 6
  PerAxis<Boundary> boundary = Boundary::periodic;
};

/// Checks a problem.
/// Errors: ArgumentError naming extent, spacing, order or boundary ← outside the ranges above, lists that are
///         neither one value nor one an axis, or more than kMaxLaplacianNonzeros non-zeros
void check(const LaplacianProblem& problem);

/// Points of the grid.
std::int64_t laplacian_rows(const LaplacianProblem& problem);

/// Non-zeros of laplacian_matrix(problem), without building it.
std::int64_t laplacian_nonzeros(const LaplacianProblem& problem);

/// Δ as a sparse matrix: symmetric, eigenvalues ≤ 0, row sums zero when no side is dirichlet.
/// Shapes:   point (i, j, k) is row (i*extent[1] + j)*extent[2] + k; compressed, columns ascending in each row
/// Errors:   ArgumentError as check; also threads < 1
/// Threads:  thread-safe; the same bits for every thread count
/// Cost:     one pass over the result, 12 bytes a non-zero; no triplets
/// Accuracy: off-diagonal coefficients 2 ulp; folding at the ends is exact, in integers
Eigen::SparseMatrix<double, Eigen::RowMajor> laplacian_matrix(const LaplacianProblem& problem, int threads = 1);

/// out = Δ in, without a matrix.
/// Shapes:   in, out (extent…), row-major; must not overlap
/// Errors:   ArgumentError as check; also a size that is not the grid's, an overlap, threads < 1
/// Threads:  thread-safe; the same bits for every thread count, alignment and instruction set: those of the matrix's rows
///           times `in`, summed in column order without fused multiply-adds
/// Cost:     2 operations a non-zero; no allocation that grows with the grid
void apply_laplacian(const LaplacianProblem& problem, std::span<const double> in, std::span<double> out, int threads = 1);

/// The eigenvalues of one axis's second difference:
///   λ_k = -(4/h²) (s + s²/3 + 8s³/45), cut after 1, 2, 3 terms for order 2, 4, 6, with s = sin²(θ/2)
///   and θ = 2πk/n (periodic), π(k+1)/(n+1) (dirichlet), πk/n (neumann), π(k+½)/n (mixed), k = 0 … n-1.
/// Those of Δ are their sums over the axes. Periodic: λ_k = λ_{n-k} to the bit, so the order of the FFT (frequency k or
/// k-n at index k) and that of FFTW's halfcomplex format (cosine k at index k, sine k at index n-k) read the same vector.
/// Errors:   ArgumentError as check; also axis ≥ rank
/// Accuracy: each within 22 u of its own size, u = 2^-53, for the double h given
std::vector<double> laplacian_symbol(const LaplacianProblem& problem, std::size_t axis);

/// The eigenvalues of the second derivative itself on one axis of that length, in the same order:
///   -(2πk/L)² with k = 0 … n/2, then n-k for the rest (periodic), -(π(k+1)/L)² (dirichlet), -(πk/L)² (neumann),
///   -(π(k+½)/L)² (mixed).
/// Errors:   ArgumentError ← extent < 1, length not finite or outside [kMinSpacing, kMaxSpacing]
/// Accuracy: each within 6 u of its own size
std::vector<double> spectral_symbol(std::int64_t extent, double length, Boundary boundary);

/// The obvious versions, from triplets and from a function that reflects an index: what the fast ones are tested against.
Eigen::SparseMatrix<double, Eigen::RowMajor> laplacian_matrix_reference(const LaplacianProblem& problem);
void apply_laplacian_reference(const LaplacianProblem& problem, std::span<const double> in, std::span<double> out);

}  // namespace almanac::compute
