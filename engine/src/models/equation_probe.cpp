#include "equation_probe.hpp"

#include "recipes/starting_weights.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace almanac::models {
namespace {

constexpr std::int64_t kProbedSteps = 2 * static_cast<std::int64_t>(compute::kMaxStartingExponents);  // starting weights couple fewer

/// The solver has come to f: it refuses nothing more.
struct ComeToF {};

/// The section and field that an argument of the solver was made of.
[[noreturn]] void refuse_where_it_came_from(const EquationSetup& setup, mission::MissionText& text, const compute::ArgumentError& error) {
  const std::string& name = error.parameter();
  if (name == "steps" || name == "mesh") {
    mission::Section time = text.section("time");
    refuse_argument(time, name, error);
  }
  if (name.starts_with("initial")) text.section("initial").complain(setup.components.empty() ? "value" : "values", error.what());
  mission::Section model = text.section("model");
  if (name.ends_with(".coefficient")) model.complain("coefficients", error.what());
  if (name == "alpha" || name.starts_with("terms")) refuse_argument(model, setup.order_field, error);
  if (name == "method") model.complain("history", "must " + error.range());
  if (name.starts_with("start")) model.complain(model.has("start") ? "start" : "scheme", error.what());
  refuse_argument(model, "scheme", error);
}

}  // namespace

std::vector<StartingNeed> probe(const EquationSetup& setup, mission::MissionText& text) {
  std::vector<StartingNeed> needs;
  compute::FractionalEquation equation = setup.equation;
  equation.f = [](double, std::span<const double>, std::span<double>) { throw ComeToF{}; };
  compute::FractionalOptions options = setup.stepping.options();
  options.starting_weights = [&needs, &setup](compute::QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps) {
    // of as many steps as the case has: more than a table may have are refused here
    recipes::starting_weights_request(rule, alpha, {exponents.begin(), exponents.end()}, setup.time.steps);
    needs.push_back({rule, alpha, {exponents.begin(), exponents.end()}});
    compute::StartingWeights none;
    none.exponents = needs.back().exponents;
    none.steps = steps;
    none.first_node = exponents.front() == 0 ? 0 : 1;
    none.weights.resize(static_cast<std::size_t>(steps) * exponents.size());
    return none;
  };
  TimeSettings first = setup.time;
  first.steps = std::min(first.steps, kProbedSteps);
  try {
    const std::vector<double> mesh = first.mesh();
    compute::solve_fractional(equation, first.times(mesh), options);
  } catch (const ComeToF&) {
  } catch (const compute::ArgumentError& error) {
    refuse_where_it_came_from(setup, text, error);
  }
  return needs;
}

}  // namespace almanac::models
