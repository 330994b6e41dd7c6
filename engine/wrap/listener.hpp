#pragma once

#include <filesystem>

namespace almanac::wrap {

/// A Unix socket that listens there, and does not block. Errors: EnvironmentError ← it cannot be made.
int listen_at(const std::filesystem::path& path);

}  // namespace almanac::wrap
