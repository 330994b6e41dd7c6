#pragma once

#include <exception>

namespace almanac::cli {

inline constexpr int kDone = 0;
inline constexpr int kFoundWrong = 1;    ///< done, and found what it looked for wrong
inline constexpr int kBadInput = 2;      ///< bad usage or input
inline constexpr int kEnvironment = 3;   ///< disk, permissions, memory
inline constexpr int kInterrupted = 130; ///< Ctrl-C

/// Says on standard error what happened, in one line, and gives the exit code for it.
int report(std::exception_ptr problem);

}  // namespace almanac::cli
