#include <almanac/compute/scheme_stability.hpp>

#include "scheme_family.hpp"
#include "written.hpp"

#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace almanac::compute {
namespace {

using Complex = std::complex<double>;

constexpr double kAngleRatio = 1.02;  // of one angle on the circle to the next
constexpr int kTriedOfCorrector = 192, kTriedAnOctave = 16;

/// ζ(s), s > 1, by Euler and Maclaurin: the first term left out is below 1e-14 of it for s ≤ 40, and behind that nothing is left.
double zeta(double s) {
  constexpr double kCut = 12;
  double sum = 0;
  for (double n = 1; n < kCut; ++n) sum += std::pow(n, -s);
  const double last = std::pow(kCut, -s);
  sum += last * (kCut / (s - 1) + 0.5 + s / (12 * kCut));
  sum -= last * s * (s + 1) * (s + 2) / (720 * kCut * kCut * kCut);
  return sum + last * s * (s + 1) * (s + 2) * (s + 3) * (s + 4) / (30240 * std::pow(kCut, 5));
}

/// exp(-mu) - 1 without cancellation.
Complex expm1_minus(Complex mu) {
  const double half = std::sin(mu.imag() / 2), size = std::exp(-mu.real());
  return {std::expm1(-mu.real()) - 2 * size * half * half, -size * std::sin(mu.imag())};
}

/// Li_{-beta}(exp(-mu)) = Gamma(1+beta) mu^(-1-beta) + Σ_k ζ(-beta-k) (-mu)^k / k!, beta > 0, |mu| ≤ 3.3: terms fall as (3.3 / 2π)^k.
class NegativePolylogarithm {
 public:
  explicit NegativePolylogarithm(double beta) : beta_(beta), leading_(std::tgamma(1 + beta)) {
    using std::numbers::pi;
    double ratio = leading_;  // Gamma(1+beta+k) / k!
    for (std::size_t k = 0; k < coefficients_.size(); ++k) {
      const double s = 1 + beta + static_cast<double>(k), sign = k % 2 == 0 ? -1 : 1;
      coefficients_[k] = sign * 2 * std::pow(2 * pi, -s) * std::sin(pi / 2 * (s - 1)) * ratio * zeta(s);
      ratio *= s / static_cast<double>(k + 1);
    }
  }
  Complex at(Complex mu) const {
    Complex sum = 0;
    for (std::size_t k = coefficients_.size(); k-- > 0;) sum = sum * mu + coefficients_[k];
    return leading_ * std::pow(mu, -1 - beta_) + sum;
  }

 private:
  double beta_, leading_;
  std::array<double, 64> coefficients_{};
};

/// The parts of a denominator at the points z = exp(-mu) of the upper half of the circle.
struct Denominator {
  std::vector<Complex> free, of_x;          // free + x of_x …
  std::vector<Complex> predictor;           // … but of predictor_corrector: here 1 + x W of the rectangle,
  double corrector_weight = 0;              // and the part of of_x that stands before what is predicted
  int corrections = 0;

