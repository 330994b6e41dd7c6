#pragma once

#include "cache_root.hpp"
#include "entry_file.hpp"

#include <string>

namespace almanac::cache {

/// Moves the file at `path` to quarantine/<name>-<token>.h5, with a .txt that says why. If another file
/// than `identity` has come to be there meanwhile, it is put back.
/// Gives where the file is now; empty: it was gone already, or is a good one by now.
/// Errors: by errno; then it is where it was.
Result<std::string> quarantine(const CacheRoot& root, const std::string& path, const FileIdentity& identity, const std::string& name,
                               const Error& reason);

}  // namespace almanac::cache
