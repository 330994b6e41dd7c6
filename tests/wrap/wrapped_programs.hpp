#pragma once

#include "command_line.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace almanac::testing {

/// Small programs that know only FFTW, wrapped over a cache of their own.
class WrapTest : public CommandLineTest {
 protected:
  struct Wrapped {
    Outcome outcome;
    nlohmann::json report;
    std::uint64_t operator[](const char* name) const { return report.at(name).get<std::uint64_t>(); }
  };

  static std::string program(const std::string& name) { return (std::filesystem::path(ALMANAC_TEST_PROGRAMS) / name).string(); }

  Words wrapping(const Words& program_words, const Words& options = {}, const std::string& report = "report.json") const {
    Words words{"wrap", "--report", (folder_ / report).string()};
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("--");
    words.insert(words.end(), program_words.begin(), program_words.end());
    return words;
  }

  Wrapped wrap(const Words& program_words, const Words& options = {}) const {
    Wrapped wrapped{almanac(wrapping(program_words, options)), nlohmann::json()};
    wrapped.report = report();
    return wrapped;
  }
  nlohmann::json report(const std::string& name = "report.json") const {
    return nlohmann::json::parse(contents(folder_ / name), nullptr, false);
  }

  /// As it runs without us.
  Outcome alone(const Words& words) const { return run_program(words, surroundings()); }

  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> found;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) found.push_back(line);
    return found;
  }

  /// What follows the name at the line's beginning.
  static std::string value(const std::string& text, const std::string& name) {
    for (const std::string& line : lines(text)) {
      if (line.starts_with(name + ' ')) return line.substr(name.size() + 1);
    }
    return "no line " + name;
  }
};

}  // namespace almanac::testing
