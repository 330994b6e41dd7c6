#pragma once

#include <almanac/cache/tier.hpp>

#include <cstdint>

namespace almanac::cache {

/// What an entry takes in memory: its arrays, its texts, and the blocks that hold it together. An array that shows
/// part of a larger block counts what it shows.
std::uint64_t footprint_of(const Entry& entry);

}  // namespace almanac::cache
