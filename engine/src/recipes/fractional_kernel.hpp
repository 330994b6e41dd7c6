#pragma once

#include <almanac/cache/cache.hpp>

#include <cstdint>

namespace almanac::recipes {

/// The table of order alpha that holds at least n weights.
/// Errors: compute::ArgumentError ← alpha outside its range, n < 1 or beyond the last index or this machine's memory.
cache::Request fractional_kernel_request(double alpha, std::int64_t n);

/// dt^-alpha. Errors: compute::ArgumentError ← dt not above 0, or a scale that overflows or vanishes.
double fractional_scale(double alpha, double dt);

/// How many weights are stored where n are needed: powers of two from 1024 to 2^20, then multiples of 2^20.
std::int64_t covering_length(std::int64_t n) noexcept;

}  // namespace almanac::recipes
