#pragma once

#include <cstddef>
#include <span>

namespace almanac::cache {

/// Puts bytes together by their place in the element: byte b of element i goes to b · n + i, n being the number of elements. What
/// neighbouring numbers have in common, mostly sign and exponent, then stands in a row. The same as HDF5's shuffle filter.
/// Shapes: from, to: n · element bytes each; must not overlap
void shuffle_bytes(std::span<const std::byte> from, std::size_t element, std::span<std::byte> to) noexcept;

/// The way back.
void unshuffle_bytes(std::span<const std::byte> from, std::size_t element, std::span<std::byte> to) noexcept;

}  // namespace almanac::cache
