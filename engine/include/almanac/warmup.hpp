#pragma once

#include <almanac/engine.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

/// What a warm-up is to make ready: a TOML file with one table array a kind, whose lists are swept:
///     [[fractional_kernel]]
///     alpha = [1.5, 1.8]
///     n = [100, 500]            # four requests
/// Values of several axes are written as text: extent = ["64x64", "128x128"].
struct Catalog {
  struct Item {
    const Recipe* recipe;
    ParameterValues values;
    std::string label;  ///< kind and parameters as they were written
    std::string where;  ///< file and line, for messages
  };
  std::vector<Item> items;

  /// Errors: InputError ← unknown kind, parameter or value, with file and line; EnvironmentError ← unreadable file.
  static Catalog load(const std::filesystem::path& file);
};

struct WarmupProgress {
  std::string_view label;
  std::size_t done = 0, all = 0;  ///< artifacts
};

struct WarmupOptions {
  bool recompute = false;
  std::function<void(const WarmupProgress&)> progress;  ///< before each artifact that has to be made
  std::function<bool()> stop;                           ///< true: stop before the next artifact
};

struct WarmupReport {
  struct KindCount {
    std::string kind;
    std::size_t requests = 0, artifacts = 0, made = 0, found = 0, failed = 0;
    std::size_t not_stored = 0;                         ///< made, but the cache did not keep it
    double seconds = 0;                                 ///< spent making
  };
  std::vector<KindCount> kinds;
  std::vector<std::string> failures;                    ///< one line each
  double seconds = 0;
  bool interrupted = false;
};

/// Makes ready everything the catalog names. Requests that one artifact serves are one artifact, made at once in
/// its greatest length; what is there already is found by its header alone. A failing artifact does not stop the rest.
WarmupReport warm_up(Engine& engine, const Catalog& catalog, const WarmupOptions& options);

}  // namespace almanac
