#include "start_block.hpp"

#include "written.hpp"
#include "implicit_solver.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/starting_weights.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace almanac::compute::stepping {

void check_start_block(const Run& run, std::int64_t block_steps) {
  const std::int64_t unknowns = run.unknowns, steps = run.steps;
  if (steps < block_steps)
    throw ArgumentError("steps", written(steps), "be at least the " + written(block_steps) + " that starting weights couple");
  if (!run.equation.linear_solve && unknowns > kMaxNewtonUnknowns / std::max<std::int64_t>(block_steps, 1))
    throw ArgumentError("unknowns", written(unknowns),
                        "be at most " + written(kMaxNewtonUnknowns / block_steps) + " with the " + written(block_steps) +
                            " steps that starting weights couple; other start corrections couple none");
}

StartingWeights starting_weights_for(const Run& run, QuadratureRule rule, double alpha, std::span<const double> exponents) {
  const auto steps = static_cast<std::uint64_t>(run.steps);
  if (!run.options.starting_weights) return starting_weights(rule, alpha, exponents, steps, run.options.threads);
  StartingWeights given = run.options.starting_weights(rule, alpha, exponents, steps);
  if (given.weights.size() != static_cast<std::size_t>(steps) * exponents.size() || !std::ranges::equal(given.exponents, exponents))
    throw ArgumentError("starting_weights", written(given.weights.size()) + " values",
                        "give " + written(steps) + " rows of " + written(exponents.size()) + ", of the exponents asked for");
  return given;
}

StartingWeights starting_weights_or_reason(Run& run, bool may_do_without, double unit, const std::function<StartingWeights()>& make) {
  if (!may_do_without) return make();
  try {
    StartingWeights made = make();
    double most = 0;
    const std::size_t nodes = made.exponents.size();
    for (std::size_t row = 0; row + nodes <= made.weights.size(); row += nodes) {
      double sum = 0;
      for (std::size_t j = 0; j < nodes; ++j) sum += std::abs(made.weights[row + j]);
      most = std::max(most, sum);
    }
    const double error = most / std::abs(unit) * std::max(made.error, 0.5 * std::numeric_limits<double>::epsilon());
    if (error <= kMostStartingError) return made;
    run.start_reason = "starting weights of " + written(nodes) + " exponents would multiply roundings to " + written(error);
  } catch (const ArgumentError& error) {
    if (error.parameter() == "starting_weights") throw;  // whoever gives them gave others
    run.start_reason = error.what();
  }
  return {};
}

std::vector<double> first_steps_or_reason(Run& run, bool may_do_without, const std::function<std::vector<double>()>& solve) {
  if (!may_do_without) return solve();
  run.most_starting_error = kMostStartingError;
  try {
    return solve();
  } catch (const ArgumentError& error) {
    if (!run.is_short_of_memory()) throw;  // the caller's, of f, linear_solve or the observer
    run.start_reason = error.what();
  } catch (const Stop& stopped) {
    if (stopped.failure.reason != SolverStop::singular_jacobian && stopped.failure.reason != SolverStop::not_converged) throw;
    run.start_reason = stopped.failure.text;
  } catch (const LinearSolveFailure& failure) {
    run.start_reason = failure_of(failure, 1, run.time(1)).text;
  }
  return {};
}

