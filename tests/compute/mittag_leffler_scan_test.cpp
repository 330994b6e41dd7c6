// A dense random scan against the defining series in quadruple precision, with the C library's Gamma function: nothing of it
// is shared with the library. Where the series keeps too few digits the sample is passed over.
#include <almanac/compute/mittag_leffler.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <numbers>
#include <random>
#include <string>

#if defined(__SIZEOF_FLOAT128__) && defined(__GLIBC__)
extern "C" __float128 tgammaf128(__float128) noexcept;
using Wide = __float128;
inline Wide wide_gamma(Wide x) { return tgammaf128(x); }
#else
using Wide = long double;
inline Wide wide_gamma(Wide x) { return std::tgamma(x); }
#endif

namespace almanac::compute {
namespace {

struct Scanned {
  std::complex<double> value;
  double rest_re = 0, rest_im = 0;  ///< what the doubles lack
  double slope = 0, lost = 0;       ///< |z E'|, and the series' own error
};

/// Σ_j (gamma)_{j+k} z^j / (j! Gamma(alpha (j + k) + beta)), with alpha (j + k) + beta rounded to quadruple precision.
Scanned by_definition(const MittagLeffler& f, std::complex<double> z) {
  Wide re = 0, im = 0, sizes = 0, slope_re = 0, slope_im = 0, power_re = 1, power_im = 0, factor = 1;
  for (int i = 0; i < f.derivative; ++i) factor *= static_cast<Wide>(f.gamma) + i;
  double before = 0;
  for (int j = 0; j < 4000; ++j) {
    const Wide x = static_cast<Wide>(f.alpha) * (j + f.derivative) + static_cast<Wide>(f.beta);
    const bool pole = x <= 0 && static_cast<Wide>(static_cast<long long>(x)) == x;
    const Wide c = pole ? 0 : factor / wide_gamma(x);
    const Wide term_re = c * power_re, term_im = c * power_im;
    re += term_re, im += term_im;
    slope_re += j * term_re, slope_im += j * term_im;
    const double size = static_cast<double>((term_re < 0 ? -term_re : term_re) + (term_im < 0 ? -term_im : term_im));
    sizes += size;
    if (x > 3 && j > 4 && size < 1e-36 * static_cast<double>(sizes) && size <= before) break;
    before = size;
    const Wide next = power_re * z.real() - power_im * z.imag();
    power_im = power_re * z.imag() + power_im * z.real();
    power_re = next;
    factor *= (static_cast<Wide>(f.gamma) + j + f.derivative) / (j + 1);
    if (j == 3999) sizes = 1e300;
  }
  Scanned s{{static_cast<double>(re), static_cast<double>(im)}};
  s.rest_re = static_cast<double>(re - static_cast<Wide>(s.value.real()));
  s.rest_im = static_cast<double>(im - static_cast<Wide>(s.value.imag()));
  s.slope = std::hypot(static_cast<double>(slope_re), static_cast<double>(slope_im));
  s.lost = 1e-32 * static_cast<double>(sizes);
  return s;
}

/// The worst error over random arguments with |z|^(1/alpha) up to `reach`, printed, and against the promise.
void scan(const std::string& what, int samples, double alpha_low, double alpha_high, double reach, bool real, bool general) {
  std::mt19937_64 generator(1905);
  const auto uniform = [&](double low, double high) { return std::uniform_real_distribution<double>(low, high)(generator); };
  double worst = 0;
  std::string where;
  int used = 0;
  for (int i = 0; i < samples; ++i) {
    MittagLeffler f{uniform(alpha_low, alpha_high)};
    const int kind = static_cast<int>(uniform(0, 4));
    f.beta = kind == 0 ? 1.0 : kind == 1 ? f.alpha : general ? uniform(-20, 40) : uniform(-3, 6);
    if (general) {
      if (kind == 2) f.gamma = static_cast<int>(uniform(1, 6));
      if (kind == 3) f.gamma = uniform(0.1, 5);
      f.derivative = static_cast<int>(uniform(0, 11));
    }
    const double radius = std::pow(uniform(0.02, reach), f.alpha),
                 turn = real ? (uniform(0, 1) < 0.6 ? 1.0 : 0.0) : uniform(-1, 1);
    const std::complex<double> z =
        real ? std::complex(radius * (turn == 1.0 ? -1 : 1), 0.0) : std::polar(radius, turn * std::numbers::pi);
    const Scanned s = by_definition(f, z);
    const double scale = std::max(std::abs(s.value), s.slope);
    if (!(s.lost < 1e-16 * scale && scale < 1e300)) continue;
    ++used;
    const std::complex<double> value = mittag_leffler(f, z);
    const double error =
        std::hypot(value.real() - s.value.real() - s.rest_re, value.imag() - s.value.imag() - s.rest_im) / scale;
    if (!(error <= worst)) {
      worst = error;
      char text[200];
      std::snprintf(text, sizeof text, "{%.17g, %.17g, %.17g, %d} at %.17g %+.17gi", f.alpha, f.beta, f.gamma, f.derivative,
                    z.real(), z.imag());
      where = text;
    }
    EXPECT_LE(error, 1e-14) << where;
  }
  std::printf("%-44s %6d values, worst %.2g, %s\n", what.c_str(), used, worst, where.c_str());
  EXPECT_GT(used, samples / 2);
}

TEST(MittagLefflerScan, RealArguments) {
  scan("real, alpha 0.1 to 0.5", 1200, 0.1, 0.5, 8.0, true, false);
  scan("real, alpha 0.5 to 0.97", 3000, 0.5, 0.97, 20.0, true, false);
  scan("real, alpha 0.97 to 1.03", 3000, 0.97, 1.03, 15.0, true, false);
  scan("real, alpha 1.03 to 2.2", 4000, 1.03, 2.2, 35.0, true, false);
  scan("real, alpha 2.2 to 10", 3000, 2.2, 10.0, 60.0, true, false);
}

TEST(MittagLefflerScan, ComplexArguments) {
  scan("complex, alpha 0.1 to 0.5", 800, 0.1, 0.5, 8.0, false, false);
  scan("complex, alpha 0.5 to 1.1", 3000, 0.5, 1.1, 20.0, false, false);
  scan("complex, alpha 1.1 to 5", 4000, 1.1, 5.0, 40.0, false, false);
}

TEST(MittagLefflerScan, DerivativesAndPrabhakarFunctions) {
  scan("derivatives to 10, gamma to 5, real", 1500, 0.3, 3.0, 15.0, true, true);
  scan("derivatives to 10, gamma to 5, complex", 1500, 0.3, 3.0, 15.0, false, true);
}

}  // namespace
}  // namespace almanac::compute