  Complex at(std::size_t i, double x) const {
    if (corrections == 0) return free[i] + x * of_x[i];
    Complex y = -x * predictor[i];
    for (int j = 0; j < corrections; ++j) y = -x * (of_x[i] - corrector_weight + corrector_weight * y);
    return 1.0 - y;
  }
  /// Zeros within the circle, in pairs: how often the half of it turns by π.
  bool has_zeros(double x) const {
    double turned = 0;
    Complex before = at(0, x);
    for (std::size_t i = 1; i < of_x.size(); ++i) {
      const Complex next = at(i, x);
      turned += std::arg(next * std::conj(before) / std::norm(before));
      before = next;
    }
    return !(std::abs(turned) < std::numbers::pi / 2);
  }
};

Complex backward_differences(int order, Complex u) {  // u = 1 - z
  Complex sum = 0, power = 1;
  for (int k = 1; k <= order; ++k) {
    power *= u;
    sum += power / static_cast<double>(k);
  }
  return sum;
}

Denominator denominator_of(FractionalScheme scheme, double alpha, int corrections, std::int64_t steps) {
  using std::numbers::pi;
  const double decay = std::numbers::ln2 / static_cast<double>(steps);
  std::vector<double> angles{0};
  for (double angle = 1e-2 * decay; angle < pi; angle *= kAngleRatio) angles.push_back(angle);
  angles.push_back(pi);
  Denominator parts;
  if (scheme == FractionalScheme::predictor_corrector) parts.corrections = corrections;
  const bool product = stepping::family_of(scheme) == stepping::SchemeFamily::product;
  const NegativePolylogarithm rectangle(alpha), trapezoid(1 + alpha);
  parts.corrector_weight = 1 / std::tgamma(2 + alpha);
  for (const double angle : angles) {
    const Complex mu(decay, -angle), u = -expm1_minus(mu), z = std::exp(-mu);
    Complex free = 1, of_x = 1;
    if (product) {
      const Complex w = u / z * rectangle.at(mu) / std::tgamma(1 + alpha);
      if (scheme == FractionalScheme::rectangle_implicit) of_x = w;
      if (scheme == FractionalScheme::rectangle_explicit) of_x = z * w;
      if (scheme == FractionalScheme::product_trapezoid || parts.corrections > 0) of_x = u * u / z * trapezoid.at(mu) * parts.corrector_weight;
      if (parts.corrections > 0) parts.predictor.push_back(z * w);
    } else if (scheme == FractionalScheme::trapezoidal) {
      free = std::pow(2.0 * u, alpha);
      of_x = std::pow(2.0 - u, alpha);
    } else if (scheme == FractionalScheme::newton_gregory) {
      free = std::pow(u, alpha);
      of_x = 1.0 - 0.5 * alpha * u;
    } else {
      free = std::pow(backward_differences(quadrature_order(stepping::quadrature_rule_of(scheme)), u), alpha);
    }
    parts.free.push_back(free);
    parts.of_x.push_back(of_x);
  }
  return parts;
}

/// The x at which a zero crosses the circle: between two of them nothing changes.
std::vector<double> crossings(const Denominator& parts) {
  std::vector<double> found;
  const auto quotient = [&](std::size_t i) { return -parts.free[i] / parts.of_x[i]; };
  Complex before = quotient(0);
  if (before.real() > 0) found.push_back(before.real());
  for (std::size_t i = 1; i < parts.free.size(); ++i) {
    const Complex next = quotient(i);
    const bool ends_real = i + 1 == parts.free.size();
    if (ends_real || (before.imag() < 0) != (next.imag() < 0)) {
      const double part = ends_real ? 1 : before.imag() / (before.imag() - next.imag());
      const double x = before.real() + part * (next.real() - before.real());
      if (x > 0) found.push_back(x);
    }
    before = next;
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::optional<double> find_growth(FractionalScheme scheme, double alpha, int corrections, std::int64_t steps, double least, double most) {
  fractional_order(scheme, alpha, corrections);
  if (!(alpha <= 2)) throw ArgumentError("alpha", written(alpha), "lie in (0, 2]");
  if (steps < 1) throw ArgumentError("steps", written(steps), "be at least 1");
  if (!(least > 0 && std::isfinite(least))) throw ArgumentError("least", written(least), "be finite and above 0");
  if (!(most >= least && std::isfinite(most))) throw ArgumentError("most", written(most), "be finite and not below least");
  if (stepping::family_of(scheme) == stepping::SchemeFamily::l_scheme) return std::nullopt;
  const Denominator parts = denominator_of(scheme, alpha, corrections, steps);
  if (parts.corrections > 0) {
    for (int k = 0; k <= kTriedOfCorrector; ++k) {
      const double x = most * std::exp2(-static_cast<double>(k) / kTriedAnOctave);
      if (x < least) break;
      if (parts.has_zeros(x)) return x;
    }
    return std::nullopt;
  }
  std::vector<double> ends{least};
  for (const double x : crossings(parts))
    if (x > least && x < most) ends.push_back(x);
  ends.push_back(most);
  for (std::size_t i = ends.size() - 1; i > 0; --i)
    if (const double x = std::sqrt(ends[i - 1]) * std::sqrt(ends[i]); parts.has_zeros(x)) return x;
  return std::nullopt;
}

}  // namespace almanac::compute
