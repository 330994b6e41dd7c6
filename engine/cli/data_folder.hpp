#pragma once

#include <filesystem>

namespace almanac::cli {

/// A file that comes with Almanac ("catalogs/standard.toml"): below the installed data folder beside this program,
/// else in the source tree it was built from. Errors: EnvironmentError ← in neither.
std::filesystem::path data_file(const std::filesystem::path& name);

}  // namespace almanac::cli
