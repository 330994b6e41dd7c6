// Which way a value goes: the cheapest that is thought to do, then, where its own error estimate says that it has not done,
// one after the other of those that carry more digits.
#include "evaluate.hpp"

#include "contour.hpp"
#include "power_series.hpp"

#include <memory>
#include <mutex>

namespace almanac::compute::mlf {

template <class T>
const Contour<T>& contour_at(int level) {
  static std::array<std::once_flag, kContourLevels> once;
  static std::array<std::unique_ptr<const Contour<T>>, kContourLevels> made;
  const auto i = static_cast<std::size_t>(level);
  std::call_once(once[i], [&] { made[i] = std::make_unique<const Contour<T>>(level); });
  return *made[i];
}
template const Contour<Extended>& contour_at<Extended>(int level);
#ifdef ALMANAC_QUADRUPLE
template const Contour<Quadruple>& contour_at<Quadruple>(int level);
#endif

namespace {

constexpr double kEnough = 4e-15;  // of what the result may be off; a double's own rounding comes on top

struct Best {
  Complex<Extended> value;
  Extended relative_error = 1e300L;

  template <class T>
  bool improve(const Estimate<T>& e) {
    const T size = size_of(e.value), scale = size > e.slope ? size : e.slope;
    const Extended next = scale > 0 ? static_cast<Extended>(e.error / scale) : (e.error == 0 ? 0.0L : 1e300L);
    if (next < relative_error) {
      relative_error = next;
      value = {static_cast<Extended>(e.value.re), static_cast<Extended>(e.value.im)};
    }
    return relative_error <= static_cast<Extended>(kEnough);
  }
};

/// The contour, and where the value by itself is not large enough for the error, its slope, which is the next derivative.
template <class T>
Estimate<T> contour_with_slope(const Problem<T>& problem, Complex<T> z, int removed) {
  Estimate<T> e = by_contour(problem, z, removed);
  if (e.error <= static_cast<T>(kEnough) * size_of(e.value) || e.error > static_cast<T>(0.1)) return e;
  const Problem<T> next(problem, 1);
  const Estimate<T> derivative = by_contour(next, z, removed);
  const T size = size_of(derivative.value) - derivative.error;
  if (size > 0) e.slope = problem.order * size * modulus(z);
  return e;
}

constexpr Extended kHuge = 1e30L;  // whose powers up to kMaxMittagLefflerBeta + 20 are not beyond all numbers yet

/// alpha = 1 and order - beta = N = 0, 1, 2 …: e^z Σ_j binom(N, j) z^j / Gamma(beta + j), by Kummer's transformation.
Complex<Extended> exponential_times_polynomial(const Problem<Extended>& problem, Complex<Extended> z, int degree) {
  Complex<Extended> sum, power(1);
  Extended binomial = 1;
  if (modulus(z) > kHuge) {  // the highest term alone, which is beyond the others by more digits than there are
    const Complex<Extended> logarithm = log_of(z);
    const auto top = static_cast<Extended>(degree);
    const Extended most = std::min(z.re + top * logarithm.re, kMaxExponent<Extended>);
    return problem.reciprocal_gamma_at(static_cast<Extended>(problem.derivative + degree)) *
           exp_of(Complex<Extended>(most, z.im + top * logarithm.im));
  }
  for (int j = 0; j <= degree; ++j) {
    sum += (binomial * problem.reciprocal_gamma_at(static_cast<Extended>(problem.derivative + j))) * power;
    power *= z;
    binomial *= static_cast<Extended>(degree - j) / static_cast<Extended>(j + 1);
  }
  const Extended most = std::min(z.re, kMaxExponent<Extended>);
  return exp_of(Complex<Extended>(most, z.im)) * sum;
}

/// How many terms the power series takes: until Gamma's argument is well beyond e times the radius.
double series_length(const Problem<Extended>& problem, double radius, double size) {
  const double alpha = static_cast<double>(problem.alpha), beta = static_cast<double>(problem.beta_k);
  const double by_gamma = std::max(0.0, (2.72 * radius + 28 + 0.2 * static_cast<double>(problem.order) - beta) / alpha);
  const double by_power = size < 0.9 ? 45 / -std::log(size) : by_gamma;
  return std::min(by_gamma, by_power);
}

Best search(const Problem<Extended>& problem, const Problem<Quadruple>& wide, Complex<Extended> z) {
  Best best;
  const Complex<Quadruple> wide_z(static_cast<Quadruple>(z.re), static_cast<Quadruple>(z.im));
  const double size = static_cast<double>(modulus(z)), log_radius = std::log(size) / static_cast<double>(problem.alpha);
  const double radius = std::exp(std::min(log_radius, 100.0));
  const double length = series_length(problem, radius, size);
  const bool positive = z.im == 0 && z.re > 0;
  const double cancelling =
      positive ? 0.0 : radius * (1 - std::cos(std::min(kPi<double>, kPi<double> / static_cast<double>(problem.alpha))));

  if (length <= 45 && cancelling < (problem.order > 4 ? 20 : 10) && best.improve(power_series(problem, z, 80))) return best;
  if (radius >= 44 && best.improve(asymptotic_series(problem, z, 60))) return best;
  if (best.improve(contour_with_slope(problem, z, 0))) return best;
  const double removable = 0.6 * radius / static_cast<double>(problem.alpha);
  if (problem.poles > 0 && radius > 4 &&
      best.improve(contour_with_slope(problem, z, 1 + static_cast<int>(std::min(removable, 100.0)))))
    return best;
  // From here on a value takes hundreds of microseconds.
  if (length <= 45 && best.improve(power_series(problem, z, 200))) return best;
  if (radius >= 36 && best.improve(asymptotic_series(wide, wide_z, 400))) return best;
  if (best.improve(contour_with_slope(wide, wide_z, 0))) return best;
  if (problem.poles > 0 && radius > 4 &&
      best.improve(contour_with_slope(wide, wide_z, 1 + static_cast<int>(std::min(removable, 400.0)))))
    return best;
  if (length < 2000) best.improve(power_series(wide, wide_z, 3000));
  return best;
}

}  // namespace

Evaluation evaluate(double alpha, double beta, double gamma, int derivative, Complex<Extended> z) {
  const Problem<Extended> problem(alpha, beta, gamma, derivative);
  Extended factor = 1;  // (gamma)_k
  for (int i = 0; i < derivative; ++i) factor *= problem.gamma + static_cast<Extended>(i);
  if (z.re == 0 && z.im == 0) return {factor * problem.reciprocal_gamma_at(static_cast<Extended>(derivative)), 0};
  if (alpha == 1 && gamma >= beta && gamma - beta == std::rint(gamma - beta) && gamma - beta <= 20)
    return {factor * exponential_times_polynomial(problem, z, static_cast<int>(gamma - beta)), 0};
  const Best best = search(problem, Problem<Quadruple>(alpha, beta, gamma, derivative), z);
  return {Complex<Extended>(factor * best.value.re, z.im == 0 ? 0 : factor * best.value.im), best.relative_error};
}

}  // namespace almanac::compute::mlf
