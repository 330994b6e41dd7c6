#include "run.hpp"

#include "written.hpp"

#include "history/history_choice.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/time_mesh.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace almanac::compute::stepping {
namespace {

constexpr std::size_t kWeightsAtOnce = std::size_t{1} << 18;  // some milliseconds

std::vector<double> times_of(const FractionalTimes& times) {
  if (!times.mesh.empty()) return {times.mesh.begin(), times.mesh.end()};
  std::vector<double> mesh = uniform_mesh(times.end - times.start, static_cast<std::uint64_t>(times.steps));
  if (times.start != 0)
    for (double& t : mesh) t += times.start;
  mesh.back() = times.end;
  return mesh;
}

/// Where every rate ≥ 0 damps what the sums miss: not where a term drives, nor behind the end of a scheme's sector.
bool is_damped(const FractionalEquation& equation, FractionalScheme scheme) {
  const auto end_of_sector = [&] {
    switch (scheme) {
      case FractionalScheme::bdf3: return 1.91;
      case FractionalScheme::bdf4: return 1.68;
      case FractionalScheme::bdf5: return 1.40;
      case FractionalScheme::bdf6: return 1.11;
      default: return 2.0;
    }
  };
  const auto drives = [](const FractionalTerm& term) { return term.coefficient < 0; };
  return equation.terms.back().order <= end_of_sector() && std::ranges::none_of(equation.terms, drives);
}

/// What a scheme makes of an error of its sums, beside Grünwald and Letnikov's: Σ |g_n| of the inverse series 1 / (weights + rate), most
/// at rate 0. Seen over all alpha and rates are 1.04 (bdf6, alpha 0.14), 1.03 (l2_1_sigma), 1.02 (bdf5) and less
double amplification_by(FractionalScheme scheme, double alpha) {
  switch (scheme) {
    case FractionalScheme::grunwald:
    case FractionalScheme::bdf2: return 1.0;
    case FractionalScheme::l1: return alpha > 1 ? 2.0 : 1.0;  // sums of differences, which are twice the values at most
    default: return 1.05;
  }
}

}  // namespace

void stop(SolverStop reason, std::int64_t step, double time, std::int64_t unknown, double value, const std::string& what) {
  throw Stop{{reason, step, time, unknown, value,
              what + " = " + written(value) + " at t = " + written(time) + ", step " + written(step) + ", unknown " +
                  written(unknown)}};
}

SolverFailure failure_of(const LinearSolveFailure& error, std::int64_t step, double time) {
  return {SolverStop::not_converged, step, time, 0, error.value(),
          std::string(error.what()) + ", at t = " + written(time) + ", step " + written(step)};
}

HistoryProblem history_problem(const FractionalOptions& options, std::int64_t unknowns, std::int64_t steps) {
  return {.unknowns = unknowns,
          .steps = steps,
          .tolerance = options.history_tolerance,
          .method = options.history,
          .terms = options.history_terms,
          .memory_limit = options.memory_limit,
          .threads = options.threads,
          .plans = options.plans,
          .poll = options.poll};
}

Run::Run(const FractionalEquation& equation_, const FractionalTimes& times_, const FractionalOptions& options_)
    : equation(equation_),
      options(options_),
      initial(equation_, times_.mesh.empty() ? times_.start : times_.mesh.front()),
      uniform(times_.mesh.empty()),
      unknowns(equation_.unknowns),
      steps(uniform ? times_.steps : static_cast<std::int64_t>(times_.mesh.size()) - 1),
      times(times_of(times_)),
      keeps_all(!options_.observer),
      memory_left_(options_.memory_limit > 0 ? options_.memory_limit : machine_memory() / 2) {
  if (uniform) step_size = (times_.end - times_.start) / static_cast<double>(steps);
  const std::int64_t rows = keeps_all ? steps + 1 : 2;
  reserve(unknowns, rows, "the values of " + written(rows) + " steps", keeps_all ? "an observer keeps what is wanted only" : "");
  values.resize(static_cast<std::size_t>(rows * unknowns));
  const std::span<double> first = place(0);
  if (equation.derivative == FractionalDerivative::grunwald_letnikov)
    std::copy(equation.initial.begin(), equation.initial.end(), first.begin());
  else
    initial.value(times.front(), first);
}

std::span<double> Run::place(std::int64_t n) {
  const std::int64_t at = keeps_all ? n : n % 2;
  return std::span(values).subspan(static_cast<std::size_t>(at * unknowns), static_cast<std::size_t>(unknowns));
}

std::span<const double> Run::row(std::int64_t n) const { return const_cast<Run*>(this)->place(n); }

void Run::reserve(std::int64_t units, std::int64_t size, const std::string& what, const std::string& instead) {
  const double bytes = static_cast<double>(units) * static_cast<double>(size) * sizeof(double);
  is_short_ = !(bytes <= static_cast<double>(memory_left_));
  if (is_short_)
    throw ArgumentError("memory_limit", written(memory_left_) + " bytes left",
                        "be at least " + written(bytes) + " bytes for " + what + (instead.empty() ? "" : "; " + instead));
  memory_left_ -= static_cast<std::uint64_t>(bytes);
}

void Run::evaluate(std::int64_t step, double t, std::span<const double> y, std::span<double> out) {
  ++work.evaluations;
  equation.f(t, y, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!std::isfinite(out[i])) stop(SolverStop::not_finite, step, t, static_cast<std::int64_t>(i), out[i], "f");
}

void Run::sharpen(HistoryProblem& problem, double coefficient) {
  const double alpha = largest_order();
  const double usual = amplification_by(options.scheme, alpha) * compute::history_amplification(alpha, steps) / std::abs(coefficient);
  history_amplification = is_damped(equation, options.scheme) ? usual : std::numeric_limits<double>::infinity();
  problem.tolerance = std::clamp(problem.tolerance / usual, kMinExponentialTolerance, 1.0);
}

std::unique_ptr<History> Run::make_history(HistoryProblem problem, int still) {
  problem.memory_limit = std::max<std::uint64_t>(1, memory_left_ / static_cast<std::uint64_t>(still));
  auto made = compute::make_history(problem);
  memory_left_ -= std::min(memory_left_, made->choice().bytes);
  // of two, what is said is the coarser, and the bytes of both
  const std::uint64_t bytes = made->choice().bytes + (history ? history->bytes : 0);
  if (!history || made->choice().bound() >= history->bound()) history = made->choice();
  history->bytes = bytes;
  return made;
}

void Run::make_weights(QuadratureRule rule, double alpha, std::span<double> out) const {
  // The trapezoidal rule's are run through from the first on: in pieces they would be so again and again.
  const std::size_t at_once = rule == QuadratureRule::trapezoidal ? out.size() : kWeightsAtOnce;
  for (std::size_t first = 0; first < out.size(); first += at_once) {
    if (options.poll) options.poll();
    quadrature_weights(rule, alpha, first, out.subspan(first, std::min(at_once, out.size() - first)), options.threads);
  }
}

void Run::keep(std::int64_t n, std::span<const double> v) {
  const std::span<double> y = place(n);
  initial.value(time(n), y);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += v[i];
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!std::isfinite(y[i])) stop(SolverStop::not_finite, n, time(n), static_cast<std::int64_t>(i), y[i], "y");
  finished = n;
  tell(n);
}

void Run::tell(std::int64_t n) const {
  if (options.observer) options.observer(n, time(n), row(n));
}

}  // namespace almanac::compute::stepping
