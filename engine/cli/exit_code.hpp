#pragma once

#include "json_text.hpp"

#include <exception>
#include <string>

namespace almanac::cli {

inline constexpr int kDone = 0;
inline constexpr int kFoundWrong = 1;    ///< done, and found what it looked for wrong
inline constexpr int kBadInput = 2;      ///< bad usage or input
inline constexpr int kEnvironment = 3;   ///< disk, permissions, memory
inline constexpr int kInterrupted = 130; ///< Ctrl-C

/// What ended a command, and the exit code for it.
struct Failure {
  int exit_code;
  std::string message;  ///< one line
};
Failure failure_of(std::exception_ptr problem);

/// Says it on standard error, and as the document that --json prints.
void say(const Failure& failure);
Json document_of(const Failure& failure);

}  // namespace almanac::cli
