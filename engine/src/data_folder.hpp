#pragma once

#include <filesystem>

namespace almanac {

/// A file that comes with Almanac ("catalogs/standard.toml"): below the data folder beside the running program, below the one
/// Almanac was installed to, else in the source tree it was built from. Errors: EnvironmentError ← in none of them.
std::filesystem::path data_file(const std::filesystem::path& name);

}  // namespace almanac
