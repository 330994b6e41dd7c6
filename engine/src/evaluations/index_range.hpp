#pragma once

#include <almanac/parameter.hpp>

#include <cstdint>

namespace almanac::evaluations {

/// The most rows that one call gives: what is beyond is asked for with `first`.
inline constexpr std::int64_t kMostRows = 10'000'000;

/// The indices that are asked for.
struct IndexRange {
  std::uint64_t first;
  std::size_t count;
};

/// The parameters n and first of a function whose values have the indices lowest … last.
Parameter count_parameter();
Parameter first_parameter(std::int64_t lowest, std::int64_t last);

/// Where `first` is left out, `lowest` is meant. Errors: compute::ArgumentError naming n or first ← an index outside lowest … last,
/// or more than kMostRows.
IndexRange index_range(const ParameterValues& values, std::int64_t lowest, std::int64_t last);

}  // namespace almanac::evaluations
