#include "evaluations/evaluations.hpp"
#include "evaluations/index_range.hpp"
#include "evaluations/quadrature_scheme.hpp"

#include <fmt/format.h>

namespace almanac::evaluations {
namespace {

std::int64_t last_quadrature_index(compute::QuadratureRule rule) {
  return static_cast<std::int64_t>(rule == compute::QuadratureRule::trapezoidal ? compute::kMaxTrapezoidalIndex
                                                                                : compute::kMaxQuadratureIndex);
}

Evaluated evaluate_quadrature(const ParameterValues& values) {
  const compute::QuadratureRule rule = quadrature_rule(values);
  const IndexRange indices = index_range(values, 0, last_quadrature_index(rule));
  std::vector<double> list(indices.count);
  compute::quadrature_weights(rule, value_of<double>(values, "alpha"), indices.first, list);
  return {{"weight"}, std::move(list)};
}

}  // namespace

Parameter quadrature_scheme_parameter() {
  using compute::QuadratureRule;
  Parameter parameter{"scheme", ParameterType::word, "", "", "generating polynomials: backward differences and two of order 2"};
  for (const QuadratureRule rule : {QuadratureRule::bdf1, QuadratureRule::bdf2, QuadratureRule::bdf3, QuadratureRule::bdf4,
                                    QuadratureRule::bdf5, QuadratureRule::bdf6, QuadratureRule::trapezoidal,
                                    QuadratureRule::newton_gregory}) {
    parameter.choices.emplace_back(to_string(rule));
  }
  return parameter;
}

Parameter quadrature_alpha_parameter() {
  return {"alpha", ParameterType::real, "", fmt::format("{} … {}", compute::kMinQuadratureAlpha, compute::kMaxQuadratureAlpha),
          "order of the derivative; below 0, of the integral"};
}

compute::QuadratureRule quadrature_rule(const ParameterValues& values) {
  return compute::parse_quadrature_rule(value_of<std::string>(values, "scheme")).value();
}

Evaluation quadrature() {
  return {"quadrature", "Weights of convolution quadrature, Σ omega_n z^n = delta(z)^alpha, for step 1",
          "2 ulp where omega_n is not beside a change of sign",
          {quadrature_scheme_parameter(), quadrature_alpha_parameter(), count_parameter(),
           first_parameter(0, last_quadrature_index(compute::QuadratureRule::bdf1))},
          evaluate_quadrature};
}

}  // namespace almanac::evaluations
