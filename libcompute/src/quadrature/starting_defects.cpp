#include "starting_defects.hpp"

#include "quadrature_series.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace almanac::compute::quadrature {
namespace {

constexpr std::size_t kExpansionTerms = 48;  // the 49th is below 2^-120 at n = 128
constexpr double kRoundingUnit = 0x1p-112;

using Series = std::vector<Quad>;

double size(Quad x) { return std::abs(static_cast<double>(x)); }

Series product(const Series& a, const Series& b) {
  Series out(kExpansionTerms, 0);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size() && i + j < kExpansionTerms; ++j) out[i + j] += a[i] * b[j];
  return out;
}

/// (1 - e^-x) / x.
Series exponential_quotient() {
  Series out;
  Quad term = 1;
  for (std::size_t m = 0; m < kExpansionTerms; ++m) {
    out.push_back(term);
    term = -term / static_cast<int>(m + 2);
  }
  return out;
}

/// d_m of delta(e^-x)^alpha = x^alpha Σ d_m x^m.
Series singular_series(QuadratureRule rule, Quad alpha) {
  const Series quotient = exponential_quotient();
  if (rule == QuadratureRule::trapezoidal) {  // 2 (1-z) / (1+z)
    Series half_sum(kExpansionTerms, 0);      // (1 + e^-x) / 2
    half_sum[0] = 1;
    for (std::size_t m = 1; m < kExpansionTerms; ++m) half_sum[m] = -quotient[m - 1] / 2;
    return product(power_of_series(quotient, alpha, kExpansionTerms), power_of_series(half_sum, -alpha, kExpansionTerms));
  }
  Series distance = quotient;  // 1 - z = x times the quotient
  distance.insert(distance.begin(), 0);
  distance.resize(kExpansionTerms);
  Series factor(kExpansionTerms, 0), power(kExpansionTerms, 0);
  power[0] = 1;
  if (rule == QuadratureRule::newton_gregory) {
    for (std::size_t m = 0; m < kExpansionTerms; ++m) factor[m] = alpha / 2 * distance[m];
    factor[0] += 1;
    return product(power_of_series(quotient, alpha, kExpansionTerms), factor);
  }
  for (int k = 1; k <= quadrature_order(rule); ++k) {  // Σ (1-z)^(k-1) / k
    for (std::size_t m = 0; m < kExpansionTerms; ++m) factor[m] += power[m] / k;
    power = product(power, distance);
  }
  Series out = power_of_series(product(quotient, factor), alpha, kExpansionTerms);
  // delta(e^-x) = x + O(x^(p+1)): what stands between is rounding, which would not be small beside the terms behind.
  std::fill(out.begin() + 1, out.begin() + quadrature_order(rule), Quad(0));
  return out;
}

/// l_m of Σ_k k^gamma (±e^-x)^k without its power of x.
Series regular_series(Quad gamma, bool alternating) {
  Series out;
  Quad scale = 1;
  for (std::size_t m = 0; m < kExpansionTerms; ++m) {
    const Quad s = -gamma - static_cast<int>(m);
    Quad value = zeta(s);
    if (alternating) value = value * (pow(2, 1 - s) - 1);
    if (gamma == 0 && m == 0) value += 1;  // the term of k = 0
    out.push_back(scale * value);
    scale = -scale / static_cast<int>(m + 1);
  }
  return out;
}

/// Where the other zeros of delta have decayed: |zero|^-n ≤ 2^-100, with BDF6 2^-84. Not later, since what the direct sum cancels
/// grows as n^(gamma + alpha + 1).
std::size_t direct_length(QuadratureRule rule) {
  switch (rule) {
    case QuadratureRule::bdf5: return 202;  // 1.411
    case QuadratureRule::bdf6: return 400;  // 1.158
    default: return 128;                    // 3, 2.35, 1.78 (BDF4), or none
  }
}

}  // namespace

