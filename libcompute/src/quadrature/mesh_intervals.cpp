#include "mesh_intervals.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/time_mesh.hpp>

#include "written.hpp"

#include <cmath>
#include <string>

namespace almanac::compute::quadrature {
namespace {

/// Series are cut where r^j is below this: with r ≤ 4/5 and coefficients that fall, what is left out is 2 of it.
constexpr double kNegligible = 0x1p-57;

/// Where the series are used: r = half the length over the middle ≤ 1/2, or 4/5.
bool reaches_half(Interval interval) { return interval.near >= interval.length / 2; }
bool reaches_four_fifths(Interval interval) { return interval.near >= interval.length / 8; }

}  // namespace

void check_mesh_row(std::span<const double> mesh, std::uint64_t step, std::size_t size, std::size_t expected) {
  check_mesh(mesh);
  if (step < 1 || step >= mesh.size())
    throw ArgumentError("step", written(step), "lie in [1, " + written(mesh.size() - 1) + "]");
  if (size != expected)
    throw ArgumentError("out.size()", written(size), "be " + written(expected) + ", for step = " + written(step));
}

IntervalIntegrals::IntervalIntegrals(double power, double order) : power_(power), order_(order) {
  double binomial = 1.0;
  for (std::size_t j = 0; j < kTerms; ++j) {
    binomials_[j] = binomial;
    const auto index = static_cast<double>(j);
    binomial = binomial * (power - index) / (index + 1);
  }
}

double IntervalIntegrals::flat(Interval interval) const {
  const double part = interval.length / interval.far;
  const double logarithm = part < 0.5 ? std::log1p(-part) : std::log(interval.near / interval.far);
  return std::pow(interval.far, order_) * (-std::expm1(order_ * logarithm) / order_);
}

double IntervalIntegrals::centred(Interval interval) const {
  const double middle = interval.near + interval.length / 2;
  if (reaches_four_fifths(interval)) {
    const double r = interval.length / (2 * middle), square = r * r;
    double sum = 0.0, scale = 1.0;
    for (std::size_t j = 1; j < kTerms && scale > kNegligible; j += 2, scale *= square)
      sum += binomials_[j] * scale / static_cast<double>(j + 2);
    return -2 * std::pow(middle, power_ + 2) * square * r * sum;
  }
  // With x = y / far from near/far to 1 and s = 1 + power. For a small power x^power - 1, which has the same centred integral.
  const double near = interval.near / interval.far, s = order_, centre = (1 + near) / 2;
  double integral = 0.0;
  if (power_ >= -0.5) {
    const double excess = near > 0 ? near * std::expm1(power_ * std::log(near)) : 0.0;  // near^s - near
    integral = centre * ((1 - near) * -power_ - excess) / s - ((1 - near * near) * -power_ / 2 - near * excess) / (s + 1);
  } else {
    const double flat = -std::expm1(s * std::log(near)) / s;
    integral = centre * flat - (1 - std::pow(near, s + 1)) / (s + 1);
  }
  return std::pow(interval.far, s + 1) * integral;
}

IntervalIntegrals::Hats IntervalIntegrals::hats(Interval interval) const {
  if (reaches_half(interval)) {
    const double middle = interval.near + interval.length / 2, r = interval.length / (2 * middle), square = r * r;
    double even = 0.0, odd = 0.0, scale = 1.0;
    for (std::size_t j = 0; j + 1 < kTerms && scale > kNegligible; j += 2, scale *= square) {
      even += binomials_[j] * scale / static_cast<double>(j + 1);
      odd += binomials_[j + 1] * scale / static_cast<double>(j + 3);
    }
    const double outer = std::pow(middle, order_) * r;
    return {outer * (even + r * odd), outer * (even - r * odd)};
  }
  const double near = interval.near / interval.far;
  const double flat = -std::expm1(order_ * std::log(near)) / order_;
  const double sloping = (1 - std::pow(near, order_ + 1)) / (order_ + 1);
  const double outer = std::pow(interval.far, order_) / (interval.length / interval.far);
  return {outer * (sloping - near * flat), outer * (flat - sloping)};
}

}  // namespace almanac::compute::quadrature
