#pragma once

#include "context.hpp"

#include <almanac/cache/synthetic_trace.hpp>

#include <cstdint>
#include <string>

namespace almanac::cli {

/// A synthetic trace as it is described on the command line.
struct SyntheticChoice {
  cache::SyntheticOptions options;
  std::string median_size = "64KiB";
  std::string median_cost = "50ms";

  /// Errors: InputError ← an option out of its range.
  cache::SyntheticTrace trace(std::uint64_t seed) const;
};

/// All options but the seed, in a group of this name.
inline constexpr const char* kSyntheticGroup = "Synthetic trace";
void add_synthetic_options(CLI::App& command, SyntheticChoice& choice);

/// Adds `almanac trace replay` to `almanac trace`.
void add_replay_command(CLI::App& trace, Context& context, Action& action);

}  // namespace almanac::cli
