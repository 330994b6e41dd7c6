#include "evaluations/evaluations.hpp"
#include "evaluations/index_range.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>
#include <almanac/compute/solve_fractional.hpp>
#include <almanac/compute/time_mesh.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace almanac::evaluations {
namespace {

using compute::FractionalScheme;
using compute::StartCorrection;

/// D^alpha y = -lambda y from y(0) = initial[0], y'(0) = initial[1] on.
struct Relaxation {
  double alpha, lambda, t;
  std::vector<double> initial;
};

Relaxation relaxation_of(const ParameterValues& values) {
  Relaxation problem{.alpha = value_of<double>(values, "alpha"),
                     .lambda = value_of<double>(values, "lambda"),
                     .t = value_of<double>(values, "t"),
                     .initial = {value_of<double>(values, "y0"), value_of<double>(values, "y1")}};
  if (!(problem.alpha > 0 && problem.alpha <= 2)) {
    throw compute::ArgumentError("alpha", fmt::format("{}", problem.alpha), "be above 0 and at most 2");
  }
  if (problem.alpha <= 1) {
    if (problem.initial[1] != 0) throw compute::ArgumentError("y1", fmt::format("{}", problem.initial[1]), "be 0 where alpha is at most 1");
    problem.initial.pop_back();
  }
  return problem;
}

double exact_value(const Relaxation& problem) {
  const double z = -problem.lambda * std::pow(problem.t, problem.alpha);
  double value = problem.initial[0] * compute::mittag_leffler(problem.alpha, 1, z);
  if (problem.initial.size() > 1) value += problem.initial[1] * problem.t * compute::mittag_leffler(problem.alpha, 2, z);
  return value;
}

/// What gains a scheme's order back, as far as it leaves the first step a number: t n^-power well above the smallest there is.
double useful_grading(double order, double alpha, double t, std::uint64_t steps) {
  const double most = (std::log(t) + 600.0) / std::log(static_cast<double>(std::max<std::uint64_t>(steps, 2)));
  return std::clamp(std::min(order / alpha, most), 1.0, 100.0);
}

/// Empty: uniform. Sets `power` to its grading.
std::vector<double> mesh_of(const ParameterValues& values, const Relaxation& problem, std::uint64_t steps, double order, double& power) {
  const auto grading = values.find("grading");
  if (value_of<std::string>(values, "mesh") == "uniform") {
    if (grading != values.end()) throw InputError("relaxation: grading is given: it needs mesh=graded");
    return {};
  }
  power = grading != values.end() ? std::get<double>(grading->second) : useful_grading(order, problem.alpha, problem.t, steps);
  return compute::graded_mesh(problem.t, steps, power);
}

Evaluated evaluate_relaxation(const ParameterValues& values) {
  const Relaxation problem = relaxation_of(values);
  const auto steps = value_of<std::int64_t>(values, "n");
  if (steps < 1 || steps > kMostRows) throw compute::ArgumentError("n", fmt::format("{}", steps), fmt::format("lie in [1, {}]", kMostRows));
  if (!(problem.t > 0)) throw compute::ArgumentError("t", fmt::format("{}", problem.t), "be above 0");
  const FractionalScheme scheme = compute::parse_fractional_scheme(value_of<std::string>(values, "scheme")).value();
  compute::FractionalOptions options;
  options.scheme = scheme;
  options.start = compute::parse_start_correction(value_of<std::string>(values, "start")).value();
  options.history = compute::parse_history_method(value_of<std::string>(values, "history")).value();
  const auto corrections = value_of<std::int64_t>(values, "corrections");
  if (corrections < 1 || corrections > 100) throw compute::ArgumentError("corrections", fmt::format("{}", corrections), "lie in [1, 100]");
  options.corrections = static_cast<int>(corrections);
  const double order = compute::fractional_order(scheme, problem.alpha, options.corrections);
  double grading = 0;
  const std::vector<double> mesh = mesh_of(values, problem, static_cast<std::uint64_t>(steps), order, grading);
  compute::FractionalEquation equation = compute::single_term(
      problem.alpha,
      [lambda = problem.lambda](double, std::span<const double> y, std::span<double> out) { out[0] = -lambda * y[0]; }, problem.initial);
  equation.jacobian = [lambda = problem.lambda](double, std::span<const double>, std::span<double> out) { out[0] = -lambda; };
  const compute::FractionalSolution solution = compute::solve_fractional(
      equation, {.start = 0, .end = problem.t, .steps = mesh.empty() ? steps : 0, .mesh = mesh}, options);
  if (solution.failure()) throw InputError(fmt::format("relaxation: {}", solution.failure()->text));
  const double value = solution.values().back(), exact = exact_value(problem);
  Evaluated evaluated{{"y"}, std::vector{value}, {{"exact", exact}, {"error", value - exact}, {"order", order}}};
  if (!mesh.empty()) evaluated.facts.emplace_back("grading", grading);
  if (!solution.start_reason().empty()) {
    evaluated.notes.push_back(fmt::format("start {}: {}", to_string(solution.start()), solution.start_reason()));
  }
  if (const auto& history = solution.history()) {
    evaluated.facts.emplace_back("history", std::string(to_string(history->method)));
    evaluated.facts.emplace_back("history_bound", history->bound());
  }
  if (solution.starting_error() > 0) {
    evaluated.facts.emplace_back("digits_lost", solution.starting_digits_lost());
    evaluated.facts.emplace_back("starting_error", solution.starting_error());
  }
  return evaluated;
}

Parameter scheme_parameter() {
  Parameter parameter{"scheme", ParameterType::word, "", "", "how it is stepped"};
  parameter.choices.emplace_back("bdf1");
  for (int scheme = 0; scheme <= static_cast<int>(FractionalScheme::predictor_corrector); ++scheme) {
    parameter.choices.emplace_back(to_string(static_cast<FractionalScheme>(scheme)));
  }
  return parameter;
}

Parameter history_parameter() {
  using compute::HistoryMethod;
  Parameter parameter{"history", ParameterType::word, "", "", "how the past is summed"};
  for (const HistoryMethod method : {HistoryMethod::automatic, HistoryMethod::direct, HistoryMethod::fft_blocks,
                                     HistoryMethod::exponentials, HistoryMethod::short_memory}) {
    parameter.choices.emplace_back(to_string(method));
  }
  parameter.default_text = parameter.choices.front();
  return parameter;
}

Parameter start_parameter() {
  Parameter parameter{"start", ParameterType::word, "", "", "corrections of the first steps of bdf2 … bdf6 and the multistep schemes"};
  for (const StartCorrection start : {StartCorrection::automatic, StartCorrection::none, StartCorrection::initial, StartCorrection::starting_weights}) {
    parameter.choices.emplace_back(to_string(start));
  }
  parameter.default_text = parameter.choices.front();
  return parameter;
}

}  // namespace

Evaluation relaxation() {
  return {"relaxation", "y(t) of Caputo D^alpha y = -lambda y as a scheme gives it in n steps, beside the exact Mittag-Leffler value",
          "the discrete scheme to rounding; its order is reported",
          {scheme_parameter(),
           {"alpha", ParameterType::real, "", "above 0, up to 2, as the scheme has it", "order of the derivative"},
           {"lambda", ParameterType::real, "1", "any", "rate; below 0 it grows"},
           {"t", ParameterType::real, "1", "above 0", "last time"},
           {"n", ParameterType::integer, "", fmt::format("1 … {}", kMostRows), "number of steps"},
           {"mesh", ParameterType::word, "uniform", "", "graded: t (j/n)^grading", {"uniform", "graded"}},
           {"grading", ParameterType::real, "", "1 … 100", "of a graded mesh", {}, "order / alpha, at most 100"},
           {"y0", ParameterType::real, "1", "any", "y(0)"},
           {"y1", ParameterType::real, "0", "0 where alpha is at most 1", "y'(0)"},
           start_parameter(),
           {"corrections", ParameterType::integer, "1", "1 … 100", "of predictor_corrector"},
           history_parameter()},
          evaluate_relaxation};
}

}  // namespace almanac::evaluations
