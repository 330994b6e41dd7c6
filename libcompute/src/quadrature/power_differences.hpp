#pragma once

#include "quad.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace almanac::compute::quadrature {

/// A number as two doubles.
struct SplitNumber {
  double value = 0, rest = 0;
};
inline SplitNumber split(Quad x) {
  const auto value = static_cast<double>(x);
  return {value, static_cast<double>(x - Quad(value))};
}
/// k + offset, k ≤ 2^52.
inline SplitNumber shifted(std::uint64_t k, SplitNumber offset) {
  const auto whole = static_cast<double>(k);
  const double sum = whole + offset.value, part = sum - whole;
  return {sum, (whole - (sum - part)) + (offset.value - part) + offset.rest};
}

/// The power s that differences are taken of, with s - 1 by itself: next to s = 1, whose differences are as small as it, the
/// subtraction would leave few of its digits.
struct Power {
  Quad s, less_one;
  static Power of(Quad s) { return {s, s - 1}; }
  static Power beside_one(Quad less_one) { return {1 + less_one, less_one}; }
};

/// scale x^exponent (1 + c_1 v + c_2 v² + …) with v = 1/x² or -1/x: what differences of powers of neighbouring numbers are when
/// they are written about one of them, where nothing cancels. For x ≥ kNear; nearer to 0 the differences are taken as they stand
/// in quadruple precision, where 4 of its 34 digits cancel.
///
/// Rounding, in units of 2^-53: pow 2, the factor 1 + small 1 and its small part below 0.5, scale 1 and two products 2; what
/// exponent and x have behind their doubles is added to the small part. Below 6.5, and an ulp is at least one unit.
class PowerSeries {
 public:
  static constexpr double kNear = 16;
  static constexpr std::size_t kTerms = 15;  ///< 16^-16 = 2^-64 is left out

  double operator()(SplitNumber x) const;
  double operator()(double x) const { return (*this)(SplitNumber{x, 0}); }

 private:
  friend PowerSeries first_difference(Power power, Quad scale);
  friend PowerSeries second_difference(Power power, Quad scale);
  friend PowerSeries trapezoid_defect(Power power, Quad scale);
  friend PowerSeries backward_remainder(Power power, Quad scale);

  PowerSeries(Quad exponent, Quad scale) : exponent_(split(exponent)), scale_(static_cast<double>(scale)) {}

  SplitNumber exponent_;
  double scale_;
  bool even_ = true;        // v = 1/x²
  std::size_t terms_ = 0;
  std::array<double, kTerms> coefficients_{};  // c_1 …
};

/// scale ((x + 1/2)^s - (x - 1/2)^s).
PowerSeries first_difference(Power power, Quad scale);
/// scale ((x + 1)^s - 2 x^s + (x - 1)^s).
PowerSeries second_difference(Power power, Quad scale);
/// scale (∫ y^s dy over (x - 1/2, x + 1/2) - ((x - 1/2)^s + (x + 1/2)^s) / 2).
PowerSeries trapezoid_defect(Power power, Quad scale);
/// scale ((x - 1)^s - x^s + s x^(s-1)).
PowerSeries backward_remainder(Power power, Quad scale);

}  // namespace almanac::compute::quadrature
