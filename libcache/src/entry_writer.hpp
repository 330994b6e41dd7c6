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

/// Writes an entry into a new, empty file: space reserved first, the header last.
/// durable: what was written is on the medium. What was written stays where it fails.
/// Errors: invalid_argument ← a header that does not fit; by errno.
Result<WrittenEntry> write_entry(FileHandle file, const std::string& path, const Entry& entry, bool durable);

/// The last steps for a file that holds all an entry's bytes: read-only for all, on the medium where asked, closed.
/// Errors: by errno.
Status finish_entry(FileHandle file, const std::string& path, bool durable);

}  // namespace almanac::cache
