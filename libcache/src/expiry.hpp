#pragma once

#include <almanac/cache/tier.hpp>

#include <chrono>

namespace almanac::cache {

/// True when the entry is past its time.
inline bool is_expired(const EntryFacts& facts) { return facts.expires && *facts.expires <= std::chrono::system_clock::now(); }

}  // namespace almanac::cache
