#pragma once

#include <string>
#include <system_error>

namespace almanac::wrap {

/// What an error number of a system call means.
inline std::string errno_text(int number) { return std::generic_category().message(number); }

}  // namespace almanac::wrap
