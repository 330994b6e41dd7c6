#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

/// The settings of an Engine. Order of sources: defaults < almanac.toml < ALMANAC_* environment < flags.
struct Config {
  bool enabled = true;                            ///< false: compute everything, keep nothing (`--no-cache`)
  bool disk = true;                               ///< keep artifacts on disk
  std::filesystem::path cache_dir;                ///< empty: default_cache_dir()
  std::uint64_t max_memory = 512'000'000;         ///< bytes the memory tier may hold; 0: no memory tier
  bool durable = false;                           ///< fdatasync around every commit
  std::chrono::milliseconds lease_wait{600'000};  ///< longest wait for another process's computation
  std::filesystem::path trace;                    ///< what is asked for is appended to this file (cache/trace.hpp); empty: it is not
  bool tune_in_background = false;                ///< [fft]: plan better what adaptive requests got less than the best of, once the engine ends

  /// Reads the sources in order. `flags` are settings by name, as on the command line ("cache_dir", …).
  /// `file` is --config; without it $ALMANAC_CONFIG, else ./almanac.toml, else
  /// $XDG_CONFIG_HOME/almanac/almanac.toml (default ~/.config), where one exists.
  /// Errors: InputError ← a file that does not parse, an unknown setting, a value out of range;
  ///         the message names file and line, or variable, or flag.
  static Config load(const std::optional<std::filesystem::path>& file = std::nullopt,
                     const std::map<std::string, std::string, std::less<>>& flags = {});

  /// One setting as `almanac config` shows it.
  struct Setting {
    std::string name;
    std::string value;
    std::string source;  ///< "default", the file's path with line, "$ALMANAC_…", "--flag"
    std::string help;
  };
  /// All settings with where each value came from, in the order of the documentation.
  std::vector<Setting> settings() const;

 private:
  std::map<std::string, std::string, std::less<>> sources_;
};

/// $ALMANAC_DIR, else $XDG_CACHE_HOME/almanac, else ~/.cache/almanac.
std::filesystem::path default_cache_dir();

}  // namespace almanac
