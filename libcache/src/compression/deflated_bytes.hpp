#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace almanac::cache {

/// HDF5's shuffle and deflate filters, as they are applied to one chunk of a dataset.
///
/// A chunk has fewer bytes than this, before the filters and after.
inline constexpr std::uint64_t kMostChunk = std::uint64_t{1} << 32;

/// Deflate makes of one byte no more than about so many (zlib's technical details: 1032).
inline constexpr std::uint64_t kMostExpansion = 1033;

/// nullopt ← it does not get smaller by `least_saving` of it, which is asked of its first MiB before the rest is looked at; it is larger than a
///           chunk can be; there is no memory; or the way back does not give what was there.
/// Cost: some 50 MB/s, and scratch memory of twice as many bytes
std::optional<std::vector<std::byte>> deflate_bytes(std::span<const std::byte> bytes, std::size_t element, double least_saving);

enum class Inflated { done, wrong, no_memory };

/// The way back into exactly as many bytes as there were. Wrong ← `deflated` is not what deflate_bytes gave for so many.
/// Cost: some 300 MB/s
Inflated inflate_bytes(std::span<const std::byte> deflated, std::size_t element, std::span<std::byte> to);

}  // namespace almanac::cache
