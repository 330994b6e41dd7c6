#pragma once

#include <almanac/compute/laplacian.hpp>

#include <Eigen/SparseCore>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace almanac::compute {

inline constexpr double kMinDiffusivity = 1e-100;  ///< so that κ/h² stays a normal number for every spacing
inline constexpr double kMaxDiffusivity = 1e100;

/// What is given at the two sides of one axis, the same along the whole side: where the side is dirichlet the value of u at the
/// wall, where it is neumann the flux into the domain, κ ∂u/∂n with n the outward normal. Zero: nothing given.
struct SideData {
  double lower = 0;  ///< at x = 0
  double upper = 0;  ///< at x = L
};

/// A u = ∇·(κ(x) ∇u) with κ > 0 on the grids of Boundary in one to three dimensions, by conservative differences of order 2:
///   (A u)_i = Σ_axes [c_{i+½} (u_{i+1} - u_i) - c_{i-½} (u_i - u_{i-1})],   c = κ_face / h²
/// with the harmonic mean κ_{i+½} = 2 κ_i κ_{i+1} / (κ_i + κ_{i+1}) between two points, two half cells in series: the flux is
/// continuous, so a κ that is constant in each cell gives the exact solution in one dimension, where the arithmetic mean is off
/// by any factor; both are of order 2 for smooth κ. At a wall κ is that of the point beside it. Ends, homogeneous:
///   dirichlet  of a node grid (Boundary::dirichlet): u = 0 at distance h, c = κ_0/h²; of a mixed axis: at distance h/2, c = 2 κ_0/h²
///   neumann    c = 0;   periodic  the first and the last point are neighbours
/// A is symmetric with κ_min (-Δ) ≤ -A ≤ κ_max (-Δ), Δ the Laplacian of order 2 of the same grid: eigenvalues ≤ 0. For constant κ
/// it is κ Δ. Boundary data g that are not zero add a vector, A u + b with b of add_boundary_terms.
/// Accuracy: order 2 in the largest norm, with data at every kind of side, for smooth κ > 0 and u: of the solution of A u + b = f. A u
///           itself may be off by O(1) at the points beside a wall, which the solution does not feel: diffusion_convergence_test.cpp
/// Threads:  immutable; apply and the others may run at once
/// Memory:   rank · 8 bytes a point; kappa is copied into them
/// Source:   Patankar 1980, section 4.2-3 (harmonic mean); LeVeque 2007, section 2.15
class DiffusionOperator {
 public:
  /// Shapes:  kappa (extent…), row-major, at the grid points; or one value for all of them
  /// Units:   kappa in units(x)²/time
  /// Errors:  ArgumentError naming extent, spacing, boundary ← check(grid); order ← not 2; kappa ← another size, or a value that is
  ///          NaN or outside [kMinDiffusivity, kMaxDiffusivity]: the value and its index along each axis; threads ← below 1
  /// Cost:    a division a point and axis
  DiffusionOperator(LaplacianProblem grid, std::span<const double> kappa, int threads = 1);

  const LaplacianProblem& grid() const noexcept { return grid_; }
  std::int64_t rows() const noexcept { return rows_; }
  double smallest_kappa() const noexcept { return smallest_; }
  double largest_kappa() const noexcept { return largest_; }
  /// No side is dirichlet: A times a constant is zero (exactly, in apply).
  bool annihilates_constants() const noexcept;

  /// out = A in.
  /// Shapes:   in, out (extent…), row-major; must not overlap
  /// Errors:   ArgumentError ← sizes that are not the grid's; an overlap; threads < 1
  /// Threads:  thread-safe; the same bits for every thread count, alignment and instruction set
  /// Cost:     3 operations an axis and face; reads in and the coefficients once, at the speed of memory; no allocation
  void apply(std::span<const double> in, std::span<double> out, int threads = 1) const;

  /// out = a in - b A in, the operator of an implicit step. As apply.
  void apply_shifted(double a, double b, std::span<const double> in, std::span<double> out, int threads = 1) const;

  /// inout += factor · b, with b what the data of the sides add to A: c g beside a Dirichlet side, flux / h beside a Neumann side.
  /// So D_t u = ∇·(κ∇u) + f with data g(t) = g φ(t) is D_t u = A u + b φ(t) + f; sides that vary differently in time are added one
  /// after the other, the rest zero. Zero data leave inout as it is, to the bit.
  /// Shapes:   data one an axis, slowest first; inout (extent…)
  /// Errors:   ArgumentError naming data ← not one an axis, not finite, or not zero at a periodic side; factor ← not finite; inout ←
  ///           another size. inout is untouched then
  /// Cost:     only the points beside the sides that have data
  void add_boundary_terms(std::span<const SideData> data, double factor, std::span<double> inout) const;

  /// A as a sparse matrix: symmetric to the bit, compressed, columns ascending, as laplacian_matrix has them.
  /// Accuracy: off-diagonal coefficients 6 ulp; the diagonal is minus their sum, and the walls'
  Eigen::SparseMatrix<double, Eigen::RowMajor> matrix() const;

 private:
  void run(double a, double b, bool shifted, std::span<const double> in, std::span<double> out, int threads) const;

  LaplacianProblem grid_;
  std::int64_t rows_ = 0;
  double smallest_ = 0, largest_ = 0;
  // Of each axis the coefficients c of its faces, one more along that axis than there are points: face j is below point j. Walls
  // are faces too (neumann 0), and of a periodic axis the first and the last are the same.
  std::vector<std::vector<double>> faces_;
  std::vector<double> zeros_;  // a line of the fastest axis: what lies beyond a wall
};

}  // namespace almanac::compute
