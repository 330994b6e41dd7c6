#pragma once

#include "file_handle.hpp"

#include <cstddef>
#include <memory>

namespace almanac::cache {

/// A block of heap memory that starts on a 64-byte boundary; nullptr ← there is none that large.
std::shared_ptr<std::byte> allocate_aligned(std::size_t bytes);

/// Gives memory that was freed, and that the allocator keeps for later, back to the system, as far as the C library can.
/// Cost: some 100 µs; threads that allocate wait meanwhile
void return_free_memory() noexcept;

/// The first `bytes` of a file as read-only memory, shared with everybody who maps it, until the last owner
/// lets go; what is unlinked stays readable until then. nullptr, errno set ← it cannot be mapped.
std::shared_ptr<const std::byte> map_file(const FileHandle& file, std::size_t bytes);

/// Brings the pages of a mapping in, in one call instead of a fault each.
/// False ← the pages cannot be read, and touching them would be a SIGBUS.
bool bring_in(const std::byte* data, std::size_t bytes) noexcept;

}  // namespace almanac::cache
