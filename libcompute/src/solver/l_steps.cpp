#include "implicit_solver.hpp"
#include "scheme_family.hpp"
#include "steps.hpp"

#include <almanac/compute/l_schemes.hpp>

#include <algorithm>
#include <cmath>

namespace almanac::compute::stepping {

void step_l_scheme(Run& run) {
  const LScheme scheme = l_scheme_of(run.options.scheme);
  const auto n = static_cast<std::size_t>(run.unknowns), levels = static_cast<std::size_t>(run.steps) + 1;
  const double scale = std::pow(run.step_size, run.largest_order());
  std::vector<double> weights(levels), corrections(levels), part(levels);
  for (const FractionalTerm& term : run.equation.terms) {
    const double factor = term.coefficient * std::pow(run.step_size, run.largest_order() - term.order);
    l_nodal_weights(scheme, term.order, 0, part);
    for (std::size_t k = 0; k < levels; ++k) weights[k] += factor * part[k];
    if (scheme == LScheme::l1) continue;
    l_corrections(scheme, term.order, 1, std::span(part).subspan(1));
    for (std::size_t k = 1; k < levels; ++k) corrections[k] += factor * part[k];
  }
  HistoryProblem problem = history_problem(run.options, run.unknowns, run.steps);
  problem.weights = weights;
  run.sharpen(problem, run.coefficient());
  const std::unique_ptr<History> history = run.make_history(problem);

  // f stands at t_(n-1) + theta h, and y there is theta y_n + (1 - theta) y_(n-1)
  const double theta = l_offset(scheme, run.largest_order());
  std::vector<double> v(n), first(n), right(n), shift(n);
  history->push(v);
  ImplicitSolver solver(run);
  for (std::int64_t step = 1; step <= run.steps; ++step) {
    const double correction = corrections[static_cast<std::size_t>(step)];
    history->sum(right);
    for (std::size_t i = 0; i < n; ++i) right[i] = correction * first[i] - right[i];
    run.initial.value(run.time(step), shift);
    if (theta != 1)
      for (std::size_t i = 0; i < n; ++i) shift[i] = theta * shift[i] + (1 - theta) * run.row(step - 1)[i];
    const double t = theta == 1 ? run.time(step) : run.time(step - 1) + theta * run.step_size;
    solver.solve({step, t, step == 1 ? weights[0] - correction : weights[0], scale, theta, shift, right}, v);
    run.keep(step, v);
    history->push(v);
    if (step == 1) first = v;
  }
}

void step_l1_wave(Run& run) {
  // (D y(t_n) + D y(t_(n-1))) / 2 ≈ h^(1-alpha) Σ e_k d_(n-k), d the difference quotients of v = y - y(0) - t y'(0)
  const auto n = static_cast<std::size_t>(run.unknowns);
  const double alpha = run.largest_order(), h = run.step_size, scale = std::pow(h, alpha) / run.coefficient();
  std::vector<double> weights(static_cast<std::size_t>(run.steps) + 1);
  l_nodal_weights(LScheme::l1, alpha, 0, weights);
  HistoryProblem problem = history_problem(run.options, run.unknowns, run.steps);
  problem.weights = weights;
  run.sharpen(problem, 1.0);
  const std::unique_ptr<History> history = run.make_history(problem);

  std::vector<double> v(n), before(n), difference(n), right(n), shift(n), f(n);
  history->push(difference);
  run.evaluate(0, run.time(0), run.row(0), f);
  ImplicitSolver solver(run);
  for (std::int64_t step = 1; step <= run.steps; ++step) {
    history->sum(right);  // of h d
    for (std::size_t i = 0; i < n; ++i) right[i] = weights[0] * before[i] - right[i] + 0.5 * scale * f[i];
    run.initial.value(run.time(step), shift);
    solver.solve({step, run.time(step), weights[0], 0.5 * scale, 1.0, shift, right}, v);
    run.keep(step, v);
    for (std::size_t i = 0; i < n; ++i) difference[i] = v[i] - before[i];
    history->push(difference);
    if (step < run.steps) run.evaluate(step, run.time(step), run.row(step), f);
    before = v;
  }
}

}  // namespace almanac::compute::stepping
