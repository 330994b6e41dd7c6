#include "evaluations/evaluations.hpp"
#include "evaluations/index_range.hpp"

#include <almanac/compute/grunwald.hpp>

#include <fmt/format.h>

namespace almanac::evaluations {
namespace {

constexpr auto kLastGrunwald = static_cast<std::int64_t>(compute::kMaxGrunwaldIndex);

Evaluated evaluate_weights(const ParameterValues& values) {
  const IndexRange indices = index_range(values, 0, kLastGrunwald);
  std::vector<double> list(indices.count);
  compute::grunwald_weights(value_of<double>(values, "alpha"), indices.first, list);
  return {{"weight"}, std::move(list)};
}

}  // namespace

Evaluation weights() {
  return {"weights", "Grünwald–Letnikov weights w_k = (-1)^k binom(alpha, k), for step 1", "0.8 ulp",
          {{"alpha", ParameterType::real, "", fmt::format("{} … {}", compute::kMinGrunwaldAlpha, compute::kMaxGrunwaldAlpha),
            "order of the derivative; below 0, of the integral"},
           count_parameter(),
           first_parameter(0, kLastGrunwald)},
          evaluate_weights};
}

}  // namespace almanac::evaluations
