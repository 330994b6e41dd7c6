#include "weight_sums.hpp"

#include <almanac/compute/grunwald.hpp>
#include <almanac/compute/history.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace almanac::compute {
namespace {

constexpr double kUpwards = 1.0 + 8.0 * std::numeric_limits<double>::epsilon();  // for the few roundings of a closed form

double grunwald_weight(double alpha, std::int64_t k) {
  double w = 0.0;
  grunwald_weights(alpha, static_cast<std::uint64_t>(k), {&w, 1});
  return w;
}

/// |sin πalpha| / π Γ(1+alpha): |w_k| ≤ this (k-alpha)^(-1-alpha), k > alpha, falling.
double grunwald_scale(double alpha) {
  return std::abs(std::sin(std::numbers::pi * (alpha - std::round(alpha)))) / std::numbers::pi * std::tgamma(1.0 + alpha);
}

/// ∫_terms^last of that bound, which the sum over the weights between is below; for small alpha it is far less than all behind `terms`.
double integral_between(double alpha, std::int64_t terms, std::int64_t last) {
  const double near = static_cast<double>(terms) - alpha, far = static_cast<double>(last) - alpha;
  return grunwald_scale(alpha) * std::pow(near, -alpha) * (-std::expm1(-alpha * std::log(far / near)) / alpha);
}

bool is_integer(double alpha) { return alpha == std::floor(alpha); }

}  // namespace

WeightSums::WeightSums(std::span<const double> weights) : weights_(weights), behind_(weights.size(), 0.0) {
  for (std::size_t k = weights.size() - 1; k > 0; --k) behind_[k - 1] = behind_[k] + std::abs(weights[k]);
  const double upwards = 1.0 + static_cast<double>(weights.size()) * std::numeric_limits<double>::epsilon();
  for (double& sum : behind_) sum *= upwards;
}

// Σ_{k≤L} w_k^(alpha) = w_L^(alpha-1), and all of them together are zero; behind 1 they have one sign.
double WeightSums::behind(std::int64_t terms, std::int64_t last) const {
  if (terms >= last) return 0.0;
  if (!weights_.empty())
    return std::max(0.0, behind_[static_cast<std::size_t>(terms)] - behind_[static_cast<std::size_t>(last)]);
  if (terms == 0) return alpha_ + behind(1, std::max<std::int64_t>(last, 2));
  const double all_behind = std::abs(grunwald_weight(alpha_ - 1.0, terms));
  if (static_cast<double>(terms) <= alpha_) return kUpwards * all_behind;
  return kUpwards * std::min(all_behind, integral_between(alpha_, terms, last));
}

double WeightSums::all(std::int64_t last) const { return behind(0, last); }

// k w_k^(alpha) = -alpha w_{k-1}^(alpha-1), of one sign for alpha < 1; else their absolute values add up to alpha at most twice.
double WeightSums::by_lag(std::int64_t last) const {
  if (last < 1) return 0.0;
  if (weights_.empty()) return alpha_ < 1.0 ? kUpwards * alpha_ * grunwald_weight(alpha_ - 2.0, last - 1) : 2.0 * alpha_;
  double sum = 0.0;
  for (std::int64_t k = 1; k <= last; ++k) sum += static_cast<double>(k) * std::abs(weights_[static_cast<std::size_t>(k)]);
  return sum * (1.0 + static_cast<double>(last) * std::numeric_limits<double>::epsilon());
}

double WeightSums::norm(std::int64_t first, std::int64_t last) const {
  if (last < first) return 0.0;
  if (weights_.empty()) {
    if (first < 4) return behind(first - 1, last);
    return grunwald_scale(alpha_) * std::pow(static_cast<double>(first) - alpha_, -1.0 - alpha_) *
           std::sqrt(static_cast<double>(last - first + 1));
  }
  double squares = 0.0;
  for (std::int64_t k = first; k <= std::min(last, static_cast<std::int64_t>(weights_.size()) - 1); ++k)
    squares += weights_[static_cast<std::size_t>(k)] * weights_[static_cast<std::size_t>(k)];
  return std::sqrt(squares) * (1.0 + static_cast<double>(last - first + 1) * std::numeric_limits<double>::epsilon());
}

std::int64_t WeightSums::terms_for(double tolerance, std::int64_t last) const {
  std::int64_t enough = last, few = 0;
  if (behind(0, last) <= tolerance) return 0;
  while (enough - few > 1) {
    const std::int64_t middle = few + (enough - few) / 2;
    (behind(middle, last) <= tolerance ? enough : few) = middle;
  }
  return enough;
}

double history_amplification(double alpha, std::int64_t steps) noexcept {
  auto n = static_cast<double>(steps);
  double product = 1.0 / std::tgamma(1 + alpha);
  for (; alpha >= 1; alpha -= 1, n += 1) product *= n;
  return product * std::pow(n, alpha);
}

std::int64_t WeightSums::support(std::int64_t last) const {
  if (weights_.empty()) return is_integer(alpha_) ? std::min(last, static_cast<std::int64_t>(alpha_)) : last;
  std::int64_t k = last;
  while (k > 0 && weights_[static_cast<std::size_t>(k)] == 0.0) --k;
  return k;
}

}  // namespace almanac::compute
