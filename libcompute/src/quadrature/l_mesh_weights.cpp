#include <almanac/compute/l_schemes.hpp>

#include <almanac/compute/error.hpp>

#include "written.hpp"
#include "mesh_intervals.hpp"
#include "quad.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace almanac::compute {
namespace {

constexpr int kLeastExponent = -100;

}  // namespace

void l_mesh_weights(LScheme scheme, double alpha, std::span<const double> mesh, std::uint64_t step, std::span<double> out) {
  (void)l_offset(scheme, alpha);
  if (!(alpha < 1)) throw ArgumentError("alpha", written(alpha), "lie in (0, 1)");
  quadrature::check_mesh_row(mesh, step, out.size(), step);
  // Squares of the shortest distances would be below the least double: on a mesh stretched by a power of two they are not.
  if (const int exponent = std::ilogb(mesh[step] - mesh[0]); exponent < kLeastExponent) {
    std::vector<double> stretched(mesh.begin(), mesh.begin() + static_cast<std::ptrdiff_t>(step) + 1);
    for (double& t : stretched) t = std::ldexp(t - mesh[0], -exponent);
    l_mesh_weights(scheme, alpha, stretched, step, out);
    for (double& weight : out) weight *= std::exp2(-alpha * exponent);
    return;
  }
  const quadrature::IntervalIntegrals kernel(-alpha, 1 - alpha);
  const auto scale = static_cast<double>(quadrature::reciprocal_gamma(1 - quadrature::Quad(alpha)));
  const bool staggered = scheme == LScheme::l2_1_sigma;
  const auto length = [&](std::uint64_t j) { return mesh[j] - mesh[j - 1]; };
  // The derivative stands at t_last + ahead.
  const std::uint64_t last = staggered ? step - 1 : step;
  const double ahead = staggered ? l_offset(scheme, alpha) * length(step) : 0.0;

  std::fill(out.begin(), out.end(), 0.0);
  for (std::uint64_t j = 1; j <= step; ++j) {
    const double far = (mesh[last] - mesh[j - 1]) + ahead;
    if (j > last) {  // the part of the last interval before t_last + ahead
      out[j - 1] += scale * kernel.flat({0.0, ahead, ahead}) / length(j);
      continue;
    }
    const quadrature::Interval interval{(mesh[last] - mesh[j]) + ahead, far, length(j)};
    out[j - 1] += scale * kernel.flat(interval) / length(j);
    const std::uint64_t other = staggered ? j + 1 : j - 1;
    if (scheme == LScheme::l1 || other == 0) continue;
    // u' = d_j + 2 (x - middle) (d_later - d_earlier) / (length + other length), d = difference / length
    const double bend = 2 * scale * kernel.centred(interval) / (length(j) + length(other));
    const std::uint64_t later = std::max(j, other), earlier = std::min(j, other);
    out[later - 1] += bend / length(later);
    out[earlier - 1] -= bend / length(earlier);
  }
}

}  // namespace almanac::compute
