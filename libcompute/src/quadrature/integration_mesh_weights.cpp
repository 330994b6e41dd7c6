#include <almanac/compute/product_integration.hpp>

#include <almanac/compute/error.hpp>

#include "written.hpp"
#include "mesh_intervals.hpp"
#include "quad.hpp"

#include <algorithm>

namespace almanac::compute {
namespace {

double check_integration_row(double alpha, std::span<const double> mesh, std::uint64_t step, std::size_t size,
                             std::size_t expected) {
  if (!(alpha > 0 && alpha <= kMaxIntegrationAlpha))
    throw ArgumentError("alpha", written(alpha), "lie in (0, " + written(kMaxIntegrationAlpha) + "]");
  quadrature::check_mesh_row(mesh, step, size, expected);
  return static_cast<double>(quadrature::reciprocal_gamma(alpha));
}

quadrature::Interval interval_of(std::span<const double> mesh, std::uint64_t step, std::uint64_t j) {
  return {mesh[step] - mesh[j], mesh[step] - mesh[j - 1], mesh[j] - mesh[j - 1]};
}

}  // namespace

void rectangle_mesh_weights(double alpha, std::span<const double> mesh, std::uint64_t step, std::span<double> out) {
  const double scale = check_integration_row(alpha, mesh, step, out.size(), step);
  const quadrature::IntervalIntegrals kernel(alpha - 1, alpha);
  for (std::uint64_t j = 1; j <= step; ++j) out[j - 1] = scale * kernel.flat(interval_of(mesh, step, j));
}

void trapezoid_mesh_weights(double alpha, std::span<const double> mesh, std::uint64_t step, std::span<double> out) {
  const double scale = check_integration_row(alpha, mesh, step, out.size(), step + 1);
  const quadrature::IntervalIntegrals kernel(alpha - 1, alpha);
  std::fill(out.begin(), out.end(), 0.0);
  for (std::uint64_t j = 1; j <= step; ++j) {
    const auto hats = kernel.hats(interval_of(mesh, step, j));
    out[j - 1] += scale * hats.far_end;
    out[j] += scale * hats.near_end;
  }
}

}  // namespace almanac::compute
