#pragma once

#include "entry_file.hpp"

#include <almanac/cache/tier.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace almanac::cache {

/// What makes a written file known again.
struct WrittenEntry {
  FileIdentity identity;
  Digest header;
};

/// Arrays are compressed that get smaller by this part at least.
inline constexpr double kLeastSaving = 0.2;

/// Writes an entry into a new, empty file: space reserved first, the header last. compress: arrays that gain by it are compressed.
/// durable: what was written is on the medium. What was written stays where it fails. `may_take` is asked for the room of the whole
/// file before anything is written.
/// Errors: invalid_argument ← a header that does not fit; what `may_take` says; by errno.
Result<WrittenEntry> write_entry(FileHandle file, const std::string& path, const Entry& entry, bool durable, bool compress = false,
                                 const std::function<Status(std::uint64_t bytes)>& may_take = {});

/// The last steps for a file that holds all an entry's bytes: read-only for all, on the medium where asked, closed.
/// Errors: by errno.
Status finish_entry(FileHandle file, const std::string& path, bool durable);

}  // namespace almanac::cache
