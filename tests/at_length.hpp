#pragma once

#include <cstdlib>

namespace almanac::testing {

/// Whether a test that is worth more rounds than every run has time for is to do them all: the label `slow` does.
inline bool at_length() { return std::getenv("ALMANAC_AT_LENGTH") != nullptr; }

}  // namespace almanac::testing
