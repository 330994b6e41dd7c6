#pragma once

#include <almanac/compute/convolution_quadrature.hpp>

#include "quad.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace almanac::compute::quadrature {

/// A value in quadruple precision with a bound of its error, to first order.
struct Bounded {
  Quad value;
  double error;
};

/// What convolution quadrature leaves of D^alpha t^gamma at n, h = 1:
///   E_gamma(n) = Gamma(gamma+1) / Gamma(gamma-alpha+1) n^(gamma-alpha) - Σ_{k=0}^{n} omega_{n-k} k^gamma,  0^0 = 1.
/// For n < direct_end() by its sum. From there on by the expansion at the singularities of its generating function on the unit
/// circle: with z = e^-x, delta(z)^alpha = x^alpha Σ d_m x^m and Σ k^gamma z^k = Gamma(gamma+1) x^(-gamma-1) + Σ_m l_m x^m,
/// l_m = zeta(-gamma-m) (-1)^m / m!,
///   E ~ -Σ_{m≥1} Gamma(gamma+1) d_m n^(gamma-alpha-m) / Gamma(gamma-alpha+1-m) - Σ_{m≥0} (d * l)_m n^(-alpha-1-m) /
///   Gamma(-alpha-m);
/// trapezoidal has a second singularity at z = -1, where delta^alpha = 4^alpha x^-alpha Σ d'_m x^m. The other zeros of delta,
/// outside the circle, have decayed by 2^84 or more at direct_end().
class StartingDefects {
 public:
  StartingDefects(QuadratureRule rule, double alpha, std::span<const double> exponents);

  std::uint64_t direct_end() const { return leading_.size(); }
  /// E of all exponents at n ≥ 1.
  void at(std::uint64_t n, std::span<Bounded> out) const;

 private:
  /// Σ_m c_m n^(exponent-m), with the number of terms for each octave of n from direct_end() on.
  struct Expansion {
    Quad exponent;
    std::vector<Quad> terms;
    std::vector<std::size_t> length;
  };
  Expansion cut(Quad exponent, std::vector<Quad> terms) const;
  /// n, its reciprocal and its logarithm.
  struct Index {
    std::uint64_t n;
    Quad reciprocal, logarithm;
  };
  Bounded evaluate(const Expansion& expansion, const Index& index, Quad power) const;
  Bounded sum_directly(std::size_t i, std::uint64_t n) const;

  Quad alpha_;
  std::vector<Quad> leading_;               // omega_0 …
  std::vector<Quad> exponents_, factors_;   // Gamma(gamma+1) / Gamma(gamma-alpha+1)
  std::vector<std::vector<Quad>> powers_;   // k^gamma, k < direct_end()
  std::vector<Expansion> smooth_, initial_, alternating_;  // an exponent each; the last for trapezoidal alone
};

}  // namespace almanac::compute::quadrature
