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

}  // namespace almanac::cli
