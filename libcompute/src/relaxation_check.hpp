#pragma once

#include <almanac/compute/relaxation.hpp>

namespace almanac::compute {

/// Refuses what relax_modes refuses; gives dt^-alpha. The weights up to last_weight must be there.
double check_relaxation(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                        std::span<const double> u1, std::span<double> out, std::int64_t out_stride, int threads,
                        std::int64_t last_weight);

}  // namespace almanac::compute
