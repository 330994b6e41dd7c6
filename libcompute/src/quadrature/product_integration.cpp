#include <almanac/compute/product_integration.hpp>

#include <almanac/compute/error.hpp>

#include "written.hpp"
#include "power_differences.hpp"

#include <string>

namespace almanac::compute {
namespace {

using quadrature::PowerSeries;
using quadrature::Quad;

constexpr auto kIntegrationHead = static_cast<std::uint64_t>(PowerSeries::kNear);

/// k^(1 + alpha) - k, which the second difference does not tell from k^(1 + alpha): as small as alpha.
Quad reduced_power(std::uint64_t k, Quad alpha) {
  return k == 0 ? Quad(0) : Quad(k) * quadrature::expm1(alpha * quadrature::log(Quad(k)));
}

void check_integration(double alpha, std::uint64_t first, std::span<const double> out) {
  if (!(alpha > 0 && alpha <= kMaxIntegrationAlpha))
    throw ArgumentError("alpha", written(alpha), "lie in (0, " + written(kMaxIntegrationAlpha) + "]");
  if (first > kMaxIntegrationIndex) throw ArgumentError("first", written(first), "not exceed " + written(kMaxIntegrationIndex));
  if (out.size() > kMaxIntegrationIndex - first + 1)
    throw ArgumentError("out.size()", written(out.size()),
                        "not exceed " + written(kMaxIntegrationIndex - first + 1) + ", for first = " + written(first));
}

/// out[i] = near(first + i) in quadruple precision below kIntegrationHead, far(first + i + offset) from there on.
template <class Near>
void fill_differences(std::uint64_t first, std::span<double> out, Near near, const PowerSeries& far, double offset) {
  std::uint64_t k = first;
  for (double& weight : out) {
    weight = k < kIntegrationHead ? static_cast<double>(near(k)) : far(static_cast<double>(k) + offset);
    ++k;
  }
}

}  // namespace

void rectangle_weights(double alpha, std::uint64_t first, std::span<double> out) {
  check_integration(alpha, first, out);
  const Quad order = alpha, scale = quadrature::reciprocal_gamma(order + 1);
  const auto near = [&](std::uint64_t k) {
    return scale * (quadrature::power_less_one(Quad(k + 1), order) - quadrature::power_less_one(Quad(k), order));
  };
  fill_differences(first, out, near, quadrature::first_difference(quadrature::Power::of(order), scale), 0.5);
}

void trapezoid_weights(double alpha, std::uint64_t first, std::span<double> out) {
  check_integration(alpha, first, out);
  const Quad order = alpha, scale = quadrature::reciprocal_gamma(order + 2);
  const auto near = [&](std::uint64_t k) {
    if (k == 0) return scale;
    return scale * (reduced_power(k + 1, order) - 2 * reduced_power(k, order) + reduced_power(k - 1, order));
  };
  fill_differences(first, out, near, quadrature::second_difference(quadrature::Power::beside_one(order), scale), 0.0);
}

void trapezoid_start_weights(double alpha, std::uint64_t first, std::span<double> out) {
  check_integration(alpha, first, out);
  if (first < 1) throw ArgumentError("first", written(first), "be at least 1");
  const Quad order = alpha, scale = quadrature::reciprocal_gamma(order + 2);
  const auto near = [&](std::uint64_t n) {  // (n-1)^(alpha+1) - n^(alpha+1) + (alpha+1) n^alpha
    const Quad here = reduced_power(n, order);
    return scale * (reduced_power(n - 1, order) - here + (order + (order + 1) * here / Quad(n)));
  };
  fill_differences(first, out, near, quadrature::backward_remainder(quadrature::Power::beside_one(order), scale), 0.0);
}

}  // namespace almanac::compute
