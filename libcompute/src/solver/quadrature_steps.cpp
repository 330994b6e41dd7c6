#include "implicit_solver.hpp"
#include "initial_powers.hpp"
#include "scheme_family.hpp"
#include "start_block.hpp"
#include "steps.hpp"

#include "written.hpp"

#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/error.hpp>
#include <almanac/compute/starting_weights.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace almanac::compute::stepping {
namespace {

/// c_i h^(alpha - alpha_i), alpha the largest order: what a term's weights are multiplied by.
double term_factor(const Run& run, const FractionalTerm& term) {
  return term.coefficient * std::pow(run.step_size, run.largest_order() - term.order);
}

/// Σ_i c_i h^(alpha - alpha_i) omega^(alpha_i)_n, n = 0 … steps: one convolution for all terms.
std::vector<double> weights_of_terms(const Run& run, QuadratureRule rule) {
  std::vector<double> sum(static_cast<std::size_t>(run.steps) + 1), weights(sum.size());
  for (const FractionalTerm& term : run.equation.terms) {
    run.make_weights(rule, term.order, weights);
    const double factor = term_factor(run, term);
    for (std::size_t n = 0; n < sum.size(); ++n) sum[n] += factor * weights[n];
  }
  return sum;
}

/// h^m g^(m)(0), m = 0 … p-2, for g(t) = f(t, P(t)) by the polynomial through g(t_0) … g(t_(p-2)); (p-1, unknowns).
std::vector<double> derivatives_at_start(Run& run, int order) {
  const auto points = static_cast<std::size_t>(order - 1), n = static_cast<std::size_t>(run.unknowns);
  std::vector<double> differences(points * n), y(n);
  for (std::size_t j = 0; j < points; ++j) {
    const double t = run.time(static_cast<std::int64_t>(j));
    run.initial.value(t, y);
    run.evaluate(1, t, y, std::span(differences).subspan(j * n, n));
  }
  for (std::size_t k = 1; k < points; ++k)  // forward differences of order k in row k
    for (std::size_t j = points - 1; j >= k; --j)
      for (std::size_t i = 0; i < n; ++i) differences[j * n + i] -= differences[(j - 1) * n + i];
  // h d/dt = log(1 + Delta), and its powers, cut where the polynomial ends
  std::array<double, 6> power = {1.0};
  std::vector<double> derivatives(points * n);
  for (std::size_t m = 0; m < points; ++m) {
    for (std::size_t k = m; k < points; ++k)
      for (std::size_t i = 0; i < n; ++i) derivatives[m * n + i] += power[k] * differences[k * n + i];
    std::array<double, 6> next = {};
    for (std::size_t k = 0; k < points; ++k)
      for (std::size_t l = 1; k + l < points; ++l) next[k + l] += power[k] * (l % 2 == 1 ? 1.0 : -1.0) / static_cast<double>(l);
    power = next;
  }
  return derivatives;
}

/// The right side Σ_m c_{m,n} h^m g^(m)(0) of the steps n = 1 … p-1, (p-1, unknowns).
std::vector<double> initial_correction_rows(Run& run, QuadratureRule rule) {
  const int order = quadrature_order(rule);
  const auto rows = static_cast<std::size_t>(order - 1), n = static_cast<std::size_t>(run.unknowns);
  const std::vector<double> derivatives = derivatives_at_start(run, order);
  std::vector<double> sums(rows * n);
  for (int m = 0; m < order - 1; ++m) {
    const std::span<const double> corrections = initial_corrections(rule, m);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t i = 0; i < n; ++i)
        sums[row * n + i] += corrections[row] * derivatives[static_cast<std::size_t>(m) * n + i];
  }
  return sums;
}

/// Starting weights of all terms together, or none.
StartingWeights starting_weights_of_terms(Run& run, QuadratureRule rule) {
  std::vector<double> exponents = run.options.start_exponents;
  // the derivative of t^gamma is off by h^(gamma - alpha) in the first steps, an impulse of h^(gamma - alpha + 1) for the solution
  if (exponents.empty()) exponents = solution_exponents(run.equation, run.largest_order() + quadrature_order(rule) - 1 - 1e-9);
  if (exponents.empty()) return {};
  check_start_block(run, static_cast<std::int64_t>(exponents.size()));
  StartingWeights sum;
  for (const FractionalTerm& term : run.equation.terms) {
    const StartingWeights part = starting_weights_for(run, rule, term.order, exponents);
    if (sum.weights.empty()) {
      sum = part;
      std::fill(sum.weights.begin(), sum.weights.end(), 0.0);
    }
    const double factor = term_factor(run, term);
    for (std::size_t i = 0; i < sum.weights.size(); ++i) sum.weights[i] += factor * part.weights[i];
    run.starting_digits_lost = std::max(run.starting_digits_lost, part.digits_lost);
    run.starting_error = std::max(run.starting_error, part.error);
  }
  if (sum.first_node != 1) throw ArgumentError("start_exponents", written(exponents.front()), "be above 0");
  return sum;
}

