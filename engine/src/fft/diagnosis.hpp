#pragma once

#include <almanac/compute/fft.hpp>
#include <almanac/engine.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::fft {

/// Why the wisdom of a transform is, or is not, used by the engine on this host.
struct Diagnosis {
  /// A bundle of the same extents and transforms that is not used.
  struct NearMiss {
    struct Difference {
      std::string field;    ///< of the key
      std::string there;
      std::string wanted;
      friend bool operator==(const Difference&, const Difference&) = default;
    };
    std::string key;
    std::string id;
    std::vector<Difference> differences;
  };

  bool usable = false;
  cache::Key key;                          ///< what is looked for
  std::string verdict;                     ///< one sentence
  std::optional<cache::EntryInfo> entry{}; ///< what is there under this key
  std::vector<NearMiss> near_misses{};     ///< those with the fewest differences first, at most kMostNearMisses; none where it is usable
  std::size_t more_near_misses = 0;        ///< that were found, and are not among them
  std::vector<std::string> notes{};        ///< of the cache: read-only; what was moved to quarantine, and why

  static constexpr std::size_t kMostNearMisses = 8;
};

/// What a difference means to somebody who wonders, in one sentence; empty: its field says it.
std::string_view meaning_of(const Diagnosis::NearMiss::Difference& difference) noexcept;

/// Looks as fft_plan would, and plans from the bundle; measures nothing and stores nothing. A bundle that is found to be damaged is
/// moved to quarantine, as any look-up does.
/// Errors: compute::ArgumentError ← as compute::check; EnvironmentError ← the store cannot be listed
Diagnosis diagnose(Engine& engine, const compute::FftProblem& problem, std::string_view precision);

}  // namespace almanac::fft
