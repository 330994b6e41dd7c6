#pragma once

#include "problem.hpp"

namespace almanac::compute::mlf {

/// Σ_j (order)_j / j! z^j / Gamma(beta + alpha (k + j)), at most `most` terms. Where they did not suffice, the error says so.
template <class T>
Estimate<T> power_series(const Problem<T>& problem, Complex<T> z, int most) {
  Complex<T> sum, slope, power(1);
  T absolute_sum = 0, rounding = 0, before = 0, factor = 1;
  for (int j = 0;; ++j) {
    const T index = static_cast<T>(problem.derivative + j), x = problem.beta + problem.alpha * index;
    const Complex<T> term = (factor * problem.reciprocal_gamma_at(index)) * power;
    sum += term;
    slope += static_cast<T>(j) * term;
    const T size = size_of(term);
    absolute_sum += size;
    // Each of the products that make a reciprocal Gamma function rounds, and each of those that make z^j.
    rounding += size * (8 + absolute(x) / 4 + static_cast<T>(j) / 4);
    const T ratio = before > 0 ? size / before : 1;
    before = size;
    if (x > 2 && ratio < static_cast<T>(0.9) && size * ratio < kUnit<T> / 16 * (1 - ratio) * absolute_sum)
      return {sum, rounding * kUnit<T>, size_of(slope)};
    if (j == most) return {sum, absolute_sum + 1, 0};
    power *= z;
    factor *= (problem.order + static_cast<T>(j)) / static_cast<T>(j + 1);
  }
}

}  // namespace almanac::compute::mlf
