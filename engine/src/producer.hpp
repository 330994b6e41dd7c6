#pragma once

#include <almanac/cache/tier.hpp>

namespace almanac {

/// Who computes here: this version, on the instruction set its kernels run on.
cache::Producer this_producer();

}  // namespace almanac
