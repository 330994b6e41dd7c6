#pragma once

#include "cache_root.hpp"
#include "entry_file.hpp"

#include <string>

namespace almanac::cache {

/// What came of it.
struct Quarantined {
  std::string to;        ///< where the file is now; empty: it was gone already, or is a good one by now
  std::string homeless;  ///< mostly empty; else the temporary name of another file, whose place was filled while it was looked at
};

/// Moves the file at `path` to quarantine/<name>-<token>.h5, with a .txt that says why, if it is still that of `identity`.
/// durable: so that no power cut takes away another file that was in the place for a moment.
/// Errors: by errno; then it is where it was.
Result<Quarantined> quarantine(const CacheRoot& root, const std::string& path, const FileIdentity& identity, const std::string& name,
                               const Error& reason, bool durable);

}  // namespace almanac::cache
