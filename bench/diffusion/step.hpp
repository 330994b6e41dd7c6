#pragma once

#include <almanac/compute/diffusion_operator.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace almanac::bench {

/// The step all competitors solve, (a I - A) x = rhs, as subdiffusion of order 0.8 with a time step of 1e-3 has it: 256² points,
/// κ from 1 to 10 in waves, a wall of one value, the others insulated; to a residual of 1e-10.
struct Step {
  static constexpr std::int64_t kPoints = 256;
  static constexpr double kShift = 251.0;  // 1e-3^-0.8
  static constexpr double kTolerance = 1e-10;

  compute::LaplacianProblem grid{.extent = {kPoints, kPoints},
                                 .spacing = 1.0 / kPoints,
                                 .boundary = {compute::Boundary::dirichlet_neumann, compute::Boundary::neumann}};
  std::vector<double> kappa, rhs;

  Step() {
    for (std::int64_t i = 0; i < kPoints; ++i)
      for (std::int64_t j = 0; j < kPoints; ++j) {
        const double x = (static_cast<double>(i) + 0.5) / kPoints, y = (static_cast<double>(j) + 0.5) / kPoints;
        kappa.push_back(std::pow(10.0, 0.5 + 0.5 * std::sin(9 * x + 2 * y) * std::cos(7 * y)));
        rhs.push_back(std::exp(-20 * ((x - 0.4) * (x - 0.4) + (y - 0.6) * (y - 0.6))) + 0.1 * std::sin(50 * x * y));
      }
  }
};

}  // namespace almanac::bench
