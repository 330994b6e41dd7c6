#include "evaluations/evaluations.hpp"

#include <almanac/compute/exponential_sum.hpp>

#include <fmt/format.h>

namespace almanac::evaluations {
namespace {

Evaluated evaluate_exponentials(const ParameterValues& values) {
  const compute::ExponentialSum sum =
      compute::grunwald_exponentials(value_of<double>(values, "alpha"), value_of<std::int64_t>(values, "first"),
                                     value_of<std::int64_t>(values, "last"), value_of<double>(values, "tolerance"));
  std::vector<double> rows;
  for (std::size_t q = 0; q < sum.rates.size(); ++q) {
    rows.push_back(sum.rates[q]);
    rows.push_back(sum.coefficients[q]);
  }
  return {{"rate", "coefficient"}, std::move(rows), {{"terms", static_cast<std::int64_t>(sum.rates.size())}, {"bound", sum.bound}}};
}

}  // namespace

Evaluation exponentials() {
  using namespace compute;
  return {"exponentials", "Grünwald–Letnikov weights as exponentials, w_n ≈ Σ coefficient exp(-rate (n - first)), n = first … last",
          "Σ |w_n - sum| is at most the bound reported, at most tolerance + 1e-15",
          {{"alpha", ParameterType::real, "", "above 0, up to 2", "order of the derivative"},
           {"first", ParameterType::integer, "17", fmt::format("{} … last", kMinExponentialFirst), "index the sum begins with"},
           {"last", ParameterType::integer, "", fmt::format("first … {}", kMaxExponentialLast), "index it reaches to"},
           {"tolerance", ParameterType::real, "1e-12", fmt::format("{} … 1", kMinExponentialTolerance), "what the bound may be"}},
          evaluate_exponentials};
}

}  // namespace almanac::evaluations
