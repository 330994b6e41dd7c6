#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::compute {

using Real = long double;

/// log2 of the ratio of the last two of the errors at N, 2 N, 4 N … steps.
inline double observed_order(const std::vector<std::uint64_t>& steps, const std::function<Real(std::uint64_t)>& error) {
  Real before = 0, last = 0;
  for (const std::uint64_t count : steps) {
    before = last;
    last = std::abs(error(count));
  }
  return static_cast<double>(std::log2(before / last) / std::log2(static_cast<Real>(steps.back()) / steps[steps.size() - 2]));
}

inline void expect_order(double expected, double tolerance, const std::vector<std::uint64_t>& steps,
                         const std::function<Real(std::uint64_t)>& error, const std::string& what) {
  const double order = observed_order(steps, error);
  EXPECT_NEAR(order, expected, tolerance) << what;
}

inline std::string named(std::string_view scheme, double alpha) {
  return std::string(scheme) + ", alpha = " + std::to_string(alpha);
}

}  // namespace almanac::compute
