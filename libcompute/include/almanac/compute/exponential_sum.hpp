#pragma once

#include <cstdint>
#include <vector>

namespace almanac::compute {

/// Weights written as a sum of decaying exponentials, ŵ_n = Σ_q coefficients[q] exp(-rates[q] (n - first)).
struct ExponentialSum {
  std::int64_t first = 1, last = 1;  ///< the indices n it stands for
  std::vector<double> rates;         ///< > 0, increasing
  std::vector<double> coefficients;  ///< as many
  double bound = 0;                  ///< Σ_{first ≤ n ≤ last} |w_n - ŵ_n| is at most this
};

inline constexpr double kMinExponentialTolerance = 1e-15;
inline constexpr std::int64_t kMinExponentialFirst = 4;
inline constexpr std::int64_t kMaxExponentialLast = 100'000'000;

/// The Grünwald–Letnikov weights w_first … w_last of alpha as a sum of exponentials. For n > alpha
///   w_n = -(sin πalpha / π) ∫_0^∞ exp(-(n-alpha)s) (1 - exp(-s))^alpha ds;
/// the trapezoidal rule in x = ln s, step h, gives nodes s_j = exp(x_j). Those so slow that exp(-ns) hardly bends up to `last`
/// are then replaced by the Gauss rule of the same discrete measure.
/// Accuracy: bound ≤ tolerance + 1e-15. It is the sum of what the rule leaves out, each rigorous:
///           - between the nodes: f is analytic for |Im x| < d < π/2 and there |1 - exp(-s)| ≤ |s|, so a weight is off by at most
///             2 |sin πalpha / π| Γ(1+alpha) ((n-alpha) cos d)^(-1-alpha) / (exp(2πd/h) - 1);
///           - nodes too fast or too slow to keep: their terms added up;
///           - Gauss nodes, as they came out of their eigenvalue problem, roundings and all: the difference to the nodes that they
///             replace, an entire function of n, is evaluated at Chebyshev points in extended precision; between them it is
///             bounded by Lebesgue's constant and the remainder of interpolation. Places divided by the largest of them are off by
///             half a unit, which counts 1/e of their mass;
///           - the rounding of rates and coefficients, 4 units of each.
///           exponential_sum_test.cpp adds up |w_n - ŵ_n| itself, n to 1e6. For an integer alpha there is nothing to sum:
///           no nodes, and the weights behind alpha are zero
/// Errors:   ArgumentError naming alpha ← outside (0, 2]; first ← outside [kMinExponentialFirst, last]; last ← above
///           kMaxExponentialLast; tolerance ← outside [kMinExponentialTolerance, 1]
/// Cost:     about ln(last/first) ln(1/tolerance) / 10 + 8 nodes; 0.1 ms
/// Source:   the integral: Euler's beta integral and reflection; trapezoidal rule: L. N. Trefethen, J. A. C. Weideman 2014, SIAM
///           Review 56, theorem 5.1; the Gauss rule for slow exponents: after G. Beylkin, L. Monzón 2010, ACHA 28
ExponentialSum grunwald_exponentials(double alpha, std::int64_t first, std::int64_t last, double tolerance);

}  // namespace almanac::compute
