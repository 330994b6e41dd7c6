#pragma once

#include <cstddef>

namespace almanac::compute::mlf {

/// The array of a MittagLefflerSpectrum, by index:
///   kVersionAt … kDerivativeAt  what it is a table of
///   kTaylorAt                   kTaylor coefficients about zero, used for |x| < 2^(first exponent)
///   kSidesAt                    two sides, x < 0 and x > 0, of kSide numbers each: exponent of the first octave, number of
///                               octaves, where their list is, where the side's asymptotic series is and how many terms it has
///   kExponentialAt              where the coefficients of the exponential part are, and how many
///   then those lists: an octave is two numbers, its intervals (0: none, each value is computed) and where their polynomials
///   are, kCoefficients each, lowest power first, in t from -1 to 1.
inline constexpr double kSpectrumVersion = 1;
inline constexpr std::size_t kVersionAt = 0, kAlphaAt = 1, kBetaAt = 2, kGammaAt = 3, kDerivativeAt = 4;
inline constexpr std::size_t kTaylorAt = 5, kTaylor = 14;
inline constexpr std::size_t kSidesAt = kTaylorAt + kTaylor, kSide = 5;
inline constexpr std::size_t kFirstExponent = 0, kOctaves = 1, kOctaveList = 2, kSeriesAt = 3, kSeriesTerms = 4;
inline constexpr std::size_t kExponentialAt = kSidesAt + 2 * kSide;
inline constexpr std::size_t kHeader = kExponentialAt + 2;
inline constexpr std::size_t kCoefficients = 12;
inline constexpr int kMaxIntervalBits = 12;

}  // namespace almanac::compute::mlf
