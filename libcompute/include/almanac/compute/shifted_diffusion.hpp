#pragma once

#include <almanac/compute/diffusion_operator.hpp>
#include <almanac/compute/fft.hpp>
#include <almanac/compute/history.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace almanac::compute {

/// The transform from values on an axis to the modes of its Laplacian: r2hc, dst1, dct2, dst4, dct4 for periodic, dirichlet, neumann,
/// dirichlet_neumann, neumann_dirichlet. Its inverse() goes back; mode k has eigenvalue k of laplacian_symbol and spectral_symbol.
Transform mode_transform(Boundary boundary) noexcept;

/// What a solve is allowed.
struct LinearSolveLimits {
  double tolerance = 1e-10;         ///< of ‖rhs - K x‖₂ / ‖rhs‖₂, in [1e-15, 1)
  std::int64_t max_iterations = 0;  ///< 0: twice iteration_bound and 10 more, which rounding never used up in any test
};

/// How a solve ended.
struct LinearSolveReport {
  bool converged = false;
  std::int64_t iterations = 0;  ///< steps of conjugate gradients; each is one forward and one backward transform
  double residual = 0;          ///< ‖rhs - K x‖₂ / ‖rhs‖₂ of the x that was given back, computed from that x; 0 for rhs = 0
  std::string text;             ///< where not converged: why, with iterations and residual, in one sentence
};

/// Solves K x = (a I - b A) x = rhs, A of a DiffusionOperator, by conjugate gradients with the fast solver of constant κ as
/// preconditioner: M = a I - b κ̄ Δ, transform, divide by a - b κ̄ λ, transform back, with κ̄ = sqrt(κ_min κ_max).
/// By κ_min (-Δ) ≤ -A ≤ κ_max (-Δ) the eigenvalues of M⁻¹K lie between those of their quotients at the largest eigenvalue Λ of -Δ,
///   (a + b κ_min Λ) / (a + b κ̄ Λ) and (a + b κ_max Λ) / (a + b κ̄ Λ),
/// one as far below 1 as the other is above when a = 0 or Λ large. Their quotient q ≤ κ_max/κ_min does not grow with the grid, and
/// with it the iterations do not. Constant κ: M is K, and one iteration does.
/// Threads:  one caller at a time; works on `threads` of its own, beside those of the plans. Given the plans, the same bits for
///           every thread count
/// Memory:   four fields of the grid's size
/// Cost:     an iteration: both transforms, and some six passes over a field
/// Source:   Hestenes & Stiefel 1952; Concus & Golub 1973 (fast solvers as preconditioners); bound: Saad 2003, (6.128)
class ShiftedDiffusion {
 public:
  /// The transforms of a grid, in place, unnormalised: what to plan for the constructor, with any rigor and thread count.
  /// Errors: ArgumentError ← check(grid)
  static FftProblem forward_problem(const LaplacianProblem& grid, Rigor rigor, int threads = 1);
  static FftProblem backward_problem(const LaplacianProblem& grid, Rigor rigor, int threads = 1);

  /// Shared: operator and plans may serve many solvers at once.
  /// Errors: ArgumentError naming diffusion, forward, backward ← null; a plan whose extent, transforms or layout are not those of
  ///         forward_problem and backward_problem of the operator's grid; threads ← below 1; std::bad_alloc
  ShiftedDiffusion(std::shared_ptr<const DiffusionOperator> diffusion, std::shared_ptr<const FftPlan<double>> forward,
                   std::shared_ptr<const FftPlan<double>> backward, int threads = 1);

  /// The same with plans from a provider, which is asked for Rigor::estimate on one thread and may give any other; an empty one:
  /// planned here. Errors: as above, and those of FftPlan
  ShiftedDiffusion(std::shared_ptr<const DiffusionOperator> diffusion, const FftPlanProvider& plans = {}, int threads = 1);

  ~ShiftedDiffusion();
  ShiftedDiffusion(const ShiftedDiffusion&) = delete;
  ShiftedDiffusion& operator=(const ShiftedDiffusion&) = delete;

  const DiffusionOperator& diffusion() const noexcept { return *diffusion_; }

  /// Solves for x, from the x that is there; from zero where that leaves more than zero does, or is not finite. Not converged, x is the
  /// last iterate: finite, but no solution. Residuals are those of x itself: where the recurrence thinks it is done and x is not, it
  /// starts again from x, and gives up when that no longer halves the residual, because double allows no less.
  /// Shapes:   rhs, x (extent…), row-major; must not overlap
  /// Errors:   ArgumentError naming a or b ← not finite, negative, both zero; b ← the bounds of K's eigenvalues, a + b κ_min λ_min to
  ///           a + b κ_max Λ, outside [1e-100, 1e100]; a ← 0 where no side is dirichlet: singular; rhs ← a value that is not finite, with its index; rhs, x ← sizes that are not the
  ///           grid's, an overlap; tolerance, max_iterations ← outside the ranges above. x is untouched then
  [[nodiscard]] LinearSolveReport solve(double a, double b, std::span<const double> rhs, std::span<double> x,
                                        const LinearSolveLimits& limits = {});

  /// Iterations after which the residual is below the tolerance, whatever κ, rhs and x are (exact arithmetic): the k with
  ///   2 sqrt(q cond(M)) ((√q - 1) / (√q + 1))^k ≤ tolerance,   at most about ½ √q ln(2 sqrt(q cond(M)) / tolerance)
  /// Errors:   ArgumentError ← a, b, tolerance as solve has them
  std::int64_t iteration_bound(double a, double b, double tolerance) const;

  /// A tolerance that every rhs can be solved to in double: 16 u cond(K), from the bound of cond(K) that κ_min and κ_max give. Most
  /// can be to far less. At least 1e-15; may be above 1, when nothing is sure.
  /// Errors:   ArgumentError ← a, b as solve has them
  double attainable_tolerance(double a, double b) const;

 private:
  struct Workspace;
  struct Bounds {
    double low, high;                                // of the eigenvalues of K
    double preconditioner_low, preconditioner_high;  // and of M
    double quotient;                                 // q
  };
  Bounds bounds(double a, double b) const;
  void precondition(double a, double b, const std::vector<double>& residual, std::vector<double>& out);
  double true_residual(double a, double b, std::span<const double> rhs, std::span<const double> x);
  std::int64_t descend(double a, double b, std::span<double> x, double enough, std::int64_t most);
  LinearSolveReport iterate(double a, double b, std::span<const double> rhs, std::span<double> x, double square,
                            const LinearSolveLimits& limits, std::int64_t most);

  std::shared_ptr<const DiffusionOperator> diffusion_;
  std::shared_ptr<const FftPlan<double>> forward_, backward_;
  int threads_;
  std::vector<std::vector<double>> symbols_;
  double mean_kappa_ = 0, smallest_eigenvalue_ = 0, largest_eigenvalue_ = 0;  // of -Δ
  std::unique_ptr<Workspace> work_;
};

}  // namespace almanac::compute
