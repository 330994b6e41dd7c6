#pragma once

#include <complex>
#include <span>
#include <vector>

namespace almanac::compute {

inline constexpr double kMaxMittagLefflerAlpha = 10.0;
inline constexpr double kMaxMittagLefflerBeta = 100.0;  ///< of |beta|
inline constexpr double kMaxMittagLefflerGamma = 5.0;
inline constexpr int kMaxMittagLefflerDerivative = 10;

/// Which function of z: the derivative-th derivative of E^gamma_{alpha,beta}(z) = Σ_j (gamma)_j z^j / (j! Gamma(alpha j + beta)).
struct MittagLeffler {
  double alpha;
  double beta = 1.0;
  double gamma = 1.0;  ///< 1: the two-parameter function; else Prabhakar's
  int derivative = 0;  ///< with respect to z
};

/// The Mittag-Leffler function at a real or complex z, anywhere in the plane, for every gamma.
/// Errors:   ArgumentError naming alpha ← NaN or outside (0, 10]; beta ← NaN or outside [-100, 100]; gamma ← NaN or outside
///           (0, 5]; derivative ← outside [0, 10]; z ← NaN, complex and not finite, or -infinity where there is no limit
///           (alpha > 2, or alpha = 2 and beta + 2 derivative ≤ gamma + derivative)
/// Infinite: +infinity gives +infinity, -infinity 0. A result above the largest double is an infinity of its sign, component
///           by component for complex z; an oscillation's sign is right while |z|^(1/alpha) < 1e15. Never NaN. What is below
///           the smallest double is rounded to the nearest there is
/// Threads:  thread-safe; the same bits wherever and whenever it is called
/// Cost:     2 to 20 µs for gamma + derivative = 1 as a rule. Where more than 64 bits cancel, 0.2 to 3 ms: beta below -5, E small
///           beside its parts (alpha = beta < 0.1; alpha near 1 and z about -10), gamma that is not whole about and above
///           |z|^(1/alpha) = 10 (up to 50 ms there), derivatives beyond the fifth
/// Accuracy: |error| ≤ 1e-14 max(|E|, |z E'|), so relative to E away from its zeros and, beside one, to what E is a little
///           further. Worst seen: 1.4e-15 of 4691 golden values for beta in [-9, 40], derivatives to 5, gamma to 3, arguments
///           of 1e-10 to 1e10 on all rays (MittagLefflerGolden); 1.5e-15 of 24700 random ones against the series in quadruple
///           precision, among them beta in [-20, 40], derivatives to 10, gamma to 5 (MittagLefflerScan)
/// Source:   the methods and theirs in src/mittag_leffler: contour.hpp (most values), power_series.hpp (small |z|),
///           asymptotic_series.hpp (large |z|); which is taken when, evaluate.cpp
double mittag_leffler(const MittagLeffler& function, double z);
std::complex<double> mittag_leffler(const MittagLeffler& function, std::complex<double> z);

/// E_{alpha,beta}(z).
inline double mittag_leffler(double alpha, double beta, double z) { return mittag_leffler({alpha, beta}, z); }
inline std::complex<double> mittag_leffler(double alpha, double beta, std::complex<double> z) {
  return mittag_leffler({alpha, beta}, z);
}

/// One function at many real arguments: what can be tabulated is made once, a value then takes a polynomial.
///
/// Three regions on either side of zero: a Taylor polynomial; octaves of |x| cut into equal intervals, a polynomial of degree 11
/// in each (as many as it takes, found octave by octave); the asymptotic series. Where an octave would take more than 4096
/// intervals (alpha below 0.01, just above x = 1), or 512 of a function whose values take a millisecond (gamma not whole, beta below
/// -5), mittag_leffler is called. All of it is one array of doubles, which can be
/// kept and taken back: the same bits then.
/// Threads:  immutable
/// Cost:     making it: 30 to 300 ms for alpha ≥ 0.1 and whole gamma (2000 to 10000 values of mittag_leffler), on `threads`
///           threads; where a value takes long itself, and there are at most as many of them, so long as
///           making_seconds says: up to some 20 s. 8 bytes for each value. Taking it back: a copy. evaluate: 10 to 100 ns a value, 400 ns where exponentials are added to the series (alpha > 1, large |x|)
/// Accuracy: |error| ≤ 1e-14 max(|E|, |x E'|), as mittag_leffler; differs from it by at most 5e-15 of that (4e-16 seen where it
///           is itself precise); MittagLefflerSpectrum tests
class MittagLefflerSpectrum {
 public:
  /// Errors: as mittag_leffler; threads ← below 1
  explicit MittagLefflerSpectrum(const MittagLeffler& function, int threads = 1);
  /// From what table() gave. Errors: ArgumentError naming table ← not of this function, version or structure. The polynomials'
  /// numbers are taken as they are
  MittagLefflerSpectrum(const MittagLeffler& function, std::vector<double> table);

  /// What making it takes one thread, in seconds, within a factor of 6: from rates measured on a core of 3 GHz.
  /// Errors: as mittag_leffler
  static double making_seconds(const MittagLeffler& function);

  const MittagLeffler& function() const noexcept { return function_; }
  std::span<const double> table() const noexcept { return table_; }

  /// out[i] = E(x[i]).
  /// Shapes:  x, out of one length; they may be the same array, but not otherwise overlap
  /// Errors:  ArgumentError naming x ← a NaN, or -infinity where there is no limit; out ← another length; threads ← below 1.
  ///          out is untouched then
  /// Threads: the same bits for a value wherever it stands and for every thread count
  void evaluate(std::span<const double> x, std::span<double> out, int threads = 1) const;

 private:
  double value_at(double x) const;
  double beyond(double x, const double* side) const;

  MittagLeffler function_;
  std::vector<double> table_;
  struct Turn {
    long double angle, sine, cosine, weight;
  };
  std::vector<Turn> turns_[2];  // the branches for x < 0 and x > 0
};

}  // namespace almanac::compute
