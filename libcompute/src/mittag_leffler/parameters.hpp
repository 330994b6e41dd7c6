#pragma once

#include <almanac/compute/mittag_leffler.hpp>

namespace almanac::compute::mlf {

/// ArgumentError ← a parameter outside its range.
void check_parameters(const MittagLeffler& function);

}  // namespace almanac::compute::mlf
