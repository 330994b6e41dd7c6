#include <almanac/compute/convolution_quadrature.hpp>

#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>

#include "written.hpp"
#include "quadrature_series.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

using quadrature::Quad;

// In the order of the enumerators.
constexpr std::array<std::string_view, 8> kQuadratureRules{"bdf1", "bdf2", "bdf3",        "bdf4",
                                                           "bdf5", "bdf6", "trapezoidal", "newton_gregory"};

/// Up to here weights come from the recurrence in quadruple precision. Behind it the singularity at z = 1 alone is left: the
/// other zeros of delta lie outside |z| = 1.158 (BDF6), and 1.158^-512 is 2^-108.
constexpr std::uint64_t kHeadLength = 512;

/// Terms of the ratio omega_n / g_n behind its 1, see ratio_polynomial. The first one left out is below 2^-68 at n = 512,
/// where it is largest, for alpha = 4.
constexpr std::size_t kRatioTerms = 12;

/// With delta^alpha = Σ_j b_j (1-z)^(alpha+j) and the coefficients g_n^(a) of (1-z)^a, g_n^(a+1) = -(a+1) / (n-a-1) g_n^(a):
///   omega_n = g_n^(alpha) (1 + b_1 (-(alpha+1))/(n-alpha-1) (1 + …)),
/// as a polynomial in 1/n. Its rounding: g_n to 0.8 ulp, the terms behind the 1, below 0.05 together, to 1 ulp of theirs, the
/// last addition and the product to 0.5 each: below 1.9 ulp.
std::array<double, kRatioTerms + 1> ratio_polynomial(QuadratureRule rule, double alpha) {
  const std::vector<Quad> series = quadrature::series_about_one(rule, alpha, kRatioTerms + 1);
  std::array<Quad, kRatioTerms + 1> sum{}, product{};
  product[0] = 1;
  for (std::size_t j = 0;; ++j) {
    for (std::size_t i = 0; i <= kRatioTerms; ++i) sum[i] += series[j] * product[i];
    if (j == kRatioTerms) break;
    // times -a v / (1 - a v), v = 1/n, a = alpha + j + 1
    const Quad a = Quad(alpha) + static_cast<int>(j + 1);
    for (std::size_t i = kRatioTerms; i > 0; --i) product[i] = -a * product[i - 1];
    product[0] = 0;
    for (std::size_t i = 1; i <= kRatioTerms; ++i) product[i] += a * product[i - 1];
  }
  std::array<double, kRatioTerms + 1> ratio;
  std::transform(sum.begin(), sum.end(), ratio.begin(), [](Quad value) { return static_cast<double>(value); });
  return ratio;
}

void multiply_by_ratio(const std::array<double, kRatioTerms + 1>& ratio, std::uint64_t first, std::span<double> weights,
                       int threads) {
  const auto count = static_cast<std::int64_t>(weights.size());
  [[maybe_unused]] const int team = static_cast<int>(std::clamp<std::int64_t>(count >> 16, 1, threads));
#ifdef _OPENMP
#pragma omp parallel for num_threads(team) schedule(static)
#endif
  for (std::int64_t i = 0; i < count; ++i) {
    const double v = 1.0 / (static_cast<double>(first) + static_cast<double>(i));
    double tail = ratio[kRatioTerms];
    for (std::size_t j = kRatioTerms - 1; j >= 1; --j) tail = tail * v + ratio[j];
    weights[static_cast<std::size_t>(i)] = weights[static_cast<std::size_t>(i)] * (1.0 + tail * v) + 0.0;  // no negative zero
  }
}

void check_quadrature(QuadratureRule rule, double alpha, std::uint64_t first, std::span<const double> out, int threads) {
  if (static_cast<std::size_t>(rule) >= kQuadratureRules.size())
    throw ArgumentError("rule", written(static_cast<int>(rule)), "be one of the quadrature rules");
  if (!(alpha >= kMinQuadratureAlpha && alpha <= kMaxQuadratureAlpha))
    throw ArgumentError("alpha", written(alpha),
                        "lie in [" + written(kMinQuadratureAlpha) + ", " + written(kMaxQuadratureAlpha) + "]");
  const std::uint64_t last = rule == QuadratureRule::trapezoidal ? kMaxTrapezoidalIndex : kMaxQuadratureIndex;
  if (first > last) throw ArgumentError("first", written(first), "not exceed " + written(last));
  if (out.size() > last - first + 1)
    throw ArgumentError("out.size()", written(out.size()),
                        "not exceed " + written(last - first + 1) + ", for first = " + written(first));
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
}

/// Rounds the weights below kHeadLength from the recurrence, and returns how many these were.
std::size_t round_leading(QuadratureRule rule, double alpha, std::uint64_t first, std::span<double> out) {
  if (first >= kHeadLength) return 0;
  const std::uint64_t stop = std::min<std::uint64_t>(kHeadLength, first + out.size());
  const std::vector<Quad> weights = quadrature::leading_weights(rule, alpha, stop);
  for (std::uint64_t n = first; n < stop; ++n) out[n - first] = static_cast<double>(weights[n]) + 0.0;
  return stop - first;
}

/// The same recurrence as trapezoidal_weights has, without a table.
void round_trapezoidal(double alpha, std::uint64_t first, std::span<double> out) {
  Quad before = 0, weight = quadrature::pow(2, alpha);
  const Quad twice = 2 * Quad(alpha);
  for (std::uint64_t n = 0;; ++n) {
    if (n >= first) out[n - first] = static_cast<double>(weight) + 0.0;
    if (n + 1 == first + out.size()) return;
    const auto index = static_cast<double>(n);
    const Quad next = ((index - 1) * before - twice * weight) / (index + 1);
    before = weight;
    weight = next;
  }
}

}  // namespace

std::string_view to_string(QuadratureRule rule) noexcept {
  const auto index = static_cast<std::size_t>(rule);
  return index < kQuadratureRules.size() ? kQuadratureRules[index] : "unknown";
}

std::optional<QuadratureRule> parse_quadrature_rule(std::string_view name) noexcept {
  const auto found = std::find(kQuadratureRules.begin(), kQuadratureRules.end(), name);
  if (found == kQuadratureRules.end()) return std::nullopt;
  return static_cast<QuadratureRule>(found - kQuadratureRules.begin());
}

int quadrature_order(QuadratureRule rule) noexcept {
  return rule > QuadratureRule::bdf6 ? 2 : static_cast<int>(rule) + 1;
}

void quadrature_weights(QuadratureRule rule, double alpha, std::uint64_t first, std::span<double> out, int threads) {
  check_quadrature(rule, alpha, first, out, threads);
  if (out.empty()) return;
  if (rule == QuadratureRule::bdf1) return grunwald_weights(alpha, first, out, threads);
  if (rule == QuadratureRule::trapezoidal) return round_trapezoidal(alpha, first, out);
  const std::size_t head = round_leading(rule, alpha, first, out);
  if (head == out.size()) return;
  grunwald_weights(alpha, first + head, out.subspan(head), threads);
  multiply_by_ratio(ratio_polynomial(rule, alpha), first + head, out.subspan(head), threads);
}

}  // namespace almanac::compute
