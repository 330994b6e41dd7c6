#include "evaluations/evaluations.hpp"
#include "evaluations/graded_time.hpp"
#include "evaluations/l_scheme.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/product_integration.hpp>

#include <fmt/format.h>

namespace almanac::evaluations {
namespace {

Parameter mesh_step_parameter() {
  return {"step", ParameterType::integer, "", "1 … steps", "n, the step whose weights these are", {}, "steps"};
}

std::vector<Parameter> followed_by_mesh(std::vector<Parameter> parameters) {
  for (Parameter& parameter : graded_time_parameters()) parameters.push_back(std::move(parameter));
  parameters.push_back(mesh_step_parameter());
  return parameters;
}

/// Errors: compute::ArgumentError naming step.
std::size_t mesh_step(const ParameterValues& values, std::size_t steps) {
  const auto given = values.find("step");
  if (given == values.end()) return steps;
  const auto step = std::get<std::int64_t>(given->second);
  if (step < 1 || step > static_cast<std::int64_t>(steps)) {
    throw compute::ArgumentError("step", fmt::format("{}", step), fmt::format("lie in [1, {}]", steps));
  }
  return static_cast<std::size_t>(step);
}

Evaluated evaluate_l_mesh_weights(const ParameterValues& values) {
  const std::vector<double> mesh = graded_time(values);
  const std::size_t step = mesh_step(values, mesh.size() - 1);
  std::vector<double> list(step);
  compute::l_mesh_weights(l_scheme(values), value_of<double>(values, "alpha"), mesh, step, list);
  return {{"weight"}, std::move(list)};
}

Evaluated evaluate_integration_mesh_weights(const ParameterValues& values) {
  const bool is_trapezoid = value_of<std::string>(values, "rule") == "trapezoid";
  const std::vector<double> mesh = graded_time(values);
  const std::size_t step = mesh_step(values, mesh.size() - 1);
  std::vector<double> list(is_trapezoid ? step + 1 : step);
  const auto give = is_trapezoid ? compute::trapezoid_mesh_weights : compute::rectangle_mesh_weights;
  give(value_of<double>(values, "alpha"), mesh, step, list);
  return {{"weight"}, std::move(list)};
}

}  // namespace

Evaluation l_mesh_weights() {
  return {"l_mesh_weights", "Weights of u_j - u_(j-1), j = 1 … n, of L schemes for the Caputo derivative at step n of a graded mesh",
          "16 ulp with l1, else of the largest term of a weight",
          followed_by_mesh({l_scheme_parameter(), {"alpha", ParameterType::real, "", "between 0 and 1", "order of the derivative"}}),
          evaluate_l_mesh_weights};
}

Evaluation integration_mesh_weights() {
  return {"integration_mesh_weights", "Weights of f_j, j = 0 … n, for the integral of order alpha at step n of a graded mesh", "16 ulp",
          followed_by_mesh({{"rule", ParameterType::word, "", "", "what is integrated: steps or trapezoids", {"rectangle", "trapezoid"}},
                            {"alpha", ParameterType::real, "", fmt::format("above 0, up to {}", compute::kMaxIntegrationAlpha),
                             "order of the integral"}}),
          evaluate_integration_mesh_weights};
}

}  // namespace almanac::evaluations
