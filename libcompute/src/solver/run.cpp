#include "run.hpp"

#include "written.hpp"

#include <almanac/compute/time_mesh.hpp>

#include <algorithm>
#include <cmath>

namespace almanac::compute::stepping {
namespace {

std::vector<double> times_of(const FractionalTimes& times) {
  if (!times.mesh.empty()) return {times.mesh.begin(), times.mesh.end()};
  std::vector<double> mesh = uniform_mesh(times.end - times.start, static_cast<std::uint64_t>(times.steps));
  if (times.start != 0)
    for (double& t : mesh) t += times.start;
  mesh.back() = times.end;
  return mesh;
}

}  // namespace

void stop(SolverStop reason, std::int64_t step, double time, std::int64_t unknown, double value, const std::string& what) {
  throw Stop{{reason, step, time, unknown, value,
              what + " = " + written(value) + " at t = " + written(time) + ", step " + written(step) + ", unknown " +
                  written(unknown)}};
}

HistoryProblem history_problem(const FractionalOptions& options, std::int64_t unknowns, std::int64_t steps) {
  return {.unknowns = unknowns,
          .steps = steps,
          .tolerance = options.history_tolerance,
          .method = options.history,
          .terms = options.history_terms,
          .memory_limit = options.memory_limit,
          .threads = options.threads,
          .plans = options.plans};
}

Run::Run(const FractionalEquation& equation_, const FractionalTimes& times_, const FractionalOptions& options_)
    : equation(equation_),
      options(options_),
      initial(equation_, times_.mesh.empty() ? times_.start : times_.mesh.front()),
      uniform(times_.mesh.empty()),
      unknowns(equation_.unknowns),
      steps(uniform ? times_.steps : static_cast<std::int64_t>(times_.mesh.size()) - 1),
      times(times_of(times_)) {
  if (uniform) step_size = (times_.end - times_.start) / static_cast<double>(steps);
  values.resize(static_cast<std::size_t>((steps + 1) * unknowns));
  const std::span<double> first(values.data(), static_cast<std::size_t>(unknowns));
  if (equation.derivative == FractionalDerivative::grunwald_letnikov)
    std::copy(equation.initial.begin(), equation.initial.end(), first.begin());
  else
    initial.value(times.front(), first);
}

std::span<const double> Run::row(std::int64_t n) const {
  return std::span(values).subspan(static_cast<std::size_t>(n * unknowns), static_cast<std::size_t>(unknowns));
}

void Run::evaluate(std::int64_t step, double t, std::span<const double> y, std::span<double> out) {
  ++work.evaluations;
  equation.f(t, y, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!std::isfinite(out[i])) stop(SolverStop::not_finite, step, t, static_cast<std::int64_t>(i), out[i], "f");
}

std::unique_ptr<History> Run::make_history(const HistoryProblem& problem) {
  auto made = compute::make_history(problem);
  history = made->choice();
  return made;
}

void Run::keep(std::int64_t n, std::span<const double> v) {
  const std::span<double> y(values.data() + n * unknowns, static_cast<std::size_t>(unknowns));
  initial.value(time(n), y);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += v[i];
  keep_value(n, y);
}

void Run::keep_value(std::int64_t n, std::span<const double> y) {
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!std::isfinite(y[i])) stop(SolverStop::not_finite, n, time(n), static_cast<std::int64_t>(i), y[i], "y");
  double* const place = values.data() + n * unknowns;
  if (place != y.data()) std::copy(y.begin(), y.end(), place);
  finished = n;
}

}  // namespace almanac::compute::stepping
