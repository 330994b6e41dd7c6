#pragma once

#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/fractional_scheme.hpp>
#include <almanac/compute/l_schemes.hpp>

namespace almanac::compute::stepping {

/// What the schemes are built of.
enum class SchemeFamily { quadrature, multistep, l_scheme, product };

SchemeFamily family_of(FractionalScheme scheme) noexcept;

/// Of the quadrature and multistep families.
QuadratureRule quadrature_rule_of(FractionalScheme scheme) noexcept;

/// Of the l_scheme family.
LScheme l_scheme_of(FractionalScheme scheme) noexcept;

}  // namespace almanac::compute::stepping
