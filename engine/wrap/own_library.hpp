#pragma once

#include <filesystem>

namespace almanac::wrap {

/// Where a library of ours is that programs load while they run: beside this program, in the build tree and under any prefix.
/// Errors: EnvironmentError ← it is not there; `otherwise` says what helps.
std::filesystem::path own_library(const char* name, const char* otherwise);

}  // namespace almanac::wrap
