#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace almanac::cli {

/// The words behind `wrap`.
struct WrapChoice {
  std::vector<std::string> words;  ///< the program and its arguments
  bool upgrade = false;
  std::string rigor = "measure";
  std::string report;
};

/// Adds the subcommand to the app, which is to be gone before the choice; gives it.
CLI::App* add_wrap_options(CLI::App& app, WrapChoice& choice);

/// Where the wrapped program's words begin: behind the first `--` after `wrap`, else with the first word there that is no option, nor
/// an option's. argc ← there are none. They are its own, however much they look like ours.
int find_program(int argc, const char* const* argv);

/// Has the app read what is ours of the command line, and gives the program's words to the choice, byte by byte.
/// Errors: CLI::ParseError.
void parse_words(CLI::App& app, WrapChoice& choice, int argc, const char* const* argv);

}  // namespace almanac::cli
