#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace almanac::wrap {

/// A program as execvp would find it.
struct ProgramCheck {
  std::filesystem::path file;    ///< empty: there is none of that name
  std::string obstacle;          ///< why no library can be loaded into it; empty: one can
};

/// Looks at the program's file, and at the interpreter of a script, whether a library is loaded into it before it starts: not into a
/// static one, one of another machine or another dynamic loader, or one that runs with other rights than its caller.
ProgramCheck check_program(std::string_view name);

}  // namespace almanac::wrap
