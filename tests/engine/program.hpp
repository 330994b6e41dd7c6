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

/// A program that is running. Its end is waited for by finish().
class RunningProgram {
 public:
  RunningProgram(const std::vector<std::string>& words, const std::vector<std::pair<std::string, std::string>>& environment = {});
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  int process() const noexcept { return process_; }
  void signal(int number) const;
  bool has_ended() const;
  /// Reads what it says on standard error until this is in it, or it ends. False ← it ended without.
  bool await_error(const std::string& part);
  /// Reads what it prints until it ends.
  Outcome finish();

 private:
  int process_;
  int out_, err_;
  std::string said_;  // on standard error, read already
};

/// Runs a program to its end with standard input from /dev/null; `environment` is added to this process's own.
Outcome run_program(const std::vector<std::string>& words, const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace almanac::testing
