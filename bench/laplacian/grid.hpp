#pragma once

#include <almanac/compute/laplacian.hpp>

namespace almanac::bench {

/// The operator all competitors make or apply: 128³ points, order 2, periodic.
inline const compute::LaplacianProblem kGrid{.extent = {128, 128, 128}};
inline constexpr std::size_t kPoints = 128 * 128 * 128;

}  // namespace almanac::bench
