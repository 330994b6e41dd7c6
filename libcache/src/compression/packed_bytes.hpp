#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace almanac::cache {

/// Bytes of an array, compressed in blocks of kPackedBlock, each shuffled and a zstd frame by itself behind its length (u32): neither
/// way takes more scratch memory than a block, and whether it is worth while shows at the beginning.
inline constexpr std::size_t kPackedBlock = std::size_t{1} << 18;

/// nullopt ← it does not get smaller by `least_saving` of it, which is asked of the first four blocks before the rest is looked at;
///           or there is no memory.
/// Cost: some 300 MB/s
std::optional<std::vector<std::byte>> pack_bytes(std::span<const std::byte> bytes, std::size_t element, double least_saving);

/// The way back into exactly as many bytes as there were. False ← `packed` is not what pack_bytes gave for so many.
/// Cost: some 1 GB/s
bool unpack_bytes(std::span<const std::byte> packed, std::size_t element, std::span<std::byte> to);

}  // namespace almanac::cache
