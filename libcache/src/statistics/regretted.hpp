#pragma once

#include <almanac/cache/statistics.hpp>

#include <filesystem>
#include <span>

namespace almanac::cache {

/// Counts, in the journals, what was computed though it had been on disk until there was no room for it: a key that the log of
/// removals says left for capacity between the time the sum knows it was made, and the time a journal says it was made again.
/// Of one key one a journal, at most.
void count_regretted(const Statistics& sum, std::span<Statistics> journals, const std::filesystem::path& root);

}  // namespace almanac::cache
