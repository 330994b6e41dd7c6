#pragma once

#include <chrono>
#include <concepts>
#include <limits>

namespace almanac::cache {

/// The sum; what would run over stays at the end of its range.
template <std::integral Number>
Number saturated_sum(Number a, Number b) noexcept {
  Number sum{};
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < Number{} ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
}

inline std::chrono::nanoseconds saturated_sum(std::chrono::nanoseconds a, std::chrono::nanoseconds b) noexcept {
  return std::chrono::nanoseconds(saturated_sum(a.count(), b.count()));
}

}  // namespace almanac::cache
