#pragma once

#include <almanac/config.hpp>

#include <map>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace almanac::cli {

/// What is said before or behind every subcommand.
struct Globals {
  std::string config_file;
  std::map<std::string, std::string, std::less<>> settings;  ///< by flags: "cache_dir" …
  bool json = false;
  bool quiet = false;
  bool verbose = false;

  /// The settings in force. Errors: InputError.
  Config config() const;

  /// One line on standard error, unless --quiet; with --verbose only for note_verbose.
  void note(std::string_view line) const;
  void note_verbose(std::string_view line) const;
  void warn(std::string_view line) const;
};

void add_globals(CLI::App& app, Globals& globals);

/// A command line that could not be read to its end may ask for it all the same. Of `wrap`, the words up to the program's.
bool asks_for_json(int argc, const char* const* argv);

}  // namespace almanac::cli
