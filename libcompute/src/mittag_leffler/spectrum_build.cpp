// Makes the table of a MittagLefflerSpectrum.
#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include "asymptotic_series.hpp"
#include "evaluate.hpp"
#include "loop_failure.hpp"
#include "parameters.hpp"
#include "spectrum_table.hpp"
#include "written.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace almanac::compute {
namespace {

using mlf::Extended;
using mlf::kCoefficients;

/// What a polynomial may miss, of the largest value of its interval. Short intervals no longer miss anything: there it is the
/// rounding of the values, where those themselves have cancelled, that must be let pass.
constexpr double fitted(int bits) { return bits <= 4 ? 1e-16 : 2e-15; }

/// e^x times a polynomial, which needs no table: alpha = 1 and gamma - beta = 0, 1, 2 …
bool is_elementary(const MittagLeffler& f) {
  return f.alpha == 1.0 && f.gamma >= f.beta && f.gamma - f.beta == std::rint(f.gamma - f.beta) && f.gamma - f.beta <= 20.0;
}

struct Interval {
  std::array<double, kCoefficients> coefficients;
  bool fits;
};

/// Interpolation at Chebyshev points, turned into powers of t. The last coefficients of the Chebyshev series tell what is
/// missing; they fall by more than ten times each where the fit is any good.
Interval fit_interval(const MittagLeffler& f, double low, double width, double tolerance) {
  constexpr auto n = static_cast<int>(kCoefficients);
  std::array<Extended, kCoefficients> values{}, chebyshev{};
  Extended largest = 0, highest = 0, lowest = 0;
  for (int i = 0; i < n; ++i) {
    Extended sine, cosine;
    mlf::sincospi_of((static_cast<Extended>(i) + 0.5L) / n, sine, cosine);
    const Extended x = low + width * ((1 + cosine) / 2);
    Extended& value = values[static_cast<std::size_t>(i)] = mlf::evaluate(f.alpha, f.beta, f.gamma, f.derivative, x).value.re;
    largest = std::max(largest, std::abs(value));
    highest = i == 0 ? value : std::max(highest, value);
    lowest = i == 0 ? value : std::min(lowest, value);
  }
  // Where the interval has a zero, its slope is the scale.
  const Extended scale = std::max(largest, (highest - lowest) * std::abs(low / width) / 4);
  for (int k = 0; k < n; ++k) {
    Extended sum = 0;
    for (int i = 0; i < n; ++i) {
      Extended sine, cosine;
      mlf::sincospi_of(static_cast<Extended>(k) * (static_cast<Extended>(i) + 0.5L) / n, sine, cosine);
      sum += values[static_cast<std::size_t>(i)] * cosine;
    }
    chebyshev[static_cast<std::size_t>(k)] = sum * (k == 0 ? 1.0L : 2.0L) / n;
  }
  Interval interval{{}, true};
  const Extended last = std::abs(chebyshev[kCoefficients - 1]), before = std::abs(chebyshev[kCoefficients - 2]);
  if (!(std::isfinite(largest) && largest < 1e308L)) interval.fits = false;
  if (!(last + before / 8 <= tolerance * scale)) interval.fits = false;
  // T_k as powers, by T_k+1 = 2 t T_k - T_k-1.
  std::array<Extended, kCoefficients> now{}, previous{}, sum{};
  previous[0] = 1;
  now[1] = 1;
  for (std::size_t k = 0; k < kCoefficients; ++k) {
    const auto& t = k == 0 ? previous : now;
    for (std::size_t i = 0; i < kCoefficients; ++i) sum[i] += chebyshev[k] * t[i];
    if (k == 0) continue;
    std::array<Extended, kCoefficients> next{};
    for (std::size_t i = 0; i < kCoefficients; ++i) next[i] = (i > 0 ? 2 * now[i - 1] : 0.0L) - previous[i];
    previous = now;
    now = next;
  }
  for (std::size_t i = 0; i < kCoefficients; ++i) interval.coefficients[i] = static_cast<double>(sum[i]);
  return interval;
}

/// Where a value takes a millisecond or more, an octave of thousands of intervals would take a minute.
int most_interval_bits(const MittagLeffler& f) {
  const bool is_slow = f.gamma != std::rint(f.gamma) || f.beta < -5.0;
  return is_slow ? 9 : mlf::kMaxIntervalBits;
}

/// The intervals of |x| in [2^exponent, 2^(exponent+1)), or none.
std::vector<double> fit_octave(const MittagLeffler& f, int side, int exponent, int& bits, int threads) {
  const double low = (side == 0 ? -1.0 : 1.0) * std::ldexp(1.0, exponent);
  for (bits = std::max(bits - 1, 0); bits <= most_interval_bits(f); ++bits) {
    const int count = 1 << bits;
    const double width = low / count;
    // The ends and the middle tell mostly; then the rest.
    if (!fit_interval(f, low, width, fitted(bits)).fits || !fit_interval(f, 2 * low - width, width, fitted(bits)).fits ||
        !fit_interval(f, low + (count / 2) * width, width, fitted(bits)).fits)
      continue;
    std::vector<double> polynomials(static_cast<std::size_t>(count) * kCoefficients);
    bool fits = true;
    LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(&& : fits)
    for (int i = 0; i < count; ++i)
      failure.run([&] {
        if (!fits) return;  // of no use any more
        const Interval interval = fit_interval(f, low + i * width, width, fitted(bits));
        fits = fits && interval.fits;
        std::copy(interval.coefficients.begin(), interval.coefficients.end(),
                  polynomials.begin() + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(kCoefficients));
      });
    failure.rethrow();
    if (fits) return polynomials;
  }
  bits = 0;
  return {};
}

/// (gamma)_k: what the evaluated function is multiplied by.
Extended rising_factor(const MittagLeffler& f) {
  Extended factor = 1;
  for (int i = 0; i < f.derivative; ++i) factor *= static_cast<Extended>(f.gamma) + i;
  return factor;
}

/// Fills the Taylor coefficients and gives the exponent below which they suffice.
int fit_origin(const MittagLeffler& f, const mlf::Problem<Extended>& problem, std::vector<double>& table) {
  constexpr std::size_t all = mlf::kTaylor + 6;
  std::array<Extended, all> c{};
  Extended factor = rising_factor(f);
  for (std::size_t j = 0; j < all; ++j) {
    c[j] = factor * problem.reciprocal_gamma_at(static_cast<Extended>(f.derivative) + static_cast<Extended>(j));
    factor *= (problem.order + static_cast<Extended>(j)) / static_cast<Extended>(j + 1);
    if (j < mlf::kTaylor) table[mlf::kTaylorAt + j] = static_cast<double>(c[j]);
  }
  for (int exponent = -2; exponent > -60; --exponent) {
    const Extended x = std::ldexp(1.0L, exponent);
    // The value against what is left out; and against all of the sum, so that there is no zero near.
    Extended kept = c[mlf::kTaylor - 1], sizes = 0, rest = 0, power = 1;
    for (std::size_t j = mlf::kTaylor - 1; j-- > 0;) kept = kept * x + c[j];
    for (std::size_t j = 0; j < all; ++j, power *= x) (j < mlf::kTaylor ? sizes : rest) += std::abs(c[j]) * power;
    Extended other = c[mlf::kTaylor - 1];
    for (std::size_t j = mlf::kTaylor - 1; j-- > 0;) other = -other * x + c[j];
    if (rest * 2 < 1e-17L * std::min(std::abs(kept), std::abs(other)) && sizes < 8 * std::min(std::abs(kept), std::abs(other)))
      return exponent;
  }
  return -60;
}

/// How many terms the algebraic series takes at |x| = 2^exponent on one side, or -1 where the asymptotic series does not do.
int series_terms(const mlf::Problem<Extended>& problem, int side, int exponent) {
  const mlf::Complex<Extended> z((side == 0 ? -1.0L : 1.0L) * std::ldexp(1.0L, exponent));
  const Extended log_radius = std::log(std::abs(z.re)) / problem.alpha;
  if (log_radius < std::log(44.0L)) return -1;
  const auto exponential = mlf::exponential_part(problem, z, 30);
  const Extended exponential_size = mlf::size_of(exponential.value);
  const auto enough = [](Extended error, Extended value, Extended slope) { return error <= 2e-16L * std::max(value, slope); };
  // For x > 0 the algebraic part is below 1e-17 of the exponential one there.
  if (side == 1) return enough(exponential.error, exponential_size, exponential.slope) ? 0 : -1;
  const auto longest = mlf::algebraic_part(problem, z, 61, 1e-17L, exponential.value, false);
  const Extended value = mlf::size_of(longest.value + exponential.value), slope = longest.slope + exponential.slope;
  if (!enough(longest.error + exponential.error, value, slope)) return -1;
  for (int most = 1; most <= 60; ++most)
    if (mlf::size_of(mlf::algebraic_part(problem, z, most, 1e-17L, exponential.value, false).value - longest.value) <=
        3e-17L * std::max(value, slope))
      return most;
  return -1;
}

}  // namespace

