#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::compute {

/// Which derivative an equation has, from its first time t_0 on, and what initial data that asks for. m = ceil of the largest
/// order alpha; below, t is counted from t_0.
enum class FractionalDerivative {
  /// y(0), y'(0) … y^(m-1)(0): m rows of initial values. The derivative is that of y - Σ y^(k)(0) t^k / k!.
  caputo,
  /// b_1 … b_m, the limits at 0 of D^(alpha-1) y, D^(alpha-2) y …, the last of which is the integral of order m - alpha: m rows;
  /// none for zero. y = Σ b_k t^(alpha-k) / Gamma(alpha-k+1) + v with D^alpha v = f: infinite at 0 where b_m is not zero and
  /// alpha is below m. Several terms take zero data only.
  riemann_liouville,
  /// y(0) alone, one row, as the first sample of Σ_{k=0}^{n} omega_k y(t_n - k h), which is not taken off: what many programs for
  /// chaotic systems step. None for zero. In the limit of small steps it is Riemann–Liouville with zero data: y(0) is forgotten.
  grunwald_letnikov,
};
std::string_view to_string(FractionalDerivative derivative) noexcept;
std::optional<FractionalDerivative> parse_fractional_derivative(std::string_view name) noexcept;

inline constexpr double kMaxFractionalOrder = 4.0;

/// coefficient D^order y.
struct FractionalTerm {
  double order = 0;
  double coefficient = 1;
};

/// Sets out[i] to f_i(t, y); y and out of one length, the number of unknowns. What it throws passes through the solver.
using FractionalRightSide = std::function<void(double t, std::span<const double> y, std::span<double> out)>;

/// Sets out to the Jacobian: ∂f_i / ∂y_j at i*unknowns + j.
using FractionalJacobian = std::function<void(double t, std::span<const double> y, std::span<double> out)>;

/// Solves a x - b L x = right where f(t, y) = L y + g(t), L the same at all times; x holds a guess, then the solution. a > 0 and
/// b ≥ 0 where no coefficient is negative and the last is positive; otherwise either may have any sign, and a may be 0: what cannot be
/// solved then is for it to refuse, by a LinearSolveFailure for instance. What it throws passes through the solver, but a LinearSolveFailure.
using FractionalLinearSolve = std::function<void(double a, double b, std::span<const double> right, std::span<double> x)>;

/// Thrown by a FractionalLinearSolve that comes to no solution. It ends the run at that step, as not_converged; where first steps are
/// coupled, StartCorrection::automatic goes on without.
class LinearSolveFailure : public std::runtime_error {
 public:
  /// what: in one sentence; value: what was left, for SolverFailure::value
  LinearSolveFailure(const std::string& what, double value) : std::runtime_error(what), value_(value) {}
  double value() const noexcept { return value_; }

 private:
  double value_;
};

/// Σ_i c_i D^(alpha_i) y = f(t, y) for one unknown or a system, linear or not.
struct FractionalEquation {
  std::vector<FractionalTerm> terms;  ///< orders increasing, in (0, 4]; the last coefficient not 0
  FractionalRightSide f;
  std::vector<double> initial;  ///< (rows, unknowns), as the derivative says
  std::int64_t unknowns = 1;
  FractionalDerivative derivative = FractionalDerivative::caputo;
  FractionalJacobian jacobian = {};                     ///< empty: by differences of f
  std::function<double(double t)> variable_order = {};  ///< alpha(t): see below
  /// Given, f is taken to be L y + g(t): a step is one f(t, 0) and one such solve, for as many unknowns as there are, and no Jacobian
  /// is asked for. First steps that are coupled ask for real eigenvalues of L at most 0.
  FractionalLinearSolve linear_solve = {};
};

/// Variable order. With `variable_order` given there is one term, whose order (≤ 1) is only a bound that alpha(t) may not exceed, and
/// at every step
///   D^alpha(t) y (t) = 1 / Gamma(1 - alpha(t)) ∫_0^t (t-s)^(-alpha(t)) y'(s) ds,  0 < alpha(t) < 1,
/// Caputo's with the order of the time at which it stands (the "type I" definition). Only scheme l1, alpha(t_n) in step n.
/// Source: Lorenzo, Hartley 2002, Nonlinear Dynam. 29, 57; Zhuang, Liu, Anh, Turner 2009, SIAM J. Numer. Anal. 47, 1760

/// One term, D^alpha y = f.
/// Errors: none here; solve_fractional refuses
FractionalEquation single_term(double alpha, FractionalRightSide f, std::vector<double> initial, std::int64_t unknowns = 1);

}  // namespace almanac::compute
