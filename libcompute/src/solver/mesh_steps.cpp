#include "implicit_solver.hpp"
#include "scheme_family.hpp"
#include "steps.hpp"
#include "written.hpp"

#include <almanac/compute/l_schemes.hpp>
#include <almanac/compute/product_integration.hpp>

#include <algorithm>
#include <cmath>

namespace almanac::compute::stepping {
namespace {

/// The order of step n.
double order_at(Run& run, const FractionalTerm& term, std::int64_t step) {
  if (!run.equation.variable_order) return term.order;
  const double t = run.time(step), alpha = run.equation.variable_order(t);
  if (!std::isfinite(alpha)) stop(SolverStop::not_finite, step, t, 0, alpha, "the variable order");
  if (!(alpha > 0 && alpha < 1 && alpha <= term.order))
    stop(SolverStop::order_out_of_range, step, t, 0, alpha,
         "the variable order must lie in (0, 1) and not exceed the term's, " + written(term.order) + "; it");
  if (step == 1) run.first_order = alpha;
  return alpha;
}

}  // namespace

void step_l_mesh(Run& run) {
  const LScheme scheme = l_scheme_of(run.options.scheme);
  const auto n = static_cast<std::size_t>(run.unknowns), levels = static_cast<std::size_t>(run.steps) + 1;
  const double theta = scheme == LScheme::l2_1_sigma ? l_offset(scheme, run.largest_order()) : 1.0;
  run.reserve(run.unknowns, run.steps, "the past on a mesh", "uniform times have histories that take less");
  std::vector<double> weights(levels), part(levels), differences(levels * n), v(n), before(n), right(n), shift(n);
  ImplicitSolver solver(run);
  for (std::int64_t step = 1; step <= run.steps; ++step) {
    const auto count = static_cast<std::size_t>(step);
    std::fill_n(weights.begin(), count, 0.0);
    for (const FractionalTerm& term : run.equation.terms) {
      l_mesh_weights(scheme, order_at(run, term, step), run.times, count, std::span(part).first(count));
      for (std::size_t j = 0; j < count; ++j) weights[j] += term.coefficient * part[j];
    }
    const double last = weights[count - 1];
    for (std::size_t i = 0; i < n; ++i) right[i] = last * before[i];
    for (std::size_t j = 0; j + 1 < count; ++j)
      for (std::size_t i = 0; i < n; ++i) right[i] -= weights[j] * differences[j * n + i];
    run.initial.value(run.time(step), shift);
    if (theta != 1)
      for (std::size_t i = 0; i < n; ++i) shift[i] = theta * shift[i] + (1 - theta) * run.row(step - 1)[i];
    const double t = theta == 1 ? run.time(step) : run.time(step - 1) + theta * (run.time(step) - run.time(step - 1));
    solver.solve({step, t, last, 1.0, theta, shift, right}, v);
    run.keep(step, v);
    for (std::size_t i = 0; i < n; ++i) differences[(count - 1) * n + i] = v[i] - before[i];
    before = v;
  }
}

void step_product_mesh(Run& run) {
  const FractionalScheme scheme = run.options.scheme;
  const bool trapezoid = scheme == FractionalScheme::product_trapezoid || scheme == FractionalScheme::predictor_corrector;
  const bool predicts = scheme == FractionalScheme::predictor_corrector || scheme == FractionalScheme::rectangle_explicit;
  const auto n = static_cast<std::size_t>(run.unknowns), levels = static_cast<std::size_t>(run.steps) + 1;
  const double alpha = run.largest_order(), unit = 1.0 / run.coefficient();
  run.reserve(run.unknowns, run.steps + 1, "the past on a mesh", "uniform times have histories that take less");
  std::vector<double> weights(levels), sides(levels * n), v(n), right(n), shift(n), y(n);
  const auto side = [&](std::int64_t j) { return std::span(sides).subspan(static_cast<std::size_t>(j) * n, n); };
  // Σ_j weights_j f_(j + shifted), j = from …
  const auto add_up = [&](std::size_t from, std::size_t to, std::size_t shifted, std::span<double> out) {
    std::fill(out.begin(), out.end(), 0.0);
    for (std::size_t j = from; j < to; ++j)
      for (std::size_t i = 0; i < n; ++i) out[i] += weights[j] * sides[(j + shifted) * n + i];
    for (double& x : out) x *= unit;
  };
  if (trapezoid || predicts) run.evaluate(0, run.time(0), run.row(0), side(0));
  ImplicitSolver solver(run);
  for (std::int64_t step = 1; step <= run.steps; ++step) {
    const auto count = static_cast<std::size_t>(step);
    const double t = run.time(step);
    run.initial.value(t, shift);
    if (predicts) {
      rectangle_mesh_weights(alpha, run.times, count, std::span(weights).first(count));
      add_up(0, count, 0, v);
    }
    double last = 0;
    if (trapezoid) {
      trapezoid_mesh_weights(alpha, run.times, count, std::span(weights).first(count + 1));
      add_up(0, count, 0, right);
      last = weights[count] * unit;
    } else if (!predicts) {
      rectangle_mesh_weights(alpha, run.times, count, std::span(weights).first(count));
      add_up(0, count - 1, 1, right);
      last = weights[count - 1] * unit;
    }
    if (trapezoid && predicts) {
      for (int correction = 0; correction < run.options.corrections; ++correction) {
        for (std::size_t i = 0; i < n; ++i) y[i] = shift[i] + v[i];
        run.evaluate(step, t, y, side(step));
        for (std::size_t i = 0; i < n; ++i) v[i] = right[i] + last * side(step)[i];
      }
    } else if (!predicts) {
      solver.solve({step, t, 1.0, last, 1.0, shift, right}, v);
    }
    run.keep(step, v);
    if (step < run.steps) run.evaluate(step, t, run.row(step), side(step));
  }
}

}  // namespace almanac::compute::stepping
