#pragma once

#include <cstdint>
#include <span>

namespace almanac::compute {

inline constexpr double kMinGrunwaldAlpha = -2.0;
inline constexpr double kMaxGrunwaldAlpha = 4.0;
inline constexpr std::uint64_t kMaxGrunwaldIndex = 100'000'000;

/// Grünwald–Letnikov weights w_k = (-1)^k binom(alpha, k) = Gamma(k - alpha) / (Gamma(-alpha) k!), the coefficients of
/// (1 - z)^alpha; alpha is exactly the double given.
/// Shapes:   out[i] = w_(first + i); any first, length and alignment
/// Errors:   ArgumentError naming alpha ← NaN or outside [-2, 4]; first ← above kMaxGrunwaldIndex; out.size() ← the last
///           index would be above it; threads ← below 1. out is untouched then
/// Threads:  thread-safe; w_k has the same bits for every first, length, thread count, alignment and instruction set
/// Cost:     5 ns a weight up to k = 1024, run through for any longer table and any first; beyond, 9 multiplications and 10
///           additions a weight, at the speed of memory with AVX-512; no allocation
/// Accuracy: 0.8 ulp (bound in grunwald_kernel.hpp; 0.61 seen), and exact for integer alpha; proved against golden values of 60
///           digits and for every k by GrunwaldTarget, GrunwaldWeights.AreWithinFourFifthsOfAnUlp… and GrunwaldScan
/// Source:   recurrence: I. Podlubny 1999, Fractional Differential Equations, chapter 7; expansion: F. Tricomi, A. Erdélyi 1951,
///           Pacific J. Math. 1, 133; in centred form: J. L. Fields 1966, Proc. Edinburgh Math. Soc. 15, 43 (DLMF 5.11.14)
void grunwald_weights(double alpha, std::uint64_t first, std::span<double> out, int threads = 1);

/// The obvious version, w_k = w_(k-1) (1 - (alpha+1)/k) from w_0 = 1 in double: what the fast one is measured against.
/// Shapes:   out[k] = w_k
/// Accuracy: the rounding of alpha + 1 and of each factor add up: some ulp at k = 100, thousands at k = 1e8
void grunwald_recurrence(double alpha, std::span<double> out);

}  // namespace almanac::compute
