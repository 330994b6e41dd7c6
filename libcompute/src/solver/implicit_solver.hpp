#pragma once

#include "run.hpp"

#include "dense/lu_factors.hpp"

#include <Eigen/Core>

#include <span>
#include <vector>

namespace almanac::compute::stepping {

/// A step of any of the implicit schemes: a v - b f(t, theta v + shift) = right.
struct StepEquation {
  std::int64_t step;
  double t;
  double a, b, theta;
  std::span<const double> shift, right;
};

/// The Jacobian of f at (t, y), where f is f_at_y: the one given, or by differences; (unknowns, unknowns), row by row.
/// central: differences to both sides, which are good to eps^(2/3) instead of eps^(1/2), at twice the cost.
void jacobian_of(Run& run, std::int64_t step, double t, std::span<const double> y, std::span<const double> f_at_y,
                 std::span<double> out, bool central = false);

/// What of a number is left by that cancels to no more than this part of what it is the difference of: rounding, or the error of
/// differences of f.
double cancelled_below(const Run& run, bool central) noexcept;

/// Solves steps by Newton's method, and keeps the Jacobian and its factors from one to the next while they serve; or by the solve that
/// a linear equation brings.
class ImplicitSolver {
 public:
  explicit ImplicitSolver(Run& run);

  /// v: a guess, then the solution. Stops at whatever keeps it from being one.
  void solve(const StepEquation& step, std::span<double> v);

 private:
  void solve_linear(const StepEquation& step, std::span<double> v);
  void residual(const StepEquation& step, std::span<const double> v);
  void renew_jacobian(const StepEquation& step);
  void factor(const StepEquation& step);
  [[noreturn]] void stop_at(SolverStop reason, const StepEquation& step, std::int64_t unknown, double value, const char* what) const;
  void renew_and_step(const StepEquation& step, std::span<double> change);
  void newton_step(const StepEquation& step, std::span<double> change);

  Run& run_;
  std::vector<double> y_, f_, residual_, change_, jacobian_, last_y_, last_f_;
  bool has_jacobian_ = false, fresh_ = false;  ///< fresh: made at the iterate at hand
  double factored_a_ = 0, factored_b_ = 0;     ///< what the factors are of; a = 0: none
  dense::LuFactors factors_;
  Eigen::VectorXd row_scale_, column_scale_;
  bool central_ = false;    ///< differences to both sides: where those to one side leave a stiff system's small eigenvalues no digit
  double condition_ = 1;    ///< reciprocal, of the factors
  bool suspected_ = false;  ///< by it, of being singular as far as differences tell: whether the iteration converges decides
};

}  // namespace almanac::compute::stepping
