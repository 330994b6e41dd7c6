#pragma once

#include "frames.hpp"

#include <almanac/engine.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace almanac::wrap {

struct WrapOptions {
  std::vector<std::string> words;            ///< the program and its arguments
  std::optional<compute::Rigor> upgrade;     ///< what callers that estimate get instead
};

/// How a wrapped program ended, and what was planned in it and its children.
struct WrapReport {
  int exit_code = 0;                         ///< the program's; 128 + signal where one ended it
  std::string left_alone;                    ///< why it was run without us; empty: it was not
  std::uint64_t planned = 0, cached = 0, measured = 0, kept = 0, own = 0, estimated = 0, passed = 0, foreign = 0, time_limited = 0;
  std::uint64_t refused = 0;                 ///< measured bundles that came over damaged, and were not kept
  double seconds_saved = 0;
};

/// Runs the program to its end with the library in front of its FFTW, and serves what it asks for. SIGINT, SIGTERM, SIGHUP, SIGQUIT,
/// SIGUSR1 and SIGUSR2 that are sent to this process go on to the program.
/// Errors: InputError ← there is no such program; EnvironmentError ← the library is missing, no process or socket can be made.
WrapReport run_wrapped(Engine& engine, const WrapOptions& options);

}  // namespace almanac::wrap