std::vector<double> solution_exponents(const FractionalEquation& equation, double last) {
  const double largest = equation.terms.back().order;
  std::vector<double> steps = {1.0, largest};
  for (const FractionalTerm& term : equation.terms)
    if (term.order < largest) steps.push_back(largest - term.order);
  std::vector<double> found;
  const auto add = [&](double value) {
    if (value > last + 1e-12) return;
    const auto same = [&](double x) { return std::abs(x - value) < 1e-12; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(value);
    if (found.size() > kMaxStartingExponents)
      throw ArgumentError("start_exponents", "more than " + written(kMaxStartingExponents),
                          "be fewer: give those to be used, or another start correction");
  };
  add(largest);
  // what a term makes of the initial polynomial, t^(k - order), drives v as well
  const auto unknowns = static_cast<std::size_t>(equation.unknowns);
  for (std::size_t k = 1; (k + 1) * unknowns <= equation.initial.size(); ++k) {
    const std::span<const double> row = std::span(equation.initial).subspan(k * unknowns, unknowns);
    if (equation.derivative != FractionalDerivative::caputo || std::ranges::all_of(row, [](double x) { return x == 0; })) continue;
    for (const FractionalTerm& term : equation.terms)
      if (term.order < static_cast<double>(k)) add(largest + static_cast<double>(k) - term.order);
  }
  for (double whole = std::ceil(largest); whole <= last; ++whole) add(whole);
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const double step : steps) add(found[i] + step);
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<double> residual_of(const StartBlock& block, std::span<const double> v, std::span<const double> f) {
  const auto m = static_cast<std::size_t>(block.a.rows()), n = v.size() / m;
  std::vector<double> residual(v.size());
  for (std::size_t r = 0; r < m; ++r)
    for (std::size_t j = 0; j < m; ++j) {
      const double a = block.a(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(j));
      const double b = block.b(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(j));
      for (std::size_t i = 0; i < n; ++i) residual[r * n + i] += a * v[j * n + i] - b * f[j * n + i];
    }
  for (std::size_t i = 0; i < residual.size(); ++i) residual[i] -= block.right[i];
  return residual;
}

std::vector<double> solve_start_block(Run& run, const StartBlock& block) {
  if (run.equation.linear_solve) return solve_linear_start_block(run, block);
  const Eigen::Index m = block.a.rows(), n = run.unknowns, size = m * n;
  const auto count = static_cast<std::size_t>(n);
  std::vector<double> v(static_cast<std::size_t>(size)), f(v.size()), y(count), jacobian(count * count), shift(v.size());
  for (Eigen::Index r = 0; r < m; ++r)
    run.initial.value(run.time(r + 1), std::span(shift).subspan(static_cast<std::size_t>(r * n), count));
  double change_size = 0, before = 0, condition = 1;
  bool central = false;  // differences to both sides, where those to one side do not serve
  for (int iteration = 1; iteration <= run.options.newton_iterations; ++iteration) {
    ++run.work.iterations;
    Eigen::MatrixXd matrix(size, size);
    for (Eigen::Index j = 0; j < m; ++j) {
      const auto at = static_cast<std::size_t>(j * n);
      for (std::size_t i = 0; i < count; ++i) y[i] = v[at + i] + shift[at + i];
      const std::span<double> f_j = std::span(f).subspan(at, count);
      run.evaluate(j + 1, run.time(j + 1), y, f_j);
      jacobian_of(run, j + 1, run.time(j + 1), y, f_j, jacobian, central);
      for (Eigen::Index r = 0; r < m; ++r)
        for (Eigen::Index k = 0; k < n; ++k)
          for (Eigen::Index i = 0; i < n; ++i)
            matrix(r * n + i, j * n + k) =
                (i == k ? block.a(r, j) : 0.0) - block.b(r, j) * jacobian[static_cast<std::size_t>(i * n + k)];
    }
    const std::vector<double> residual = residual_of(block, v, f);
    Eigen::VectorXd scaled = Eigen::Map<const Eigen::VectorXd>(residual.data(), size);
    for (Eigen::Index i = 0; i < size; ++i) {
      const double scale = matrix.row(i).cwiseAbs().maxCoeff();
      if (!(scale > 0 && std::isfinite(scale)))
        stop(SolverStop::singular_jacobian, i / n + 1, run.time(i / n + 1), i % n, scale,
             "the largest entry of a row of the Jacobian of the first steps");
      matrix.row(i) /= scale;
      scaled[i] /= scale;
    }
    ++run.work.factorizations;
    const dense::LuFactors factors(matrix);
    condition = factors.rcond();
    // starting weights are far larger than those of the derivative, so that the system is badly conditioned by nature
    if (!(condition > std::numeric_limits<double>::epsilon()))
      stop(SolverStop::singular_jacobian, 1, run.time(1), 0, condition,
           "the reciprocal condition of the Jacobian of the first " + written(m) + " steps");
    const Eigen::VectorXd change = -factors.solve(scaled);
    Eigen::Map<Eigen::VectorXd>(v.data(), size) += change;
    change_size = change.cwiseAbs().maxCoeff();
    if (!std::isfinite(change_size))
      stop(SolverStop::not_finite, 1, run.time(1), 0, change_size, "the change of y in Newton's method");
    double scale = 0;
    for (std::size_t i = 0; i < v.size(); ++i) scale = std::max({scale, std::abs(v[i]), std::abs(shift[i])});
    // what rounding leaves of a badly conditioned system shrinks no more; it is reported
    const double floor = std::min(run.most_starting_error, 8 * std::numeric_limits<double>::epsilon() / condition) * scale;
    const bool rounding = iteration > 2 && change_size > 0.25 * before && change_size <= floor;
    if (rounding) run.starting_error = std::max(run.starting_error, change_size / scale);
    central = iteration > 1 && change_size > 0.1 * before;
    before = change_size;
    if (change_size <= run.options.newton_tolerance * scale || rounding) {
      for (Eigen::Index r = 0; r < m; ++r) run.keep(r + 1, std::span(v).subspan(static_cast<std::size_t>(r * n), count));
      return v;
    }
  }
  stop(SolverStop::not_converged, 1, run.time(1), 0, change_size,
       "Newton's method has not converged for the first " + written(m) + " steps together, whose Jacobian has the reciprocal condition " +
           written(condition) + "; the last change of y");
}

}  // namespace almanac::compute::stepping
