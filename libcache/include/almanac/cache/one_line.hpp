#pragma once

#include <string>
#include <string_view>

namespace almanac::cache {

/// The text with control characters written as \n, \t, \x1b …: whatever a file is called, it is told on one line, and
/// does nothing to the terminal. Everything else stays as it is.
std::string one_line(std::string_view text);

}  // namespace almanac::cache
