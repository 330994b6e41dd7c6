#pragma once

#include <almanac/compute/solve_fractional.hpp>

namespace almanac::compute::stepping {

/// Refuses what solve_fractional refuses before the first step, but for what histories, weights and meshes refuse themselves.
void check_equation(const FractionalEquation& equation, const FractionalTimes& times, const FractionalOptions& options);

}  // namespace almanac::compute::stepping
