#pragma once

#include <almanac/compute/grunwald.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace almanac::compute {

__extension__ typedef __float128 Quad;  ///< 113 bits

/// The distance from |x| to the next larger double.
inline double ulp(double x) {
  return std::nextafter(std::abs(x), std::numeric_limits<double>::infinity()) - std::abs(x);
}

/// The largest error of w_0 … w_last in ulp, against w_k = w_(k-1) (k-1-alpha)/k in quadruple precision: an oracle that shares
/// nothing with the kernel, k-1-alpha being exact for |alpha| ≥ 2^-60 and its two roundings a step adding up to 2^-85 at 1e8.
inline double largest_error(double alpha, std::uint64_t last) {
  std::vector<double> part(std::size_t{1} << 20);
  Quad exact = 1;
  double worst = 0;
  for (std::uint64_t first = 0; first <= last; first += part.size()) {
    const auto out = std::span(part).first(std::min<std::uint64_t>(part.size(), last - first + 1));
    grunwald_weights(alpha, first, out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto k = static_cast<double>(first + i);
      if (k > 0) {
        exact = exact * (Quad(k - 1) - Quad(alpha)) / Quad(k);
      }
      const double error = std::abs(static_cast<double>(Quad(out[i]) - exact)) / ulp(static_cast<double>(exact));
      worst = error <= worst ? worst : error;  // a NaN stays
      if (std::isnan(worst)) {
        return worst;
      }
    }
  }
  return worst;
}

}  // namespace almanac::compute
