#include "quadrature_series.hpp"

#include <algorithm>
#include <cmath>

namespace almanac::compute::quadrature {
namespace {

/// One step of Miller's recurrence for W = D^alpha, D = Σ polynomial[k] z^k: from D W' = alpha D' W,
///   n D_0 W_n = Σ_k (k alpha + k - n) D_k W_{n-k}.
/// k - n is taken first, so that a tiny alpha is not lost where n = k.
///
/// It is stable: of its solutions, as n^(-alpha-1) zero^-n for the zeros of D, the wanted one is the largest, and a rounding
/// stays as large beside it as it was. But they add up, and each is 10 times that of the weight with BDF6, whose terms cancel.
/// In double that is 500 ulp to 5e5 ulp at n = 1e6, and 1e9 ulp from the first weights on for alpha = 1 - 1e-6, see
/// bdf_weights. In quadruple precision, up to n = 511, 2^-113 · 10 · 511 are left.
Quad next_power(const BdfPolynomial& polynomial, int degree, Quad alpha, const std::vector<Quad>& before) {
  const auto n = static_cast<int>(before.size());
  Quad sum = 0;
  for (int k = 1; k <= std::min(n, degree); ++k)
    sum += (k * alpha + (k - n)) * (polynomial[static_cast<std::size_t>(k)] * before[static_cast<std::size_t>(n - k)]);
  return sum / (n * polynomial[0]);
}

/// delta^alpha for BDF. Next to a whole number m > 0 the weights behind the polynomial delta^m are as small as alpha - m, and the
/// recurrence would make them as differences of large ones. So it is started with delta^m delta^(alpha - m), whose second
/// factor is relatively accurate, and goes on where what it adds is small.
std::vector<Quad> bdf_weights(int steps, double alpha, std::size_t count) {
  const BdfPolynomial polynomial = bdf_polynomial(steps);
  const int whole = alpha > 0.5 ? static_cast<int>(std::lround(alpha)) : 0;
  const Quad rest = Quad(alpha) - whole, scale = Quad(polynomial[0]) / 60;
  const auto degree = static_cast<std::size_t>(steps);

  std::vector<Quad> weights{pow(scale, rest)};
  const std::size_t start = std::min(count, degree * static_cast<std::size_t>(whole) + degree + 1);
  while (weights.size() < start) weights.push_back(next_power(polynomial, steps, rest, weights));
  for (int power = 0; power < whole; ++power)
    for (std::size_t n = weights.size(); n-- > 0;) {
      Quad sum = 0;
      for (std::size_t k = 0; k <= std::min(n, degree); ++k) sum += polynomial[k] * weights[n - k];
      weights[n] = sum / 60;
    }
  while (weights.size() < count) weights.push_back(next_power(polynomial, steps, Quad(alpha), weights));
  return weights;
}

/// (2 (1-z) / (1+z))^alpha: (1 - z²) W' = -2 alpha W. All terms of a step have one sign: nothing cancels.
std::vector<Quad> trapezoidal_weights(double alpha, std::size_t count) {
  std::vector<Quad> weights{pow(2, alpha)};
  const Quad twice = 2 * Quad(alpha);
  while (weights.size() < count) {
    const auto n = static_cast<int>(weights.size());
    const Quad earlier = n > 1 ? (n - 2) * weights[static_cast<std::size_t>(n - 2)] : Quad(0);
    weights.push_back((earlier - twice * weights.back()) / n);
  }
  return weights;
}

/// (1-z)^alpha (1 + alpha/2 (1-z)).
std::vector<Quad> newton_gregory_weights(double alpha, std::size_t count) {
  std::vector<Quad> weights;
  const Quad half = Quad(alpha) / 2;
  Quad grunwald = 1;
  for (std::size_t n = 0; n < count; ++n) {
    const auto index = static_cast<double>(n);
    const Quad previous = n == 0 ? Quad(0) : grunwald;
    if (n > 0) grunwald = grunwald * (Quad(index - 1) - Quad(alpha)) / Quad(index);
    weights.push_back(grunwald + half * (grunwald - previous));
  }
  return weights;
}

}  // namespace

BdfPolynomial bdf_polynomial(int steps) {
  constexpr BdfPolynomial polynomials[] = {{60, -60},
                                           {90, -120, 30},
                                           {110, -180, 90, -20},
                                           {125, -240, 180, -80, 15},
                                           {137, -300, 300, -200, 75, -12},
                                           {147, -360, 450, -400, 225, -72, 10}};
  return polynomials[steps - 1];
}

std::vector<Quad> leading_weights(QuadratureRule rule, double alpha, std::size_t count) {
  if (count == 0) return {};
  std::vector<Quad> weights = rule == QuadratureRule::trapezoidal      ? trapezoidal_weights(alpha, count)
                              : rule == QuadratureRule::newton_gregory ? newton_gregory_weights(alpha, count)
                                                                       : bdf_weights(quadrature_order(rule), alpha, count);
  weights.resize(count);
  return weights;
}

std::vector<Quad> power_of_series(const std::vector<Quad>& base, Quad exponent, std::size_t count) {
  std::vector<Quad> power{pow(base[0], exponent)};
  while (power.size() < count) {
    const auto n = static_cast<int>(power.size());
    Quad sum = 0;
    for (int k = 1; k <= n && k < static_cast<int>(base.size()); ++k)
      sum += (k * exponent + (k - n)) * base[static_cast<std::size_t>(k)] * power[static_cast<std::size_t>(n - k)];
    power.push_back(sum / (n * base[0]));
  }
  return power;
}

std::vector<Quad> series_about_one(QuadratureRule rule, double alpha, std::size_t count) {
  std::vector<Quad> series;
  if (rule == QuadratureRule::newton_gregory) {
    series = {1, Quad(alpha) / 2};
  } else {
    std::vector<Quad> base;
    for (int k = 1; k <= quadrature_order(rule); ++k) base.push_back(1 / Quad(k));
    series = power_of_series(base, Quad(alpha), count);
  }
  series.resize(count);
  return series;
}

}  // namespace almanac::compute::quadrature
