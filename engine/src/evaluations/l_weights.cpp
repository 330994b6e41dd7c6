#include "evaluations/evaluations.hpp"
#include "evaluations/index_range.hpp"
#include "evaluations/l_scheme.hpp"

#include <fmt/format.h>

namespace almanac::evaluations {
namespace {

constexpr auto kLastLIndex = static_cast<std::int64_t>(compute::kMaxLIndex);

Evaluated evaluate_l_weights(const ParameterValues& values) {
  const compute::LScheme scheme = l_scheme(values);
  const auto alpha = value_of<double>(values, "alpha");
  const auto& form = value_of<std::string>(values, "form");
  const IndexRange indices = index_range(values, form == "corrections" ? 1 : 0, kLastLIndex);
  std::vector<double> list(indices.count);
  const auto give = form == "differences" ? compute::l_weights : form == "nodal" ? compute::l_nodal_weights : compute::l_corrections;
  give(scheme, alpha, indices.first, list);
  return {{"weight"}, std::move(list), {{"offset", compute::l_offset(scheme, alpha)}}};
}

}  // namespace

Parameter l_scheme_parameter() {
  using compute::LScheme;
  Parameter parameter{"scheme", ParameterType::word, "l1", "", "what is integrated against the kernel"};
  for (const LScheme scheme : {LScheme::l1, LScheme::l1_2, LScheme::l2_1_sigma}) parameter.choices.emplace_back(to_string(scheme));
  return parameter;
}

compute::LScheme l_scheme(const ParameterValues& values) {
  return compute::parse_l_scheme(value_of<std::string>(values, "scheme")).value();
}

Evaluation l_weights() {
  Parameter first = first_parameter(0, kLastLIndex);
  first.default_text.clear();
  first.otherwise = "0, of corrections 1";
  return {"l_weights", "Weights of L schemes for the Caputo derivative on a uniform mesh, for step 1", "7 ulp",
          {l_scheme_parameter(),
           {"alpha", ParameterType::real, "", "between 0 and 1; with l1 also between 1 and 2", "order of the derivative"},
           count_parameter(),
           first,
           {"form", ParameterType::word, "differences", "", "of u_(n-k) - u_(n-k-1), of values, or what the first interval takes back",
            {"differences", "nodal", "corrections"}}},
          evaluate_l_weights};
}

}  // namespace almanac::evaluations
