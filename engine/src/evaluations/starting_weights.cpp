#include "evaluations/evaluations.hpp"
#include "evaluations/index_range.hpp"
#include "recipes/starting_weights.hpp"

#include <almanac/compute/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace almanac::evaluations {
namespace {

Evaluated evaluate_starting_weights(const ParameterValues& values) {
  const std::vector<double> exponents = recipes::starting_exponents(values);
  const auto steps = value_of<std::int64_t>(values, "steps");
  const std::int64_t most = kMostRows / static_cast<std::int64_t>(exponents.size());
  if (steps < 1 || steps > most) {
    throw compute::ArgumentError("steps", fmt::format("{}", steps), fmt::format("lie in [1, {}] with {} exponents", most, exponents.size()));
  }
  compute::StartingWeights starting =
      compute::starting_weights(recipes::starting_rule(values), value_of<double>(values, "alpha"), exponents, static_cast<std::uint64_t>(steps));
  Evaluated evaluated{{}, std::move(starting.weights),
                      {{"exponents", starting.exponents},
                       {"first_node", static_cast<std::int64_t>(starting.first_node)},
                       {"condition", starting.condition},
                       {"digits_lost", starting.digits_lost},
                       {"error", starting.error}}};
  for (std::size_t j = 0; j < exponents.size(); ++j) {
    evaluated.columns.push_back(fmt::format("f_{}", static_cast<std::size_t>(starting.first_node) + j));
  }
  if (starting.error > std::numeric_limits<double>::epsilon()) {
    evaluated.notes.push_back(fmt::format("{:.0f} of 34 digits are lost: a row is within {:.2g} of its largest weight, no better",
                                          std::ceil(starting.digits_lost), starting.error));
  }
  return evaluated;
}

}  // namespace

Evaluation starting_weights() {
  std::vector<Parameter> parameters = recipes::starting_weights_parameters();
  parameters.push_back({"steps", ParameterType::integer, "", fmt::format("1 … {}", compute::kMaxStartingSteps), "number of rows"});
  return {"starting_weights", "What convolution quadrature adds to be exact for powers of t: of f_j in step n, row n = 1 … steps, for step 1",
          "a row within the error reported of its largest weight", std::move(parameters), evaluate_starting_weights};
}

}  // namespace almanac::evaluations
