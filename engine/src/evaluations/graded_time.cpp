#include "evaluations/graded_time.hpp"
#include "evaluations/index_range.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/time_mesh.hpp>

#include <fmt/format.h>

namespace almanac::evaluations {

std::vector<Parameter> graded_time_parameters() {
  return {{"end", ParameterType::real, "1", "above 0", "last point"},
          {"steps", ParameterType::integer, "", fmt::format("1 … {}", kMostRows - 1), "number of intervals"},
          {"grading", ParameterType::real, "1", "1 … 100", "power of n / steps; 1: uniform"}};
}

std::vector<double> graded_time(const ParameterValues& values) {
  const auto steps = value_of<std::int64_t>(values, "steps");
  if (steps < 1 || steps >= kMostRows) {
    throw compute::ArgumentError("steps", fmt::format("{}", steps), fmt::format("lie in [1, {}]", kMostRows - 1));
  }
  return compute::graded_mesh(value_of<double>(values, "end"), static_cast<std::uint64_t>(steps), value_of<double>(values, "grading"));
}

}  // namespace almanac::evaluations
