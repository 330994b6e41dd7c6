#pragma once

#include <complex>

namespace almanac::compute {

inline constexpr double kMaxMittagLefflerAlpha = 10.0;
inline constexpr double kMaxMittagLefflerBeta = 100.0;  ///< of |beta|
inline constexpr double kMaxMittagLefflerGamma = 20.0;
inline constexpr int kMaxMittagLefflerDerivative = 20;

/// Which function of z: the derivative-th derivative of E^gamma_{alpha,beta}(z) = Σ_j (gamma)_j z^j / (j! Gamma(alpha j + beta)).
struct MittagLeffler {
  double alpha;
  double beta = 1.0;
  double gamma = 1.0;  ///< 1: the two-parameter function; else Prabhakar's
  int derivative = 0;  ///< with respect to z
};

/// The Mittag-Leffler function at a real or complex z, anywhere in the plane.
/// Errors:   ArgumentError naming alpha ← NaN or outside (0, 10]; beta ← NaN or outside [-100, 100]; gamma ← NaN or outside (0, 20];
///           derivative ← outside [0, 20]; z ← NaN, complex and not finite, or -infinity where there is no limit (alpha > 2,
///           or alpha = 2 and beta + 2 derivative ≤ gamma + derivative)
/// Infinite: +infinity gives +infinity, -infinity 0. A result above the largest double is an infinity of its sign, component
///           by component for complex z; the sign of an oscillation (alpha > 2, z < 0) is right while |z|^(1/alpha) < 1e15. One
///           below the smallest double is rounded to what there is
/// Threads:  thread-safe; the same bits wherever and whenever it is called
/// Cost:     up to 20 µs for gamma = 1 and derivative = 0 as a rule
/// Accuracy: |error| ≤ 1e-14 max(|E|, |z E'|)
/// Source:   methods in src/mittag_leffler: contour.hpp, asymptotic_series.hpp, power_series.hpp; which is used, evaluate.cpp
double mittag_leffler(const MittagLeffler& function, double z);
std::complex<double> mittag_leffler(const MittagLeffler& function, std::complex<double> z);

/// E_{alpha,beta}(z).
inline double mittag_leffler(double alpha, double beta, double z) { return mittag_leffler({alpha, beta}, z); }
inline std::complex<double> mittag_leffler(double alpha, double beta, std::complex<double> z) {
  return mittag_leffler({alpha, beta}, z);
}

}  // namespace almanac::compute
