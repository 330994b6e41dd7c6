#include "initial_powers.hpp"

#include <algorithm>
#include <cmath>

namespace almanac::compute::stepping {
namespace {

/// n^gamma as corrected, n = 0 … steps.
std::vector<double> corrected_power(const Run& run, QuadratureRule rule, double gamma) {
  std::vector<double> weights(static_cast<std::size_t>(run.steps) + 1), values(weights.size());
  run.make_weights(rule, -gamma, weights);
  const std::span<const double> corrections = initial_corrections(rule, 0);
  const double factor = std::tgamma(gamma + 1);
  long double sum = 0;
  for (std::size_t n = 1; n < values.size(); ++n) {
    sum += static_cast<long double>(weights[n - 1]);
    double value = static_cast<double>(sum);
    for (std::size_t j = 1; j <= std::min(n, corrections.size()); ++j) value += corrections[j - 1] * weights[n - j];
    values[n] = factor * value;
  }
  return values;
}

}  // namespace

InitialPowers::InitialPowers(Run& run, QuadratureRule rule, bool corrected) : run_(run) {
  const auto& powers = run.initial.derivative_powers();
  sequences_.resize(powers.size());
  if (!corrected) return;
  run.reserve(run.steps + 1, static_cast<std::int64_t>(powers.size()) + 1, "the derivatives of the initial data as they are corrected",
              "other start corrections need none");
  for (std::size_t i = 0; i < powers.size(); ++i)
    if (powers[i].power <= -kMinQuadratureAlpha) sequences_[i] = corrected_power(run, rule, powers[i].power);
}

void InitialPowers::at(std::int64_t step, std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  const auto& powers = run_.initial.derivative_powers();
  for (std::size_t i = 0; i < powers.size(); ++i) {
    const double gamma = powers[i].power, t = run_.time(step) - run_.times.front();
    const double value =
        sequences_[i].empty() ? std::pow(t, gamma) : std::pow(run_.step_size, gamma) * sequences_[i][static_cast<std::size_t>(step)];
    for (std::size_t k = 0; k < out.size(); ++k)
      if (powers[i].coefficients[k] != 0) out[k] += powers[i].coefficients[k] * value;
  }
}

}  // namespace almanac::compute::stepping
