#include "evaluations/index_range.hpp"

#include <almanac/compute/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace almanac::evaluations {

Parameter count_parameter() { return {"n", ParameterType::integer, "", fmt::format("1 … {}", kMostRows), "how many"}; }

Parameter first_parameter(std::int64_t lowest, std::int64_t last) {
  return {"first", ParameterType::integer, fmt::format("{}", lowest), fmt::format("{} … {}", lowest, last), "index of the first"};
}

IndexRange index_range(const ParameterValues& values, std::int64_t lowest, std::int64_t last) {
  const auto given = values.find("first");
  const std::int64_t first = given == values.end() ? lowest : std::get<std::int64_t>(given->second);
  const auto n = value_of<std::int64_t>(values, "n");
  if (first < lowest || first > last) {
    throw compute::ArgumentError("first", fmt::format("{}", first), fmt::format("lie in [{}, {}]", lowest, last));
  }
  const std::int64_t most = std::min(kMostRows, last - first + 1);
  if (n < 1 || n > most) {
    throw compute::ArgumentError("n", fmt::format("{}", n), fmt::format("lie in [1, {}] where first = {}", most, first));
  }
  return {static_cast<std::uint64_t>(first), static_cast<std::size_t>(n)};
}

}  // namespace almanac::evaluations
