#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

// What arrays and attributes may be called and how large they may be: asked when an artifact is made
// and again of every header that is read.

namespace almanac::cache {

inline constexpr std::size_t kMaxRank = 32;       ///< HDF5's H5S_MAX_RANK
inline constexpr std::size_t kLongestName = 255;  ///< of an array or attribute, in bytes

inline bool has_nul(std::string_view text) noexcept { return text.find('\0') != std::string_view::npos; }

/// True for 1 to 255 bytes without '/' and NUL, and not ".", which is what HDF5 calls the group itself.
inline bool is_array_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && name != "." && name.find('/') == std::string_view::npos && !has_nul(name);
}

/// True for 1 to 255 bytes without NUL.
inline bool is_attribute_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && !has_nul(name);
}

/// The number of elements of a shape; nullopt ← rank 0 or above kMaxRank, a negative extent, or more
/// bytes than a signed 64-bit number counts, the zero extents left out of account.
inline std::optional<std::uint64_t> volume(std::span<const std::int64_t> shape, std::size_t element_bytes) noexcept {
  if (shape.empty() || shape.size() > kMaxRank || element_bytes == 0) return std::nullopt;
  std::uint64_t room = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / element_bytes;
  std::uint64_t elements = 1;
  bool empty = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (extent == 0) {
      empty = true;
      continue;
    }
    room /= static_cast<std::uint64_t>(extent);
    if (room == 0) return std::nullopt;
    elements *= static_cast<std::uint64_t>(extent);
  }
  return empty ? 0 : elements;
}

}  // namespace almanac::cache
