#include "implicit_solver.hpp"
#include "scheme_family.hpp"
#include "start_block.hpp"
#include "steps.hpp"

#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/error.hpp>
#include <almanac/compute/starting_weights.hpp>

#include <algorithm>
#include <cmath>

namespace almanac::compute::stepping {
namespace {

/// v_1 … v_m, where starting weights couple them: v_r = scale Σ_j (omega_{r-j} + w_{r,j}) f_j.
std::vector<double> solve_first_integrals(Run& run, std::span<const double> weights, const StartingWeights& starting,
                                          double scale, std::span<const double> f_0) {
  const auto nodes = static_cast<Eigen::Index>(starting.exponents.size()), m = nodes - 1;
  const auto n = static_cast<std::size_t>(run.unknowns);
  StartBlock block{Eigen::MatrixXd::Identity(m, m), Eigen::MatrixXd::Zero(m, m),
                   std::vector<double>(static_cast<std::size_t>(m) * n)};
  for (Eigen::Index r = 1; r <= m; ++r) {
    const auto weight = [&](Eigen::Index j) {
      return scale * ((j <= r ? weights[static_cast<std::size_t>(r - j)] : 0.0) +
                      starting.weights[static_cast<std::size_t>((r - 1) * nodes + j)]);
    };
    for (Eigen::Index j = 1; j <= m; ++j) block.b(r - 1, j - 1) = weight(j);
    for (std::size_t i = 0; i < n; ++i) block.right[static_cast<std::size_t>(r - 1) * n + i] = weight(0) * f_0[i];
  }
  return solve_start_block(run, block);
}

/// Starting weights, or no exponents.
StartingWeights weights_of_integral(Run& run, QuadratureRule rule) {
  std::vector<double> exponents = run.options.start_exponents;
  if (exponents.empty()) exponents = starting_exponents(run.largest_order(), 1.0);
  if (exponents.front() != 0) throw ArgumentError("start_exponents", "without 0", "begin with 0: f need not vanish at t_0");
  check_start_block(run, static_cast<std::int64_t>(exponents.size()) - 1);
  StartingWeights starting = starting_weights_for(run, rule, -run.largest_order(), exponents);
  run.starting_digits_lost = starting.digits_lost;
  run.starting_error = starting.error;
  return starting;
}

}  // namespace

void step_multistep(Run& run) {
  const QuadratureRule rule = quadrature_rule_of(run.options.scheme);
  const double alpha = run.largest_order(), scale = std::pow(run.step_size, alpha) / run.coefficient();
  const auto n = static_cast<std::size_t>(run.unknowns);
  std::vector<double> weights(static_cast<std::size_t>(run.steps) + 1);
  run.make_weights(rule, -alpha, weights);
  HistoryProblem problem = history_problem(run.options, run.unknowns, run.steps);
  problem.weights = weights;
  const std::unique_ptr<History> history = run.make_history(problem);

  run.start = run.options.start;
  const bool open = run.start == StartCorrection::automatic;
  if (open) run.start = StartCorrection::starting_weights;
  const bool may_do_without = open && run.options.start_exponents.empty();
  StartingWeights starting;
  if (run.start == StartCorrection::starting_weights)
    starting = starting_weights_or_reason(run, may_do_without, 1.0, [&] { return weights_of_integral(run, rule); });
  std::vector<double> f_0(n), rows;
  run.evaluate(0, run.time(0), run.row(0), f_0);
  if (starting.exponents.size() > 1)
    rows = first_steps_or_reason(run, may_do_without, [&] { return solve_first_integrals(run, weights, starting, scale, f_0); });
  if (!run.start_reason.empty()) {
    starting = {};
    run.starting_digits_lost = run.starting_error = 0;
    run.start = StartCorrection::initial;
  }
  const std::size_t nodes = starting.exponents.size(), first = nodes > 0 ? nodes - 1 : 0;
  std::vector<double> f(std::max<std::size_t>(nodes, 1) * n), v(n), right(n), shift(n), f_n(n);
  std::copy(f_0.begin(), f_0.end(), f.begin());
  // Initial corrections: samples from 1 on, and half of f_0 once more, so that a constant's transform is 1/z + O(z); v_0 = 0 stays
  // a solution of the scheme. For the trapezoidal rule at step 2, where it vanishes at its other singularity, z = -1, too.
  const std::int64_t corrected = run.start != StartCorrection::initial ? 0 : rule == QuadratureRule::trapezoidal ? 2 : 1;
  if (corrected > 0) std::fill(f_0.begin(), f_0.end(), 0.0);
  history->push(f_0);
  for (std::size_t j = 1; j <= first; ++j) {
    const auto step = static_cast<std::int64_t>(j);
    v.assign(rows.begin() + static_cast<std::ptrdiff_t>((j - 1) * n), rows.begin() + static_cast<std::ptrdiff_t>(j * n));
    run.initial.value(run.time(step), shift);
    for (std::size_t i = 0; i < n; ++i) shift[i] += v[i];
    run.evaluate(step, run.time(step), shift, std::span(f).subspan(j * n, n));
    history->push(std::span(f).subspan(j * n, n));
  }
  ImplicitSolver solver(run);
  for (std::int64_t step = run.finished + 1; step <= run.steps; ++step) {
    const auto row = static_cast<std::size_t>(step - 1);
    history->sum(right);
    for (std::size_t j = 0; j < nodes; ++j)
      for (std::size_t i = 0; i < n; ++i) right[i] += starting.weights[row * nodes + j] * f[j * n + i];
    if (step == corrected)
      for (std::size_t i = 0; i < n; ++i) right[i] += 0.5 * weights[0] * f[i];
    for (double& x : right) x *= scale;
    run.initial.value(run.time(step), shift);
    solver.solve({step, run.time(step), 1.0, scale * weights[0], 1.0, shift, right}, v);
    run.keep(step, v);
    if (step == run.steps) break;
    run.evaluate(step, run.time(step), run.row(step), f_n);
    if (step == corrected)
      for (std::size_t i = 0; i < n; ++i) f_n[i] += 0.5 * f[i];
    history->push(f_n);
  }
}

}  // namespace almanac::compute::stepping
