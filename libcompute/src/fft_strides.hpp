#pragma once

#include <almanac/compute/fft.hpp>

#include <cstdint>
#include <limits>

namespace almanac::compute {

/// A product that stays at the largest value once it does not fit.
inline std::uint64_t saturated_product(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max() : product;
}
inline std::uint64_t saturated_sum(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::uint64_t>::max() : sum;
}

/// How many there are, that they are 1 or more, and how the sides go together in place.
/// Errors: ArgumentError. Precondition: strides are there; extent and transforms are checked
void check_stride_values(const FftProblem& problem);

/// That each element has a place of its own; in place each row of r2c and c2r, too, real and complex numbers together.
/// Errors: ArgumentError ← they do not, or that takes too long to find out. Precondition: check_stride_values; spans that fit into memory
/// Cost:   no memory; a few steps an axis where every stride steps over all that lies within it, or where two do not; where
///         more of them do not, the more the more that lies within goes beyond each, up to some milliseconds
void check_places(const FftProblem& problem);

/// Elements from the first to the last of one side, at most the largest value there is.
/// Precondition: check_stride_values
std::uint64_t strided_span(const FftProblem& problem, bool output);

}  // namespace almanac::compute
