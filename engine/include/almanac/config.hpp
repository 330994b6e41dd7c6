#pragma once

#include <almanac/cache/kind_settings.hpp>
#include <almanac/cache/policy.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac {

/// The settings of an Engine. Order of sources: defaults < almanac.toml < ALMANAC_* environment < flags.
struct Config {
  bool enabled = true;                            ///< false: compute everything, keep nothing (`--no-cache`)
  bool disk = true;                               ///< keep artifacts on disk
  std::filesystem::path cache_dir;                ///< empty: default_cache_dir()
  std::uint64_t max_memory = 512'000'000;         ///< bytes the memory tier may hold; 0: no memory tier
  double max_memory_share = 0;                    ///< above 0: max_memory is this share of the available memory, and follows it
  std::uint64_t compressed_memory = 0;            ///< bytes the compressed memory tier may hold; 0: no such tier
  std::optional<std::uint64_t> max_disk;          ///< bytes the disk tier may hold; nullopt: no limit
  double max_disk_share = 0;                      ///< above 0: max_disk is this share of the file system that cache_dir is on
  std::optional<std::uint64_t> max_entries;       ///< entries the disk tier may hold; nullopt: no limit
  cache::Policy policy = cache::kDefaultPolicy;   ///< who leaves first, in memory and on disk
  cache::KindSettings defaults;                   ///< of kinds that `kinds` does not name
  std::map<std::string, cache::KindSettings, std::less<>> kinds;  ///< [kinds.NAME], complete with what the defaults say
  bool durable = false;                           ///< fdatasync around every commit
  std::chrono::milliseconds lease_wait{600'000};  ///< longest wait for another process's computation
  std::filesystem::path trace;                    ///< what is asked for is appended to this file (cache/trace.hpp); empty: it is not
  bool tune_in_background = false;                ///< [fft]: plan better what adaptive requests got less than the best of, once the engine ends

  /// Reads the sources in order. `flags` are settings by name, as on the command line ("cache_dir", …).
  /// `file` is --config; without it $ALMANAC_CONFIG, else ./almanac.toml, else
  /// $XDG_CONFIG_HOME/almanac/almanac.toml (default ~/.config), where one exists.
  /// Errors: InputError ← a file that does not parse, an unknown setting or kind, a value out of range;
  ///         the message names file and line, or variable, or flag, and what is allowed.
  static Config load(const std::optional<std::filesystem::path>& file = std::nullopt,
                     const std::map<std::string, std::string, std::less<>>& flags = {});

  /// One setting as `almanac config` shows it.
  struct Setting {
    std::string name;
    std::string value;
    std::string source;  ///< "default", the file's path with line, "$ALMANAC_…", "--flag"
    std::string help;
  };
  /// All settings with where each value came from, in the order of the documentation; of kinds those that were said.
  std::vector<Setting> settings() const;

  /// What was said, by name and as it was written: for another program that is to run by the same settings.
  const std::vector<std::pair<std::string, std::string>>& given() const noexcept { return given_; }
  /// The other way: no file and no variable is read. Errors: InputError ← as load().
  static Config of(const std::vector<std::pair<std::string, std::string>>& given);

 private:
  struct Given;
  void take(const std::vector<Given>& all);

  std::map<std::string, std::string, std::less<>> sources_;
  std::vector<std::pair<std::string, std::string>> given_;
};

/// $ALMANAC_DIR, else $XDG_CACHE_HOME/almanac, else ~/.cache/almanac.
std::filesystem::path default_cache_dir();

}  // namespace almanac
