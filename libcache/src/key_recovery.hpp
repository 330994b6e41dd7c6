#pragma once

#include <almanac/cache/key.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace almanac::cache {

/// The key of a damaged entry, from the first bytes of its file and the id that the file is named after: the text in the
/// place where the format has one, behind the padding that the header says or any other it might have, if it has that id.
/// A pure function. No length in the file is believed: a key ends with the only } it has.
std::optional<Key> recover_key(std::span<const std::byte> start, const Id& id);

}  // namespace almanac::cache
