#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

namespace almanac {

/// Takes away an entry that is sound and whose bundle FFTW does not take: it is of no use to anybody, as its key names all that
/// wisdom depends on. What somebody has put in its place meanwhile stays. True: it is gone, and whoever asks next makes another
/// one, once for all who ask. False: it is still there (a read-only cache), or something else is. `disk` may be nullptr.
bool take_away_refused(cache::Cache& cache, cache::DiskTier* disk, const cache::Entry& refused);

}  // namespace almanac
