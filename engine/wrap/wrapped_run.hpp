#pragma once

#include "frames.hpp"

#include <almanac/compute/fft.hpp>
#include <almanac/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace almanac::wrap {

struct WrapOptions {
  std::vector<std::string> words;            ///< the program and its arguments
  std::optional<compute::Rigor> upgrade;     ///< what callers that estimate get instead
  Config config;                             ///< the settings in force
  std::string obstacle;                      ///< why they are not known, and the program is to be left alone
  bool is_quiet = false;
};

/// How a wrapped program ended, and what was planned in it and its children.
struct WrapReport {
  int exit_code = 0;                         ///< the program's; 128 + signal where one ended it
  std::string left_alone;                    ///< why it was run without us; empty: it was not
  std::uint64_t planned = 0, cached = 0, measured = 0, own = 0, estimated = 0, passed = 0, foreign = 0, time_limited = 0;
  std::uint64_t upgraded_in_vain = 0;        ///< of the estimated
  std::uint64_t searches = 0;                ///< that the measured took: several an upgraded estimate
  std::uint64_t handed_over = 0;             ///< of the measured
  std::uint64_t kept = 0;                    ///< of these, in the cache now
  std::uint64_t refused = 0;                 ///< measured bundles that came over damaged, and were not kept
  bool has_server = false;                   ///< somebody asked for more than the cache has
  std::string unserved;                      ///< why there was no server all the same
  double seconds_saved = 0;
};

/// Runs the program to its end with the library in front of its FFTW, and serves what it asks for. SIGINT, SIGTERM, SIGHUP, SIGQUIT,
/// SIGUSR1 and SIGUSR2 that are sent to this process go on to the program. Whatever keeps it from being wrapped, it is run.
/// Errors: InputError ← there is no such program, or it cannot be started; EnvironmentError ← its end cannot be waited for.
WrapReport run_wrapped(const WrapOptions& options);

}  // namespace almanac::wrap
