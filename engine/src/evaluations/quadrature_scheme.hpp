#pragma once

#include <almanac/parameter.hpp>

#include <almanac/compute/convolution_quadrature.hpp>

namespace almanac::evaluations {

/// The parameters scheme and alpha of what convolution quadrature gives.
Parameter quadrature_scheme_parameter();
Parameter quadrature_alpha_parameter();

/// The scheme that was chosen.
compute::QuadratureRule quadrature_rule(const ParameterValues& values);

}  // namespace almanac::evaluations
