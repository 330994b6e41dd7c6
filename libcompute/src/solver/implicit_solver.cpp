#include "implicit_solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace almanac::compute::stepping {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kSlowest = 0.1;           ///< convergence worse than this asks for a new Jacobian
constexpr double kRoundingAtMost = 1e-10;  ///< relative changes above it are not taken for rounding
constexpr double kStiffRoundingAtMost = 1e-6;  ///< nor above this, whatever the condition

double largest(std::span<const double> x) {
  double most = 0;
  for (const double value : x) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace

double cancelled_below(const Run& run, bool central) noexcept {
  if (run.equation.jacobian) return kEpsilon / 2;
  return 4 * (central ? std::cbrt(kEpsilon * kEpsilon) : std::sqrt(kEpsilon));
}

void jacobian_of(Run& run, std::int64_t step, double t, std::span<const double> y, std::span<const double> f_at_y,
                 std::span<double> out, bool central) {
  ++run.work.jacobians;
  const std::size_t n = y.size();
  if (run.equation.jacobian) {
    run.equation.jacobian(t, y, out);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (!std::isfinite(out[i]))
        stop(SolverStop::not_finite, step, t, static_cast<std::int64_t>(i / n), out[i], "the Jacobian of f");
    return;
  }
  std::vector<double> moved(y.begin(), y.end()), f(n), behind(f_at_y.begin(), f_at_y.end());
  const double size = largest(y), least = size > 0 ? 1e-3 * size : 1.0, part = central ? std::cbrt(kEpsilon) : std::sqrt(kEpsilon);
  for (std::size_t j = 0; j < n; ++j) {
    const double move = std::copysign(part * std::max(std::abs(y[j]), least), y[j]);
    double from = y[j];
    if (central) {
      from = moved[j] = y[j] - move;
      run.evaluate(step, t, moved, behind);
    }
    moved[j] = y[j] + move;
    const double difference = moved[j] - from;
    run.evaluate(step, t, moved, f);
    for (std::size_t i = 0; i < n; ++i) out[i * n + j] = (f[i] - behind[i]) / difference;
    moved[j] = y[j];
  }
}

ImplicitSolver::ImplicitSolver(Run& run) : run_(run) {
  const auto n = static_cast<std::size_t>(run.unknowns);
  for (auto* vector : {&y_, &f_, &residual_}) vector->resize(n);
  if (run.equation.linear_solve) return;
  for (auto* vector : {&change_, &last_y_, &last_f_}) vector->resize(n);
}

void ImplicitSolver::solve_linear(const StepEquation& step, std::span<double> v) {
  ++run_.work.iterations;
  // Of y = theta v + shift: (a - b theta L) y = theta right + a shift + b theta g. Nothing on the right has gone through L, whose
  // norm a tolerance relative to it would be multiplied by.
  const double b = step.b * step.theta;
  std::fill(y_.begin(), y_.end(), 0.0);
  run_.evaluate(step.step, step.t, y_, f_);
  for (std::size_t i = 0; i < v.size(); ++i) {
    residual_[i] = step.theta * step.right[i] + step.a * step.shift[i] + b * f_[i];
    y_[i] = step.theta * v[i] + step.shift[i];
  }
  run_.equation.linear_solve(step.a, b, residual_, y_);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = (y_[i] - step.shift[i]) / step.theta;
}

void ImplicitSolver::residual(const StepEquation& step, std::span<const double> v) {
  for (std::size_t i = 0; i < v.size(); ++i) y_[i] = step.theta * v[i] + step.shift[i];
  run_.evaluate(step.step, step.t, y_, f_);
  for (std::size_t i = 0; i < v.size(); ++i) residual_[i] = step.a * v[i] - step.b * f_[i] - step.right[i];
}

void ImplicitSolver::renew_jacobian(const StepEquation& step) {
  jacobian_.resize(y_.size() * y_.size());  // not before: explicit schemes have none
  jacobian_of(run_, step.step, step.t, y_, f_, jacobian_, central_);
  has_jacobian_ = fresh_ = true;
  factored_a_ = 0;
}

void ImplicitSolver::factor(const StepEquation& step) {
  const double b = step.b * step.theta;
  if (factored_a_ == step.a && factored_b_ == b) return;
  const Eigen::Index n = static_cast<Eigen::Index>(y_.size());
  Eigen::MatrixXd matrix =
      -b * Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(jacobian_.data(), n, n);
  matrix.diagonal().array() += step.a;
  // A row that is small beside a has cancelled, and a small condition where rows and columns are of one size says that the matrix is
  // singular, or only that the system is stiff: differences of f cannot tell below their own error. To both sides they tell more;
  // then it is for the iteration to show.
  row_scale_ = matrix.cwiseAbs().rowwise().maxCoeff();
  Eigen::Index worst = 0;
  const double smallest = row_scale_.minCoeff(&worst), cancelled = cancelled_below(run_, central_);
  const bool rows_do = smallest > cancelled * std::abs(step.a) && row_scale_.allFinite();
  if (rows_do) {
    ++run_.work.factorizations;
    matrix = row_scale_.cwiseInverse().asDiagonal() * matrix;
    column_scale_ = matrix.cwiseAbs().colwise().maxCoeff().transpose();
    matrix = matrix * column_scale_.cwiseInverse().asDiagonal();  // not finite where one is zero, and so is the condition then
    factors_ = dense::LuFactors(matrix);
    condition_ = matrix.allFinite() ? factors_.rcond() : 0.0;
  }
  const bool by_differences = !run_.equation.jacobian, is_singular = !rows_do || !(condition_ > kEpsilon / 2);
  const bool in_doubt = is_singular || condition_ <= cancelled;
  if (in_doubt && (!fresh_ || (by_differences && !central_))) {
    central_ = central_ || (by_differences && fresh_);
    renew_jacobian(step);
    return factor(step);
  }
  if (!rows_do)
    stop_at(SolverStop::singular_jacobian, step, worst, smallest, "the largest entry of a row of the Jacobian of the step");
  if (is_singular) stop_at(SolverStop::singular_jacobian, step, 0, condition_, "the reciprocal condition of the Jacobian of the step");
  suspected_ = in_doubt;
  factored_a_ = step.a;
  factored_b_ = b;
}

void ImplicitSolver::stop_at(SolverStop reason, const StepEquation& step, std::int64_t unknown, double value, const char* what) const {
  stop(reason, step.step, step.t, unknown, value, what);
}

void ImplicitSolver::renew_and_step(const StepEquation& step, std::span<double> change) {
  renew_jacobian(step);
  newton_step(step, change);
}

void ImplicitSolver::newton_step(const StepEquation& step, std::span<double> change) {
  if (change.size() == 1) {
    const double slope = step.b * step.theta * jacobian_[0], pivot = step.a - slope;
    if (!(std::abs(pivot) > cancelled_below(run_, false) * (std::abs(step.a) + std::abs(slope)))) {
      if (!fresh_) return renew_and_step(step, change);
      stop(SolverStop::singular_jacobian, step.step, step.t, 0, pivot, "the slope of the step's equation");
    }
    change[0] = -residual_[0] / pivot;
    return;
  }
  factor(step);
  const auto n = static_cast<Eigen::Index>(change.size());
  const Eigen::VectorXd scaled = Eigen::Map<const Eigen::VectorXd>(residual_.data(), n).cwiseQuotient(row_scale_);
  Eigen::Map<Eigen::VectorXd>(change.data(), n) = -factors_.solve(scaled).cwiseQuotient(column_scale_);
}

void ImplicitSolver::solve(const StepEquation& step, std::span<double> v) {
  if (run_.equation.linear_solve) return solve_linear(step, v);
  const double inhomogeneity = std::max(largest(step.right) / std::abs(step.a), largest(step.shift));
  double before = std::numeric_limits<double>::infinity(), size = 0;
  bool slow = false;
  for (int iteration = 1; iteration <= run_.options.newton_iterations; ++iteration) {
    ++run_.work.iterations;
    residual(step, v);
    fresh_ = false;
    if (!has_jacobian_ || slow) {
      renew_jacobian(step);
    } else if (v.size() == 1 && iteration > 1 && !run_.equation.jacobian) {
      // the secant through the last two iterates costs nothing, and is a derivative where they are far enough apart
      const double difference = y_[0] - last_y_[0];
      if (std::abs(difference) > std::sqrt(kEpsilon) * std::abs(y_[0])) jacobian_[0] = (f_[0] - last_f_[0]) / difference;
    }
    last_y_ = y_;
    last_f_ = f_;
    newton_step(step, change_);
    // With a Jacobian of another place the iteration may go to another root, or take what does not move for a solution.
    if (!fresh_ && iteration > 1 && largest(change_) > kSlowest * before) renew_and_step(step, change_);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] += change_[i];
    size = largest(change_);
    const double scale = std::max(largest(v), inhomogeneity), allowed = run_.options.newton_tolerance * scale;
    const double rate = iteration > 1 ? size / before : 1.0;
    if (!std::isfinite(size) && suspected_) break;
    if (!std::isfinite(size)) stop(SolverStop::not_finite, step.step, step.t, 0, size, "the change of y in Newton's method");
    const bool is_trusted = fresh_ || iteration > 1 || largest(residual_) <= allowed * std::abs(step.a);
    if ((is_trusted && size <= allowed) || (rate < kSlowest && size * rate / (1 - rate) <= 0.1 * allowed)) return;
    // rounding, multiplied by the condition of the step: it shrinks no more
    const double rounding = std::max(kRoundingAtMost, std::min(kStiffRoundingAtMost, 8 * kEpsilon / condition_));
    if (fresh_ && iteration > 2 && rate > 0.25 && size <= rounding * scale) return;
    slow = rate > kSlowest && iteration > 1;
    before = size;
  }
  if (suspected_)
    stop_at(SolverStop::singular_jacobian, step, 0, condition_,
            "Newton's method has not converged with a Jacobian of the step that is singular as far as differences of f tell, its "
            "reciprocal condition");
  const auto worst =
      std::max_element(change_.begin(), change_.end(), [](double x, double y) { return std::abs(x) < std::abs(y); });
  stop(SolverStop::not_converged, step.step, step.t, worst - change_.begin(), size,
       "Newton's method has not converged; the last change of y");
}

}  // namespace almanac::compute::stepping
