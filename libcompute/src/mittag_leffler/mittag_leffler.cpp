// The public door: what is refused, what is a limit, and the step back to double.
#include <almanac/compute/mittag_leffler.hpp>

#include "evaluate.hpp"
#include "parameters.hpp"
#include "written.hpp"

#include <almanac/compute/error.hpp>

#include <cmath>
#include <limits>

namespace almanac::compute {

void mlf::check_parameters(const MittagLeffler& f) {
  if (!(f.alpha > 0.0 && f.alpha <= kMaxMittagLefflerAlpha)) throw ArgumentError("alpha", written(f.alpha), "lie in (0, 10]");
  if (!(std::abs(f.beta) <= kMaxMittagLefflerBeta)) throw ArgumentError("beta", written(f.beta), "lie in [-100, 100]");
  if (!(f.gamma > 0.0 && f.gamma <= kMaxMittagLefflerGamma)) throw ArgumentError("gamma", written(f.gamma), "lie in (0, 5]");
  if (f.derivative < 0 || f.derivative > kMaxMittagLefflerDerivative)
    throw ArgumentError("derivative", written(f.derivative), "lie in [0, 10]");
}

double mittag_leffler(const MittagLeffler& f, double z) {
  mlf::check_parameters(f);
  if (std::isnan(z)) throw ArgumentError("z", written(z), "be a number");
  if (std::isinf(z)) {
    if (z > 0.0) return z;
    // On the negative axis the oscillating part grows as |z|^((order - beta) / alpha) where alpha is 2.
    if (f.alpha > 2.0 || (f.alpha == 2.0 && f.beta + f.alpha * f.derivative <= f.gamma + f.derivative))
      throw ArgumentError("z", written(z), "be finite: there is no limit at -infinity for this alpha and beta");
    return 0.0;
  }
  return static_cast<double>(mlf::evaluate(f.alpha, f.beta, f.gamma, f.derivative, static_cast<mlf::Extended>(z)).value.re);
}

std::complex<double> mittag_leffler(const MittagLeffler& f, std::complex<double> z) {
  mlf::check_parameters(f);
  if (!std::isfinite(z.real()) || !std::isfinite(z.imag()))
    throw ArgumentError("z", written(z.real()) + (std::signbit(z.imag()) ? "" : "+") + written(z.imag()) + "i", "be finite");
  const mlf::Evaluation e = mlf::evaluate(f.alpha, f.beta, f.gamma, f.derivative, mlf::Complex<mlf::Extended>(z));
  return {static_cast<double>(e.value.re), static_cast<double>(e.value.im)};
}

}  // namespace almanac::compute