StartingDefects::StartingDefects(QuadratureRule rule, double alpha, std::span<const double> exponents)
    : alpha_(alpha), leading_(leading_weights(rule, alpha, direct_length(rule))) {
  const Series singular = singular_series(rule, alpha_);
  std::vector<Quad> logarithms{0};
  for (std::size_t k = 1; k < leading_.size(); ++k) logarithms.push_back(log(Quad(static_cast<double>(k))));
  for (const double exponent : exponents) {
    const Quad gamma = exponent, gamma_factor = 1 / reciprocal_gamma(gamma + 1);
    exponents_.push_back(gamma);
    factors_.push_back(gamma_factor * reciprocal_gamma(gamma - alpha_ + 1));
    std::vector<Quad> powers{gamma == 0 ? Quad(1) : Quad(0)};
    for (std::size_t k = 1; k < leading_.size(); ++k) powers.push_back(exp(gamma * logarithms[k]));
    powers_.push_back(std::move(powers));

    Series smooth = singular;
    smooth[0] = 0;
    for (std::size_t m = 1; m < kExpansionTerms; ++m)
      smooth[m] = -gamma_factor * singular[m] * reciprocal_gamma(gamma - alpha_ + 1 - static_cast<int>(m));
    smooth_.push_back(cut(gamma - alpha_, std::move(smooth)));

    Series initial = product(singular, regular_series(gamma, false));
    for (std::size_t m = 0; m < kExpansionTerms; ++m)
      initial[m] = -initial[m] * reciprocal_gamma(-alpha_ - static_cast<int>(m));
    initial_.push_back(cut(-alpha_ - 1, std::move(initial)));

    if (rule != QuadratureRule::trapezoidal) continue;
    Series alternating = product(singular_series(rule, -alpha_), regular_series(gamma, true));
    const Quad scale = -pow(4, alpha_);
    for (std::size_t m = 0; m < kExpansionTerms; ++m)
      alternating[m] = scale * alternating[m] * reciprocal_gamma(alpha_ - static_cast<int>(m));
    alternating_.push_back(cut(alpha_ - 1, std::move(alternating)));
  }
}

StartingDefects::Expansion StartingDefects::cut(Quad exponent, std::vector<Quad> terms) const {
  Expansion expansion{exponent, std::move(terms), {}};
  for (auto octave = static_cast<int>(std::bit_width(direct_end())) - 1; octave < 32; ++octave) {
    const double n = std::ldexp(1.0, octave);
    double largest = 0.0, power = 1.0;
    std::size_t length = 0;
    for (std::size_t m = 0; m < kExpansionTerms; ++m, power /= n) {
      const double term = size(expansion.terms[m]) * power;
      largest = std::max(largest, term);
      if (term > 0x1p-118 * largest) length = m + 1;
    }
    expansion.length.push_back(length);
  }
  return expansion;
}

Bounded StartingDefects::evaluate(const Expansion& expansion, const Index& index, Quad power) const {
  const auto octave = static_cast<std::size_t>(std::bit_width(index.n) - std::bit_width(direct_end()));
  const auto v = static_cast<double>(index.reciprocal);
  Quad sum = 0;
  double magnitude = 0.0;
  for (std::size_t m = expansion.length[octave]; m-- > 0;) {
    sum = sum * index.reciprocal + expansion.terms[m];
    magnitude = magnitude * v + size(expansion.terms[m]);
  }
  // 40 for the coefficients: gammas, zetas and series
  const double roundings = 40 + size(expansion.exponent * index.logarithm);
  return {power * sum, kRoundingUnit * roundings * magnitude * size(power)};
}

Bounded StartingDefects::sum_directly(std::size_t i, std::uint64_t n) const {
  const Quad exponent = exponents_[i] - alpha_, angle = exponent * log(Quad(static_cast<double>(n)));
  const Quad exact = factors_[i] * exp(angle);
  Quad sum = 0;
  double magnitude = 0.0;
  for (std::uint64_t k = 0; k <= n; ++k) {
    const Quad term = leading_[n - k] * powers_[i][k];
    sum += term;
    magnitude += size(term);
  }
  // Roundings of an addition each are taken as independent; the terms carry those of power and recurrence.
  const double count = 40 + size(exponents_[i]) * 8 + 4 * std::sqrt(static_cast<double>(n));
  return {exact - sum, kRoundingUnit * (count * magnitude + (40 + size(angle)) * size(exact))};
}

void StartingDefects::at(std::uint64_t n, std::span<Bounded> out) const {
  if (n < direct_end()) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = sum_directly(i, n);
    return;
  }
  const Quad whole = static_cast<double>(n);
  const Index index{n, 1 / whole, log(whole)};
  const Quad initial_power = exp((-alpha_ - 1) * index.logarithm);
  const Quad alternating_power = alternating_.empty() ? Quad(0) : exp((alpha_ - 1) * index.logarithm);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Expansion& smooth = smooth_[i];
    const Bounded first = evaluate(smooth, index, exp(smooth.exponent * index.logarithm));
    const Bounded second = evaluate(initial_[i], index, initial_power);
    out[i] = {first.value + second.value, first.error + second.error};
    if (alternating_.empty()) continue;
    const Bounded third = evaluate(alternating_[i], index, n % 2 == 0 ? alternating_power : -alternating_power);
    out[i] = {out[i].value + third.value, out[i].error + third.error};
  }
}

}  // namespace almanac::compute::quadrature
