#include "evaluations/evaluations.hpp"
#include "evaluations/quadrature_scheme.hpp"

#include <almanac/compute/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace almanac::evaluations {

Evaluation initial_corrections() {
  Parameter scheme = quadrature_scheme_parameter();
  std::erase_if(scheme.choices, [](const std::string& word) { return !word.starts_with("bdf"); });
  scheme.help = "backward differences";
  return {"initial_corrections", "Corrections c_n of the first steps, n = 1 … p - 1, of the derivative g^(m)(0)", "fractions, rounded once",
          {scheme, {"derivative", ParameterType::integer, "0", "0 … p - 2", "m, which derivative of the right side"}},
          [](const ParameterValues& values) {
            const auto derivative = value_of<std::int64_t>(values, "derivative");
            const int last = std::max(0, compute::quadrature_order(quadrature_rule(values)) - 2);
            if (derivative < 0 || derivative > last)
              throw compute::ArgumentError("derivative", fmt::format("{}", derivative), fmt::format("lie in [0, {}]", last));
            const auto list = compute::initial_corrections(quadrature_rule(values), static_cast<int>(derivative));
            return Evaluated{{"correction"}, std::vector<double>(list.begin(), list.end())};
          }};
}

}  // namespace almanac::evaluations
