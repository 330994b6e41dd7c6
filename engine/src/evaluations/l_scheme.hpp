#pragma once

#include <almanac/parameter.hpp>

#include <almanac/compute/l_schemes.hpp>

namespace almanac::evaluations {

/// The parameter scheme of what L schemes give, and the one that was chosen.
Parameter l_scheme_parameter();
compute::LScheme l_scheme(const ParameterValues& values);

}  // namespace almanac::evaluations
