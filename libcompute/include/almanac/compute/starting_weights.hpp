#pragma once

#include <almanac/compute/convolution_quadrature.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace almanac::compute {

inline constexpr std::size_t kMaxStartingExponents = 64;
inline constexpr double kMaxStartingExponent = 16.0;
inline constexpr std::uint64_t kMaxStartingSteps = 10'000'000;

/// {i + j |alpha| : i, j = 0, 1 …} up to `last`, increasing: the powers of t that the solutions of equations of order alpha begin
/// with. For a rule of order p, last = p - 1. Of sums closer than 1e-12 the one with the smaller j stays.
/// Errors:   ArgumentError naming alpha ← 0, not finite, or |alpha| > 4; last ← not in [0, kMaxStartingExponent], or giving more
///           than kMaxStartingExponents
std::vector<double> starting_exponents(double alpha, double last);

/// Starting weights w_{n,j}: with them
///   D^alpha f(n h) ≈ h^-alpha (Σ_{k=0}^{n} omega_{n-k} f(k h) + Σ_{j=0}^{s} w_{n,j} f((first_node + j) h)),  n = 1 … steps,
/// is exact for every power t^gamma of `exponents`, s + 1 of them; omega as quadrature_weights has them, alpha < 0 the integral.
struct StartingWeights {
  std::vector<double> exponents;
  std::uint64_t steps = 0;
  int first_node = 0;           ///< 0 when the exponents begin with 0; else 1, as all powers vanish at 0
  std::vector<double> weights;  ///< (steps, s + 1): w_{n,j} at (n-1) (s+1) + j

  double condition = 1;    ///< of the system (node_j^gamma_i) of exponential Vandermonde type: ‖ |V^-1| |V| ‖, Skeel's
  double digits_lost = 0;  ///< the decimal digits of 34 that system and convolution sums cancel, in the worst row
  double error = 0;        ///< bound, to first order, of the error of a row relative to its largest weight, in the worst row;
                           ///< where all of them are below 2^-40 omega_0 (rows of whole orders vanish), relative to that
};

/// Shapes:   exponents increasing, in [0, kMaxStartingExponent], at most kMaxStartingExponents
/// Units:    for h = 1
/// Errors:   ArgumentError naming alpha, rule ← as quadrature_weights; exponents ← empty, too many, outside the range or not
///           increasing (with index and value), of a condition beyond 1e30, or with an `error` of 1 or more: nothing of a row
///           would be right; steps ← outside [1, kMaxStartingSteps]; threads ← below 1
/// Threads:  thread-safe; a row has the same bits for every number of steps and threads
/// Cost:     O((s+1) steps), some 5 µs (s+1) a row and (s+1) 10 ms at first; (s+1) steps doubles
/// Accuracy: `error`, in quadruple precision: the values Σ omega_{n-k} k^gamma are summed directly up to n = 400 at most, and
///           behind that come from their asymptotic expansion, cut below 2^-110. Never hidden: exponents close to each other,
///           as for alpha near a fraction, or many of them, lose digits. Proved by StartingWeights.AreWithin…, with golden
///           values of 180 digits, and for exactness by StartingWeights.MakeTheirPowersExact
/// Source:   Lubich 1986, SIAM J. Math. Anal. 17, 704; on their conditioning Diethelm, J. M. Ford, N. J. Ford, Weilbeer
///           2006, J. Comput. Appl. Math. 186, 482. Expansion: Flajolet, Odlyzko 1990, SIAM J. Discrete Math. 3, 216,
///           with Σ n^gamma e^{-n x} = Gamma(gamma+1) x^{-gamma-1} + Σ_m zeta(-gamma-m) (-x)^m / m! (DLMF 25.12.12)
StartingWeights starting_weights(QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps,
                                 int threads = 1);

}  // namespace almanac::compute
