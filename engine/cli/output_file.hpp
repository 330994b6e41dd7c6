#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace almanac::cli {

/// Whether a name stands for standard output: -, /dev/stdout. It may be a file that somebody else writes to as well, so
/// nothing is put in its place: what is for it goes through std::cout.
bool is_standard_output(const std::filesystem::path& path);

/// Writes a file whole or not at all: under a temporary name in the same folder, then renamed. A link is followed;
/// what is no regular file (a pipe, a device) is written to as it is; who may read the file stays as it was.
/// Errors: EnvironmentError ← it cannot be written; names the path and the cause.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for a writer that wants a path: `write` fills the temporary one it is given.
void write_file(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& write);

}  // namespace almanac::cli