// Values are 2000 to 7000. They take 10 µs where the contour does in extended precision. More and more of them are in quadruple precision
// the higher the order gamma + derivative of the poles is, from 7 on and for alpha above 1 sooner, and the farther beta is below 0; all of
// them for gamma that are not whole. Measured, this is within a factor of 6.
double MittagLefflerSpectrum::making_seconds(const MittagLeffler& f) {
  mlf::check_parameters(f);
  if (is_elementary(f)) return 1e-4;
  if (f.gamma != std::rint(f.gamma)) return f.alpha < 0.25 ? 8.0 : 6.0;
  const double order = f.gamma + f.derivative;
  const double usual = order < 7    ? 0.03 + 0.01 * order
                       : order < 12 ? 0.12 * (order - 4.0)
                                    : std::min(3.5 + 0.5 * (order - 12.0) * (order - 12.0), 20.0);
  const double by_alpha = f.alpha > 1 && order >= 5 && order < 12 ? 2.5 : 1.0;
  const double by_beta = std::min(0.2 * std::max(-f.beta - 0.5, 0.0) * (1.0 + 0.2 * order), 8.0) + (f.beta < 0 && order > 10 ? 3.0 : 0.0);
  return usual * by_alpha + by_beta;
}

MittagLefflerSpectrum::MittagLefflerSpectrum(const MittagLeffler& f, int threads) : function_(f) {
  mlf::check_parameters(f);
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
  const mlf::Problem<Extended> problem(f.alpha, f.beta, f.gamma, f.derivative);
  const Extended factor = rising_factor(f);
  std::vector<double> t(mlf::kHeader);
  t[mlf::kVersionAt] = mlf::kSpectrumVersion;
  t[mlf::kAlphaAt] = f.alpha, t[mlf::kBetaAt] = f.beta, t[mlf::kGammaAt] = f.gamma, t[mlf::kDerivativeAt] = f.derivative;
  const int first = fit_origin(f, problem, t);

  for (int side = 0; side < 2; ++side) {
    std::vector<std::vector<double>> octaves;
    std::vector<double> list;
    int bits = 0, terms = -1, exponent = first;
    for (; exponent < 1024 && (is_elementary(f) || (terms = series_terms(problem, side, exponent)) < 0); ++exponent) {
      octaves.push_back(is_elementary(f) ? std::vector<double>{} : fit_octave(f, side, exponent, bits, threads));
    }
    double* const header = t.data() + mlf::kSidesAt + static_cast<std::size_t>(side) * mlf::kSide;
    header[mlf::kFirstExponent] = first;
    header[mlf::kOctaves] = static_cast<double>(octaves.size());
    header[mlf::kOctaveList] = static_cast<double>(t.size());
    header[mlf::kSeriesTerms] = std::max(terms, 0);
    std::size_t at = t.size() + 2 * octaves.size();
    for (const auto& octave : octaves) {
      list.push_back(static_cast<double>(octave.size() / kCoefficients));
      list.push_back(static_cast<double>(at));
      at += octave.size();
    }
    header[mlf::kSeriesAt] = static_cast<double>(at);
    t.insert(t.end(), list.begin(), list.end());
    for (const auto& octave : octaves) t.insert(t.end(), octave.begin(), octave.end());
    Extended coefficient = factor;
    for (int i = 0; i < terms; ++i) {
      t.push_back(static_cast<double>((i % 2 ? -1 : 1) * coefficient *
                                      problem.reciprocal_gamma_at(-(problem.gamma + static_cast<Extended>(i)))));
      coefficient *= (problem.order + i) / (i + 1);
    }
  }
  const std::vector<Extended> c = mlf::branch_coefficients(problem, problem.poles > 0 ? problem.poles : 30);
  t[mlf::kExponentialAt] = static_cast<double>(t.size());
  t[mlf::kExponentialAt + 1] = static_cast<double>(c.size());
  for (std::size_t m = 0; m < c.size(); ++m)
    t.push_back(
        static_cast<double>(factor * c[m] * mlf::reciprocal_gamma(mlf::exact_sum(problem.order, -static_cast<Extended>(m))) *
                            std::exp(-problem.order * std::log(problem.alpha))));
  *this = MittagLefflerSpectrum(f, std::move(t));
}

}  // namespace almanac::compute
