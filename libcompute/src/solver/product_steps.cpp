#include "implicit_solver.hpp"
#include "steps.hpp"

#include <almanac/compute/product_integration.hpp>

#include <algorithm>
#include <cmath>

namespace almanac::compute::stepping {
namespace {

/// The sums of one product integration: Σ_{k≥1} weights_k g_(n-k).
std::unique_ptr<History> product_history(Run& run, std::span<const double> weights, int still) {
  HistoryProblem problem = history_problem(run.options, run.unknowns, run.steps);
  problem.weights = weights;
  return run.make_history(problem, still);
}

}  // namespace

void step_product(Run& run) {
  const FractionalScheme scheme = run.options.scheme;
  const bool trapezoid = scheme == FractionalScheme::product_trapezoid || scheme == FractionalScheme::predictor_corrector;
  const bool predicts = scheme == FractionalScheme::predictor_corrector || scheme == FractionalScheme::rectangle_explicit;
  const auto n = static_cast<std::size_t>(run.unknowns), levels = static_cast<std::size_t>(run.steps) + 1;
  const double alpha = run.largest_order(), scale = std::pow(run.step_size, alpha) / run.coefficient();

  // the explicit rectangle is a convolution whose weights begin at k = 1
  std::vector<double> explicit_weights(predicts ? levels : 0), weights(levels), start_weights(trapezoid ? levels : 0);
  if (predicts) rectangle_weights(alpha, 0, std::span(explicit_weights).subspan(1));
  if (trapezoid) {
    trapezoid_weights(alpha, 0, weights);
    trapezoid_start_weights(alpha, 1, std::span(start_weights).subspan(1));
  } else if (!predicts) {
    rectangle_weights(alpha, 0, weights);
  }
  const std::unique_ptr<History> predictor = predicts ? product_history(run, explicit_weights, trapezoid ? 2 : 1) : nullptr;
  const std::unique_ptr<History> corrector =
      scheme != FractionalScheme::rectangle_explicit ? product_history(run, weights, 1) : nullptr;

  std::vector<double> v(n), right(n), shift(n), y(n), f(n), f_0(n);
  if (corrector) corrector->push(f_0);  // f_0 has a weight of its own, or none
  if (trapezoid || predicts) run.evaluate(0, run.time(0), run.row(0), f_0);
  f = f_0;
  ImplicitSolver solver(run);
  for (std::int64_t step = 1; step <= run.steps; ++step) {
    const double t = run.time(step);
    run.initial.value(t, shift);
    if (predicts) {
      predictor->push(f);
      predictor->sum(v);
      for (double& x : v) x *= scale;
    }
    if (corrector) {
      corrector->sum(right);
      if (trapezoid)
        for (std::size_t i = 0; i < n; ++i) right[i] += start_weights[static_cast<std::size_t>(step)] * f_0[i];
      for (double& x : right) x *= scale;
    }
    if (corrector && predicts) {
      for (int correction = 0; correction < run.options.corrections; ++correction) {
        for (std::size_t i = 0; i < n; ++i) y[i] = shift[i] + v[i];
        run.evaluate(step, t, y, f);
        for (std::size_t i = 0; i < n; ++i) v[i] = right[i] + scale * weights[0] * f[i];
      }
    } else if (corrector) {
      solver.solve({step, t, 1.0, scale * weights[0], 1.0, shift, right}, v);
    }
    run.keep(step, v);
    if (step == run.steps) break;
    run.evaluate(step, t, run.row(step), f);
    if (corrector) corrector->push(f);
  }
}

}  // namespace almanac::compute::stepping
