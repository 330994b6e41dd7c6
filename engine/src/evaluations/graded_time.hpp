#pragma once

#include <almanac/parameter.hpp>

#include <vector>

namespace almanac::evaluations {

/// The parameters end, steps and grading of a mesh in time.
std::vector<Parameter> graded_time_parameters();

/// Its points, steps + 1 of them. Errors: compute::ArgumentError naming end, steps or grading.
std::vector<double> graded_time(const ParameterValues& values);

}  // namespace almanac::evaluations
