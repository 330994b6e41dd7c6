#include "initial_part.hpp"

#include <algorithm>
#include <cmath>

namespace almanac::compute::stepping {
namespace {

/// Adds factor × row to the power, or a new one.
void add_power(std::vector<InitialPart::Power>& powers, double power, double factor, std::span<const double> row) {
  if (std::all_of(row.begin(), row.end(), [](double x) { return x == 0; }) || factor == 0) return;
  auto at = std::find_if(powers.begin(), powers.end(), [&](const auto& p) { return p.power == power; });
  if (at == powers.end()) at = powers.insert(at, {power, std::vector<double>(row.size())});
  for (std::size_t i = 0; i < row.size(); ++i) at->coefficients[i] += factor * row[i];
}

void sum_powers(const std::vector<InitialPart::Power>& powers, double t, std::span<double> out) {
  std::fill(out.begin(), out.end(), 0.0);
  for (const auto& [power, coefficients] : powers) {
    const double factor = power == 0 ? 1.0 : power == 1 ? t : std::pow(t, power);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (coefficients[i] != 0) out[i] += coefficients[i] * factor;
  }
}

}  // namespace

InitialPart::InitialPart(const FractionalEquation& equation, double start) : start_(start) {
  if (equation.derivative == FractionalDerivative::caputo) add_caputo(equation);
  if (equation.derivative == FractionalDerivative::riemann_liouville) add_riemann_liouville(equation);
}

void InitialPart::add_caputo(const FractionalEquation& equation) {
  const auto n = static_cast<std::size_t>(equation.unknowns);
  for (std::size_t k = 0; k * n < equation.initial.size(); ++k) {
    const auto power = static_cast<double>(k);
    const auto row = std::span(equation.initial).subspan(k * n, n);
    add_power(powers_, power, 1.0 / std::tgamma(power + 1.0), row);
    for (const auto& [order, coefficient] : equation.terms)
      if (power >= std::ceil(order))
        add_power(derivatives_, power - order, coefficient / std::tgamma(power + 1.0 - order), row);
  }
}

void InitialPart::add_riemann_liouville(const FractionalEquation& equation) {
  const auto n = static_cast<std::size_t>(equation.unknowns);
  const double alpha = equation.terms.back().order;
  for (std::size_t k = 0; k * n < equation.initial.size(); ++k) {
    const double power = alpha - static_cast<double>(k) - 1.0;
    add_power(powers_, power, 1.0 / std::tgamma(power + 1.0), std::span(equation.initial).subspan(k * n, n));
  }
}

void InitialPart::value(double t, std::span<double> out) const { sum_powers(powers_, t - start_, out); }

void InitialPart::derivatives(double t, std::span<double> out) const { sum_powers(derivatives_, t - start_, out); }

bool InitialPart::is_finite() const noexcept {
  return std::all_of(powers_.begin(), powers_.end(), [](const Power& p) { return p.power >= 0; });
}

bool InitialPart::is_polynomial() const noexcept {
  return std::all_of(powers_.begin(), powers_.end(),
                     [](const Power& p) { return p.power >= 0 && p.power == std::floor(p.power); });
}

}  // namespace almanac::compute::stepping
