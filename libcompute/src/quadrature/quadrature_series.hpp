#pragma once

#include <almanac/compute/convolution_quadrature.hpp>

#include "quad.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace almanac::compute::quadrature {

/// 60 delta(z) of BDFp as whole numbers: coefficients of 1, z … z^6.
using BdfPolynomial = std::array<int, 7>;
BdfPolynomial bdf_polynomial(int steps);  // 1 ≤ steps ≤ 6

/// The first `count` weights in quadruple precision; a shorter table is a prefix of a longer one.
std::vector<Quad> leading_weights(QuadratureRule rule, double alpha, std::size_t count);

/// Coefficients of (Σ_j base[j] x^j)^exponent, base[0] ≠ 0, by Miller's recurrence.
std::vector<Quad> power_of_series(const std::vector<Quad>& base, Quad exponent, std::size_t count);

/// b_j of delta^alpha = (1-z)^alpha Σ_j b_j (1-z)^j; not for trapezoidal.
std::vector<Quad> series_about_one(QuadratureRule rule, double alpha, std::size_t count);

}  // namespace almanac::compute::quadrature
