#include "evaluations/evaluations.hpp"
#include "evaluations/index_range.hpp"

#include <almanac/compute/product_integration.hpp>

#include <fmt/format.h>

namespace almanac::evaluations {
namespace {

constexpr auto kLastIntegrationIndex = static_cast<std::int64_t>(compute::kMaxIntegrationIndex);

Evaluated evaluate_product_integration(const ParameterValues& values) {
  const auto& rule = value_of<std::string>(values, "rule");
  const IndexRange indices = index_range(values, rule == "trapezoid_start" ? 1 : 0, kLastIntegrationIndex);
  std::vector<double> list(indices.count);
  const auto give = rule == "rectangle"   ? compute::rectangle_weights
                    : rule == "trapezoid" ? compute::trapezoid_weights
                                          : compute::trapezoid_start_weights;
  give(value_of<double>(values, "alpha"), indices.first, list);
  return {{"weight"}, std::move(list)};
}

}  // namespace

Evaluation product_integration() {
  Parameter first = first_parameter(0, kLastIntegrationIndex);
  first.default_text.clear();
  first.otherwise = "0, of trapezoid_start 1";
  return {"product_integration", "Weights of product integration for the integral of order alpha on a uniform mesh, for step 1", "7 ulp",
          {{"rule", ParameterType::word, "", "", "what is integrated: steps, trapezoids, and the weight of f_0 with these",
            {"rectangle", "trapezoid", "trapezoid_start"}},
           {"alpha", ParameterType::real, "", fmt::format("above 0, up to {}", compute::kMaxIntegrationAlpha), "order of the integral"},
           count_parameter(),
           first},
          evaluate_product_integration};
}

}  // namespace almanac::evaluations
