#pragma once

#include <almanac/compute/fractional_scheme.hpp>

#include <cstdint>
#include <optional>

namespace almanac::compute {

/// Finds x = rate h^alpha for which a scheme lets y grow in D^alpha y = -rate y on equal steps h, although the equation does not. Each
/// value of a scheme is a sum over those before it, so that Y(z) = Σ y_n z^n is a quotient whose denominator the scheme has: of
/// convolution quadrature delta(z)^alpha + x, of product integration 1 + x W(z), W the transform of its weights. A zero z_0 of it
/// lets y grow as |z_0|^-n: searched are zeros with |z_0|^-steps > 2, by how often the denominator turns about 0 on the circle
/// |z| = 2^(-1/steps).
/// alpha:    in (0, 2]; corrections: of predictor_corrector
/// steps:    ≥ 1; least, most: the x in question, 0 < least ≤ most
/// Gives:    an x of [least, most] with such a zero, or none. l1, l1_2 and l2_1_sigma: none, they are known to be stable
/// Errors:   ArgumentError ← fractional_order's; steps, least, most ← outside the ranges above
/// Threads:  thread-safe
/// Cost:     below a millisecond; predictor_corrector, whose denominator is no line in x, 5 ms
/// Accuracy: every x, but of predictor_corrector: there most 2^(-k/16), k = 0 … 192, are tried. What a scheme's first steps make of y
///           (corrections, starting weights) is a factor of its own. SchemeStability.…
/// Source:   Lubich 1986, Math. Comput. 46, 599 (theorem 2.1: the solution decays if the denominator has no zero in |z| ≤ 1); l1 of
///           alpha above 1: Sun, Wu 2006, Appl. Numer. Math. 56, 193 (theorem 4.1); product integration: the polylogarithm's series,
///           Wood 1992, Univ. of Kent report 15-92, (9.3)
std::optional<double> find_growth(FractionalScheme scheme, double alpha, int corrections, std::int64_t steps, double least, double most);

}  // namespace almanac::compute
