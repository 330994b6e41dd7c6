#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace almanac::compute {

/// The quotient delta(z) of generating polynomials that stands for h d/dt; its power alpha is D^alpha.
enum class QuadratureRule {
  bdf1,            ///< 1 - z: Grünwald–Letnikov
  bdf2,            ///< backward differences, Σ_{k=1}^{p} (1-z)^k / k for p = 2 … 6
  bdf3,
  bdf4,
  bdf5,
  bdf6,
  trapezoidal,     ///< 2 (1-z) / (1+z): the fractional trapezoidal rule, of order 2
  newton_gregory,  ///< (1-z) (1 + alpha/2 (1-z))^(1/alpha), so that the power alpha has one term more than Grünwald–Letnikov
};

std::string_view to_string(QuadratureRule rule) noexcept;
std::optional<QuadratureRule> parse_quadrature_rule(std::string_view name) noexcept;

/// The order of convergence: 1 … 6 for the backward differences, 2 for the two others.
int quadrature_order(QuadratureRule rule) noexcept;

inline constexpr double kMinQuadratureAlpha = -2.0;
inline constexpr double kMaxQuadratureAlpha = 4.0;
inline constexpr std::uint64_t kMaxQuadratureIndex = 100'000'000;
inline constexpr std::uint64_t kMaxTrapezoidalIndex = 10'000'000;  ///< its weights are run through from the first

/// Weights of convolution quadrature, Σ_n omega_n z^n = delta(z)^alpha:
///   D^alpha f (n h) ≈ h^-alpha Σ_{k=0}^{n} omega_k f((n-k) h),
/// Riemann–Liouville with f = 0 before 0; alpha < 0 is the integral of order -alpha. alpha is exactly the double given.
/// Shapes:   out[i] = omega_(first + i); any first, length and alignment
/// Units:    for h = 1; the caller scales by h^-alpha
/// Errors:   ArgumentError naming alpha ← NaN or outside [-2, 4]; first ← above kMaxQuadratureIndex (trapezoidal:
///           kMaxTrapezoidalIndex); out.size() ← the last index would be above it; threads ← below 1; rule ← no enumerator.
///           out is untouched then
/// Threads:  thread-safe; omega_n has the same bits for every first, length, thread count and alignment
/// Cost:     as grunwald_weights from n = 512 on, 13 ns a weight more; before, up to 1 µs a weight, run through for any longer
///           table. trapezoidal: 0.2 µs a weight, from the first on
/// Accuracy: 2 ulp for every n (bound in convolution_quadrature.cpp) where omega_n is not beside a change of sign: up to n = 511
///           it is the correctly rounded value of one with an error below 2^-95 of the largest weight among it and its six
///           predecessors. Also for alpha next to a whole number, where the weights are small; exact 0 where the weights of a
///           whole alpha end. Proved against golden values of 140 digits by ConvolutionQuadrature.AreWithinTwoUlp…
/// Source:   Lubich 1986, SIAM J. Math. Anal. 17, 704; recurrence of J. C. P. Miller (Henrici 1974, theorem 1.6c); trapezoidal
///           and Newton–Gregory: Garrappa 2015, Math. Comput. Simulation 110, 96
void quadrature_weights(QuadratureRule rule, double alpha, std::uint64_t first, std::span<double> out, int threads = 1);

/// Corrections of the first steps, with which convolution quadrature by backward differences keeps its order when the solution
/// is not smooth at 0. For D^alpha (u - u(0) - t u'(0)) = A u + f, with 0 < alpha < 1 (no u'(0)) or 1 < alpha < 2, and
/// g = A (u(0) + t u'(0)) + f, the equation of the step n = 1 … p-1 has on its right side in addition
///   Σ_{m=0}^{p-2} c_{m,n} h^m g^(m)(0).
/// They do not depend on alpha: Σ_n c_{m,n} n^l = -zeta(-m-l) / m! for l = 0 … p-2-m, c_{m,n} = 0 for n > p-1-m.
/// Shapes:   c_{m,n} is element n-1 of the result, which has p-1; empty for bdf1
/// Errors:   ArgumentError naming rule ← not one of bdf1 … bdf6; derivative (m) ← outside [0, max(0, p-2)]
/// Threads:  thread-safe; the memory is static
/// Accuracy: fractions rounded once; the conditions above hold to rounding, QuadratureCorrections.…
/// Source:   Jin, Li, Zhou 2017, SIAM J. Sci. Comput. 39, A3129: a_n = c_{0,n}, b_{l,n} = c_{l,n}. Order p
///           for alpha in (1, 2) needs the spectrum of A within the stability sector of delta^alpha: for real spectra alpha <
///           1.91, 1.68, 1.40, 1.11 with bdf3 … bdf6
std::span<const double> initial_corrections(QuadratureRule rule, int derivative);

}  // namespace almanac::compute
