#pragma once

#include <almanac/engine.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

struct ValidationProgress {
  std::string_view what;             ///< "checking every byte", "recomputing", "rebuilding"
  std::uint64_t done = 0, all = 0;   ///< entries
};

struct ValidationOptions {
  double recompute = 0;              ///< fraction of the sound entries to compute anew and compare, 0 … 1; at least one if above 0
  std::uint64_t seed = 0;            ///< of the sample
  bool repair = false;               ///< move what is wrong to quarantine, and make it again
  std::function<void(const ValidationProgress&)> progress;
  std::function<bool()> stop;        ///< true: stop at the next clean point
};

/// One entry that is not what it should be.
struct ValidationFinding {
  std::filesystem::path path;
  std::string reason;                ///< "corrupt", "foreign", "newer_format", "collision", "io" …; "differs": not what computing it gives
  std::string message;
  std::string key;                   ///< empty: nobody can tell any more
  /// "rebuilt"; "quarantined: …" or "left where it is: …" with why it was not rebuilt; empty: nothing was asked for.
  std::string repair;
};

struct ValidationReport {
  std::uint64_t checked = 0;         ///< entries, every byte
  std::uint64_t recomputed = 0;      ///< of them computed anew and compared
  std::uint64_t not_recomputable = 0;  ///< drawn, but nobody here can make them: user tables, other versions, other hosts
  std::vector<ValidationFinding> findings;
  double seconds = 0;
  bool interrupted = false;
};

/// Verifies every byte of the disk tier's entries, and computes a sample of them anew.
/// Errors: EnvironmentError ← there is no usable disk tier, or it cannot be listed; compute::ArgumentError ← recompute out of 0 … 1.
ValidationReport validate(Engine& engine, const ValidationOptions& options);

}  // namespace almanac
