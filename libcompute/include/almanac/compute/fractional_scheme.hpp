#pragma once

#include <optional>
#include <string_view>

namespace almanac::compute {

/// How an equation of fractional order is stepped. The first order is that on a uniform mesh for a solution that is smooth and, less
/// its initial part, flat at t_0; behind it that at a fixed time t > t_0 for one that begins as t^alpha, as those of smooth right
/// sides do. Riemann–Liouville data that are not zero leave the order 1 + the lowest power in Q, where that is less: alpha, and
/// alpha + 1 - m where b_m is not zero.
enum class FractionalScheme {
  // convolution quadrature of the derivative; any orders up to 4, several terms
  grunwald,  ///< bdf1: order 1, 1
  /// backward differences of order p: p, and p again with corrections at the start (StartCorrection). Stable for steps of any size where
  /// f = A y + g, A with real eigenvalues ≤ 0, and alpha is up to 2 (bdf2), 1.91, 1.68, 1.40, 1.11 (bdf6): beyond, only for steps
  /// below some of alpha's and A's. FractionalStability.…
  bdf2,
  bdf3,
  bdf4,
  bdf5,
  bdf6,
  // fractional linear multistep methods: convolution quadrature of the integral, with starting weights; 0 < alpha ≤ 2
  trapezoidal,     ///< 2, 2
  newton_gregory,  ///< 2, 2
  flmm_bdf2,       ///< 2, 2
  // piecewise polynomials differentiated; 0 < alpha < 1, several terms
  l1,    ///< 2 - alpha, 1; for one term of 1 < alpha < 2 on a uniform mesh that of Sun and Wu: 3 - alpha, and 1 … 3 - alpha
  l1_2,  ///< 3 - alpha, 1
  l2_1_sigma,  ///< 2, 1: the derivative is of order 3 - alpha, but f stands between two levels. One term
  // product integration; 0 < alpha ≤ 2
  rectangle_explicit,  ///< 1, 1
  rectangle_implicit,  ///< 1, 1
  product_trapezoid,   ///< 2, min(2, 1 + alpha)
  predictor_corrector,  ///< explicit: rectangle, then the trapezoid `corrections` times: min(2, 1 + corrections alpha), min(2, 1 + alpha)
};

std::string_view to_string(FractionalScheme scheme) noexcept;
std::optional<FractionalScheme> parse_fractional_scheme(std::string_view name) noexcept;  ///< also "bdf1"

/// The first of the two orders above, for one term.
/// Errors: ArgumentError naming alpha ← outside the scheme's range; scheme ← no enumerator; corrections ← below 1
double fractional_order(FractionalScheme scheme, double alpha, int corrections = 1);

/// Whether a scheme takes any increasing mesh, not only a uniform one: l1 (alpha < 1), l1_2, l2_1_sigma and product integration.
bool takes_any_mesh(FractionalScheme scheme) noexcept;

/// What the first steps of bdf2 … bdf6, and of trapezoidal, newton_gregory and flmm_bdf2, are given so that their order survives a
/// solution that is not smooth at t_0. FractionalSolution::start() says which it was.
enum class StartCorrection {
  /// bdf2 … bdf6: one term, initial; several terms, starting_weights; none for Riemann–Liouville data that are not zero, and for
  /// Grünwald–Letnikov. Multistep schemes: starting_weights. Where these cannot be made or would multiply roundings to more than
  /// 2e-10 (orders close to each other, many of them, alpha below about 0.12), initial; where there are too few steps for
  /// that, none: FractionalSolution::start_reason()
  automatic,
  none,  ///< order 1
  /// Jin, Li, Zhou: order p where f(t, y) = A y + g(t) with g smooth; for other f, min(p, 1 + 2 alpha). The derivatives of
  /// t ↦ f(t, P(t)) at t_0, P the initial polynomial, are taken by differences of it at t_0, t_1 … t_(p-2), of their order. Derivatives
  /// of P of lower terms, t^gamma, are integrals of a constant and corrected as that is (gamma up to 2; others leave 1 + gamma). Refused
  /// where P is not a polynomial. Multistep schemes: half of f(t_0) at step 1 or 2, the same by which a constant is integrated to order 2.
  initial,
  /// Lubich: exact for the powers of t that solutions begin with, below alpha + p - 1 (of f: up to 1, for the multistep schemes), so
  /// order p for any smooth f. The steps that they couple are solved as one system.
  starting_weights,
};
std::string_view to_string(StartCorrection correction) noexcept;
std::optional<StartCorrection> parse_start_correction(std::string_view name) noexcept;

}  // namespace almanac::compute
