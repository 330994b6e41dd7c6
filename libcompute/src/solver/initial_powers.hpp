#pragma once

#include "run.hpp"

#include <almanac/compute/convolution_quadrature.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace almanac::compute::stepping {

/// Σ c_i D^(alpha_i) of the initial part at the steps: powers t^gamma, each as it is, or as a sequence that initial corrections have made
/// of it and that keeps the order of backward differences where t^gamma itself leaves 1 + gamma.
///
/// t^gamma is Gamma(gamma + 1) times the integral of order gamma of 1; the sequence is that integral by the rule's own quadrature of the
/// constant as it is corrected, 1 + c_{0,n} in the steps n ≥ 1. What the scheme makes of it is then a quadrature in powers of delta alone.
/// Source: after Lubich, Sloan, Thomée 1996, Math. Comput. 65, 1, and Jin, Li, Zhou 2017, SIAM J. Sci. Comput. 39, A3129
class InitialPowers {
 public:
  /// corrected: for bdf2 … bdf6; powers above 2, of whose integrals there are no weights, stay as they are.
  InitialPowers(Run& run, QuadratureRule rule, bool corrected);

  bool any() const noexcept { return run_.initial.has_derivatives(); }
  void at(std::int64_t step, std::span<double> out) const;

 private:
  const Run& run_;
  std::vector<std::vector<double>> sequences_;  ///< of each power, n = 0 … steps; none: as it is
};

}  // namespace almanac::compute::stepping