/// The equations of the first steps that starting weights couple.
std::vector<double> solve_first_steps(Run& run, std::span<const double> weights, const StartingWeights& starting,
                                      double scale) {
  const auto m = static_cast<Eigen::Index>(starting.exponents.size());
  const auto n = static_cast<std::size_t>(run.unknowns);
  StartBlock block{Eigen::MatrixXd::Zero(m, m), scale * Eigen::MatrixXd::Identity(m, m),
                   std::vector<double>(static_cast<std::size_t>(m) * n)};
  for (Eigen::Index r = 0; r < m; ++r) {
    for (Eigen::Index j = 0; j < m; ++j)
      block.a(r, j) =
          (j <= r ? weights[static_cast<std::size_t>(r - j)] : 0.0) + starting.weights[static_cast<std::size_t>(r * m + j)];
    const std::span<double> right = std::span(block.right).subspan(static_cast<std::size_t>(r) * n, n);
    run.initial.derivatives(run.time(r + 1), right);
    for (double& x : right) x *= -scale;
  }
  return solve_start_block(run, block);
}

/// What the first steps of a run are given.
struct QuadratureStart {
  StartingWeights starting;         ///< none: no exponents
  std::vector<double> first;        ///< the steps that they couple, (nodes, unknowns)
  std::vector<double> corrections;  ///< of the right sides of the first steps, (p - 1, unknowns)
};

/// Initial corrections where f's right side and that of the initial part begin as the theory asks; else nothing can be given.
StartCorrection without_weights(const Run& run, QuadratureRule rule) {
  const bool fits = run.equation.derivative != FractionalDerivative::grunwald_letnikov && run.initial.is_polynomial() &&
                    run.steps >= quadrature_order(rule) - 1;
  return fits ? StartCorrection::initial : StartCorrection::none;
}

QuadratureStart start_of(Run& run, QuadratureRule rule, std::span<const double> weights, double scale) {
  QuadratureStart start;
  if (rule == QuadratureRule::bdf1) return start;
  run.start = run.options.start;
  const bool open = run.start == StartCorrection::automatic;
  if (open) run.start = without_weights(run, rule);
  if (open && run.start == StartCorrection::none && run.steps < quadrature_order(rule) - 1)
    run.start_reason = "initial corrections take " + written(quadrature_order(rule) - 1) + " steps";
  if (open && run.start == StartCorrection::initial && run.equation.terms.size() > 1) run.start = StartCorrection::starting_weights;
  if (run.start == StartCorrection::starting_weights) {
    const bool may_do_without = open && run.options.start_exponents.empty();
    start.starting = starting_weights_or_reason(run, may_do_without, weights[0], [&] { return starting_weights_of_terms(run, rule); });
    if (!start.starting.exponents.empty())
      start.first = first_steps_or_reason(run, may_do_without, [&] { return solve_first_steps(run, weights, start.starting, scale); });
    if (!run.start_reason.empty()) {
      start = {};
      run.starting_digits_lost = run.starting_error = 0;
      run.start = without_weights(run, rule);
    }
  }
  if (run.start == StartCorrection::initial) start.corrections = initial_correction_rows(run, rule);
  return start;
}

}  // namespace

void step_quadrature(Run& run) {
  const QuadratureRule rule = quadrature_rule_of(run.options.scheme);
  const auto n = static_cast<std::size_t>(run.unknowns);
  const double scale = std::pow(run.step_size, run.largest_order());

  // Grünwald–Letnikov weights alone are known to the history, which then can write them as exponentials
  HistoryProblem problem = history_problem(run.options, run.unknowns, run.steps);
  const bool alone = rule == QuadratureRule::bdf1 && run.equation.terms.size() == 1 && run.largest_order() <= 2;
  std::vector<double> weights;
  double unit = 1.0;  // the sums are of weights divided by this
  if (alone) {
    problem.alpha = run.largest_order();
    weights = {unit = run.coefficient()};
  } else {
    weights = weights_of_terms(run, rule);
    problem.weights = weights;
  }
  run.sharpen(problem, alone ? 1.0 : run.coefficient());
  const std::unique_ptr<History> history = run.make_history(problem);

  const auto [starting, first, corrections] = start_of(run, rule, weights, scale);
  const InitialPowers powers(run, rule, run.start == StartCorrection::initial && run.initial.has_derivatives());
  std::vector<double> v(n), right(n), shift(n), derivatives(n);
  if (run.equation.derivative == FractionalDerivative::grunwald_letnikov)
    std::copy(run.row(0).begin(), run.row(0).end(), v.begin());
  history->push(v);
  const std::size_t nodes = starting.exponents.size();
  if (nodes > 0) {
    for (std::size_t r = 0; r < nodes; ++r) history->push(std::span(first).subspan(r * n, n));
    std::copy(first.end() - static_cast<std::ptrdiff_t>(n), first.end(), v.begin());
  }
  ImplicitSolver solver(run);
  for (std::int64_t step = run.finished + 1; step <= run.steps; ++step) {
    const auto row = static_cast<std::size_t>(step - 1);
    history->sum(right);
    for (double& x : right) x *= -unit;
    for (std::size_t j = 0; j < nodes; ++j)
      for (std::size_t i = 0; i < n; ++i) right[i] -= starting.weights[row * nodes + j] * first[j * n + i];
    if (powers.any()) {
      powers.at(step, derivatives);
      for (std::size_t i = 0; i < n; ++i) right[i] -= scale * derivatives[i];
    }
    for (std::size_t i = 0; i < n && (row + 1) * n <= corrections.size(); ++i) right[i] += scale * corrections[row * n + i];
    run.initial.value(run.time(step), shift);
    solver.solve({step, run.time(step), weights[0], scale, 1.0, shift, right}, v);
    run.keep(step, v);
    history->push(v);
  }
}

}  // namespace almanac::compute::stepping
