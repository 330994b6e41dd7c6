#pragma once

#include <almanac/cache/statistics.hpp>
#include <almanac/engine.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

/// What a warm-up is to make ready. A TOML file with one table array a kind, whose lists are swept:
///     [[fractional_kernel]]
///     alpha = [1.5, 1.8]
///     n = [100, 500]            # four requests
/// Values of several axes are written as text: extent = ["64x64", "128x128"]. Or a list in text, one artifact a line as
/// `almanac get` takes it; # begins a comment:
///     fractional_kernel alpha=1.5 n=1000
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

  /// The catalog that comes with Almanac. Errors: EnvironmentError ← it is missing.
  static Catalog standard();
  /// The standard catalog by the word "standard", else the file of this name, as seen from `folder`. Errors: as load().
  static Catalog named(const std::string& name, const std::filesystem::path& folder = {});

  /// A list, from a file or any other text; `name` is what messages call it. Errors: as load().
  static Catalog load_list(const std::filesystem::path& file);
  static Catalog read_list(std::istream& text, const std::string& name);

  /// What was used most and cost most, by uses times cost, in the farthest length it had; no more than `most` items. Keys that
  /// nobody here can make (users' tables, other hosts, earlier versions) are passed over, and counted.
  static Catalog most_used(const cache::Statistics& counted, std::size_t most, std::size_t* passed_over = nullptr);
};

struct WarmupProgress {
  std::string_view label;
  std::size_t done = 0, all = 0;  ///< artifacts
};

struct WarmupOptions {
  bool recompute = false;
  std::function<void(const WarmupProgress&)> progress;  ///< before each artifact that has to be made
  /// True: stop before the next artifact, and wait no longer. Asked by the thread that warms up. Must not throw.
  std::function<bool()> stop;
};

struct WarmupReport {
  struct KindCount {
    std::string kind;
    std::size_t requests = 0, artifacts = 0;            ///< asked for
    std::size_t made = 0, found = 0, failed = 0;        ///< found: there already, or made meanwhile by another process
    std::size_t not_stored = 0;                         ///< made, but the cache did not keep it
    double seconds = 0;                                 ///< spent making
  };
  std::vector<KindCount> kinds;
  std::vector<std::string> failures;                    ///< one line each
  double seconds = 0;
  bool interrupted = false;                             ///< stopped before everything was ready
};

/// Makes ready everything the catalog names, and stores it whatever it costs. Requests that one artifact serves are one
/// artifact, made at once in its greatest length; what is there already is found by its header alone; processes that warm up
/// the same share the work. A failing artifact does not stop the rest.
WarmupReport warm_up(Engine& engine, const Catalog& catalog, const WarmupOptions& options);

}  // namespace almanac
