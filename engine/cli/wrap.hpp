#pragma once

#include "globals.hpp"
#include "wrap_options.hpp"

namespace almanac::cli {

/// Runs the program wrapped, says what was planned, and gives the exit code.
int wrap_program(const Globals& globals, const WrapChoice& choice);

}  // namespace almanac::cli
