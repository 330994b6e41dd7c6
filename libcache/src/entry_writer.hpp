#pragma once

#include "entry_file.hpp"

#include <almanac/cache/tier.hpp>

#include <string>

namespace almanac::cache {

/// What makes a written file known again.
struct WrittenEntry {
  FileIdentity identity;
  Digest header;
};

/// Writes an entry as a new file, read-only from the start: space reserved first, the header last.
/// durable: what was written is on the medium. The file may be left behind where it fails.
/// Errors: invalid_argument ← a header that does not fit; by errno.
Result<WrittenEntry> write_entry(const std::string& path, const Entry& entry, bool durable);

}  // namespace almanac::cache
