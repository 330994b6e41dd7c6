#pragma once

#include <almanac/compute/fractional_scheme.hpp>
#include <almanac/compute/history.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::compute {

/// Why a solver stopped before the last time.
enum class SolverStop {
  not_finite,  ///< f, its Jacobian or the variable order gave a NaN or an infinity, or the solution left the range of double
  singular_jacobian,  ///< the matrix of Newton's method has no inverse, to rounding
  not_converged,      ///< Newton's method, within the iterations it was given, or a LinearSolveFailure
  order_out_of_range  ///< of a variable order
};
std::string_view to_string(SolverStop reason) noexcept;

/// What stopped it, and where.
struct SolverFailure {
  SolverStop reason = SolverStop::not_finite;
  std::int64_t step = 0;  ///< n, the first step that is not in the solution; of a block of first steps, the one it was seen in
  double time = 0;        ///< where f was asked
  std::int64_t unknown = 0;  ///< the one it was seen in
  double value = 0;  ///< f not finite: f; singular: the pivot, or the reciprocal condition; not converged: the last change of y
  std::string text;  ///< all of it in one sentence
};

/// A failure, for who would rather have it thrown.
class SolverError : public std::runtime_error {
 public:
  explicit SolverError(SolverFailure failure) : std::runtime_error(failure.text), failure_(std::move(failure)) {}
  const SolverFailure& failure() const noexcept { return failure_; }

 private:
  SolverFailure failure_;
};

/// What a run took.
struct SolverWork {
  std::int64_t evaluations = 0;  ///< of f, those for differences included
  std::int64_t jacobians = 0;
  std::int64_t factorizations = 0;
  std::int64_t iterations = 0;  ///< of Newton's method
};

/// The solution at the times of the mesh up to the last step that was finished, and between them.
/// Threads: immutable
class FractionalSolution {
 public:
  std::int64_t unknowns() const noexcept { return unknowns_; }
  std::int64_t steps() const noexcept { return static_cast<std::int64_t>(times_.size()) - 1; }  ///< finished
  std::span<const double> times() const noexcept { return times_; }
  std::span<const double> values() const noexcept { return values_; }  ///< (steps + 1, unknowns); none where an observer got them
  std::span<const double> at_step(std::int64_t n) const;  ///< Errors: ArgumentError ← n outside [0, steps()]; no values kept

  bool finished() const noexcept { return !failure_; }
  const std::optional<SolverFailure>& failure() const noexcept { return failure_; }
  /// Errors: SolverError ← not finished
  const FractionalSolution& require_finished() const;

  const SolverWork& work() const noexcept { return work_; }
  /// The engine that summed the past; none where a mesh is not uniform, which takes each term by itself.
  const std::optional<HistoryChoice>& history() const noexcept { return history_; }
  /// What the history's error can make of the solution: |error| ≤ this times the largest |y - initial part|, where f(t, y) = A y + g(t)
  /// with A symmetric and its eigenvalues ≤ 0. Schemes that differentiate multiply the bound of a sum by history_amplification of the
  /// largest order, over its coefficient, and up to 1.05 (l1 above 1: 2). Infinite, as nothing is known, where a coefficient is
  /// negative or alpha beyond the scheme's sector (FractionalScheme), whatever A is. Schemes that integrate: the bound itself, and it
  /// counts times h^alpha and the largest |f|, for each sum and not for what steps make of it. 0 without a history.
  /// FractionalHistoryError.… measures what steps make of errors of their sums
  double history_error() const noexcept { return history_ ? history_->bound() * history_amplification_ : 0.0; }
  /// What the first steps were given: of bdf2 … bdf6 and the multistep schemes; none otherwise.
  StartCorrection start() const noexcept { return start_; }
  /// Where StartCorrection::automatic could not take what is best for the order: why. Empty otherwise.
  const std::string& start_reason() const noexcept { return start_reason_; }
  /// Decimal digits of 34 that the starting weights lost; the bound of their relative error or, if that is more, what the condition of
  /// the steps that they couple left in those steps, relative to the largest value. 0 where there are none.
  double starting_digits_lost() const noexcept { return starting_digits_lost_; }
  double starting_error() const noexcept { return starting_error_; }

  /// y(t) between the steps: what is left of y when its initial part is taken off is interpolated by a polynomial of degree p
  /// through the p + 1 steps around t, p the order of the scheme rounded up; within the first p + 1 steps it is t^alpha times such a
  /// polynomial, as solutions begin; with variable order, alpha is that of the first step, behind Riemann–Liouville data that are
  /// infinite at t_0 it is alpha and their power together. Of Grünwald–Letnikov equations with y(t_0) not 0 it is a polynomial
  /// through y(t_0) too: in the limit of small steps they jump there, and what is between is as good as any.
  /// Shapes:   out (unknowns)
  /// Errors:   ArgumentError naming t ← not in [t_0, last time]; out ← another size; n ← no values kept
  /// Accuracy: of order p + 1 away from t_0, and near it where y - initial part is t^alpha times a smooth function, beside the error
  ///           of the steps themselves: no order is lost. At a step, the value of the step. FractionalDenseOutput.…
  void evaluate(double t, std::span<double> out) const;
  int interpolation_degree() const noexcept { return degree_; }

 private:
  friend class SolutionBuilder;
  void interpolate(double t, std::int64_t interval, std::span<double> out) const;

  /// coefficient t^power in the initial part, one coefficient an unknown.
  struct Power {
    double power;
    std::vector<double> coefficients;
  };

  std::int64_t unknowns_ = 1;
  int degree_ = 1;
  double leading_power_ = 1;
  bool includes_start_ = false;
  std::vector<double> times_, values_;
  std::vector<Power> initial_part_;
  std::optional<SolverFailure> failure_;
  SolverWork work_;
  std::optional<HistoryChoice> history_;
  double history_amplification_ = 1;
  StartCorrection start_ = StartCorrection::none;
  std::string start_reason_;
  double starting_digits_lost_ = 0, starting_error_ = 0;
};

}  // namespace almanac::compute
