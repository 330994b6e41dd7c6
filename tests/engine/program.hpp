#pragma once

#include <string>
#include <utility>
#include <vector>

namespace almanac::testing {

/// What a program printed and how it ended.
struct Outcome {
  int exit_code = -1;  ///< 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

/// Runs a program to its end with standard input from /dev/null; `environment` is added to this process's own.
Outcome run_program(const std::vector<std::string>& words, const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace almanac::testing
