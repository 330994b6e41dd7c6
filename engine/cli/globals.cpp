#include "globals.hpp"

#include <almanac/cache/one_line.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace almanac::cli {
namespace {

/// That nobody can read it fails no command.
void write(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

Config Globals::config() const {
  return Config::load(config_file.empty() ? std::nullopt : std::optional<std::filesystem::path>(config_file), settings);
}

void Globals::note(std::string_view line) const {
  if (!quiet) write(cache::one_line(line) + '\n');
}

void Globals::note_verbose(std::string_view line) const {
  if (verbose) note(line);
}

void Globals::warn(std::string_view line) const {
  if (!quiet) write("almanac: warning: " + cache::one_line(line) + '\n');
}

void add_globals(CLI::App& app, Globals& globals) {
  app.add_option_function<std::string>(
         "--cache-dir", [&globals](const std::string& folder) { globals.settings["cache_dir"] = folder; },
         "Folder of the cache (default: $ALMANAC_DIR, else ~/.cache/almanac)")
      ->type_name("DIR");
  app.add_option("--config", globals.config_file, "Settings file (default: ./almanac.toml, else ~/.config/almanac/almanac.toml)")
      ->type_name("FILE");
  app.add_flag("--json", globals.json, "One JSON document on standard output");
  app.add_flag("--quiet", globals.quiet, "No progress, no warnings");
  app.add_flag("--verbose", globals.verbose, "Say more of what is done");
}

bool asks_for_json(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

}  // namespace almanac::cli
