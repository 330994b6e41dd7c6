#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

namespace almanac {

/// Of one problem, before its bundles are given up: others may heal it meanwhile, or a program clean FFTW up.
inline constexpr int kMostRefusals = 3;

/// What has become of an entry that is sound and whose bundle FFTW does not take.
struct RefusedBundle {
  enum class State {
    gone,      ///< whoever asks next makes another one, once for all who ask
    replaced,  ///< somebody has put another one in its place, which stays
    stuck      ///< it cannot be taken away (a read-only cache)
  };
  State state = State::gone;
  cache::EntryPtr replacement{};  ///< what is there now; never nullptr where it is replaced
};

/// Takes such an entry away: it is of no use to anybody, as its key names all that wisdom depends on. Precondition: its key is
/// the one that the problem has now; a program that cleans FFTW up changes it. `disk` may be nullptr.
/// What is replaced stays in memory, where nothing takes it from alone: the replacement is to be used as it is given here.
RefusedBundle take_away_refused(cache::Cache& cache, cache::DiskTier* disk, const cache::Entry& refused);

}  // namespace almanac
