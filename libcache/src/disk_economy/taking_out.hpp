#pragma once

#include "entry_file.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <sys/stat.h>

namespace almanac::cache {

/// What came of taking a file out of its place.
struct TakenOut {
  bool is_gone = false;          ///< false: another one was in the place, or it was used meanwhile, or there was nothing
  std::uint64_t freed = 0;       ///< bytes that nobody else releases: what it took, if this was its only name
  std::string homeless{};        ///< mostly empty; else the temporary name of another file, whose place was filled while it was looked at
};

/// Removes the file at `path`, if it is still that of `identity` and, where that is given, was last modified then; any, without an
/// identity. The place is renamed to a temporary name first, which nobody else touches: so of all who remove it, or put something
/// else in its place, exactly one has each file in hand when it goes. A kill on the way leaves a leftover that is restored.
/// Errors: by errno; then it is where it was.
Result<TakenOut> take_out(const std::string& path, const std::optional<FileIdentity>& identity, const std::optional<timespec>& modified);

}  // namespace almanac::cache
