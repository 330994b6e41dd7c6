#include "power_differences.hpp"

#include <cmath>

namespace almanac::compute::quadrature {

double PowerSeries::operator()(SplitNumber x) const {
  const double reciprocal = 1.0 / x.value;
  const double v = even_ ? reciprocal * reciprocal : -reciprocal;
  double small = 0.0;
  for (std::size_t j = terms_; j-- > 0;) small = (small + coefficients_[j]) * v;
  small += exponent_.rest * std::log(x.value) + exponent_.value * x.rest * reciprocal;
  return scale_ * std::pow(x.value, exponent_.value) * (1.0 + small);
}

PowerSeries first_difference(Power power, Quad scale) {
  const Quad s = power.s;
  PowerSeries series(power.less_one, s * scale);  // 2 Σ binom(s, 2j+1) (1/2x)^(2j+1) x^s
  Quad ratio = 1;
  for (series.terms_ = 0; series.terms_ < 5; ++series.terms_) {
    const auto j = static_cast<int>(series.terms_) + 1;
    ratio = ratio * (j == 1 ? power.less_one : s - (2 * j - 1)) * (s - 2 * j) / (8 * j * (2 * j + 1));
    series.coefficients_[series.terms_] = static_cast<double>(ratio);
  }
  return series;
}

PowerSeries second_difference(Power power, Quad scale) {
  const Quad s = power.s;
  PowerSeries series(s - 2, s * power.less_one * scale);  // 2 Σ_{j≥1} binom(s, 2j) x^(s-2j)
  Quad ratio = 1;
  for (series.terms_ = 0; series.terms_ < 8; ++series.terms_) {
    const auto j = static_cast<int>(series.terms_) + 1;
    ratio = ratio * (s - 2 * j) * (s - (2 * j + 1)) / ((2 * j + 1) * (2 * j + 2));
    series.coefficients_[series.terms_] = static_cast<double>(ratio);
  }
  return series;
}

PowerSeries trapezoid_defect(Power power, Quad scale) {
  const Quad s = power.s;
  PowerSeries series(s - 2, -s * power.less_one * scale / 12);  // -Σ_{j≥1} binom(s, 2j) (1/2x)^2j 2j / (2j+1) x^s
  Quad ratio = 1;
  for (series.terms_ = 0; series.terms_ < 5; ++series.terms_) {
    const auto j = static_cast<int>(series.terms_) + 1;
    ratio = ratio * (s - 2 * j) * (s - (2 * j + 1)) / (4 * (2 * j + 1) * (2 * j + 2));
    series.coefficients_[series.terms_] = static_cast<double>(ratio * (3 * (j + 1)) / (2 * j + 3));
  }
  return series;
}

PowerSeries backward_remainder(Power power, Quad scale) {
  const Quad s = power.s;
  PowerSeries series(s - 2, s * power.less_one * scale / 2);  // Σ_{j≥2} binom(s, j) (-1/x)^j x^s
  series.even_ = false;
  Quad ratio = 1;
  for (series.terms_ = 0; series.terms_ < PowerSeries::kTerms; ++series.terms_) {
    const auto j = static_cast<int>(series.terms_) + 3;
    ratio = ratio * (s - (j - 1)) / j;
    series.coefficients_[series.terms_] = static_cast<double>(ratio);
  }
  return series;
}

}  // namespace almanac::compute::quadrature
