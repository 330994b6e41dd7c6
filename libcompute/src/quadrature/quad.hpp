#pragma once

#include <cstdint>

namespace almanac::compute::quadrature {

__extension__ typedef __float128 Quad;  ///< 113 bits, in software: 30 to 60 ns an operation

/// Elementary and special functions in quadruple precision, for coefficients that are made once and rounded at the end: some
/// units of 2^-110 relative, where nothing else is said. They take what the quadratures need and check nothing.
Quad exp(Quad x);  ///< |x| ≤ 5000; the rounding of x itself counts |x| times
Quad expm1(Quad x);  ///< exp(x) - 1, relatively accurate also next to 0
Quad log(Quad x);  ///< x > 0, within the range of double; absolute error
/// base^exponent for base ≥ 0; 0^0 = 1. Relative error 2^-112 (4 + |exponent log base|).
Quad pow(Quad base, Quad exponent);
/// base^exponent - 1 for base ≥ 0 and exponent > 0, relatively accurate also for a tiny exponent.
Quad power_less_one(Quad base, Quad exponent);
Quad sin_pi(Quad x);            ///< sin(pi x), exact 0 at integers
Quad reciprocal_gamma(Quad x);  ///< 1 / Gamma(x), exact 0 at 0, -1, -2 …
Quad zeta(Quad s);              ///< Riemann's, s ≤ 0 or s > 1, |s| ≤ 150; exact 0 at -2, -4 …

/// binom(s, j) = s (s-1) … (s-j+1) / j!; relatively accurate also where s is next to an integer.
Quad binomial(Quad s, int j);

}  // namespace almanac::compute::quadrature
