#include "byte_shuffle.hpp"

#include <algorithm>
#include <cstring>

namespace almanac::cache {
namespace {

/// So many elements at a time: they and their rows stay in the first cache.
constexpr std::size_t kElementsAtOnce = 512;

/// Calls `move(place in the elements, place in the rows)` for each byte of `n` elements; `Element` bytes are unrolled.
template <std::size_t Element, class Move>
void each_byte(std::size_t n, Move move) noexcept {
  for (std::size_t first = 0; first < n; first += kElementsAtOnce) {
    const std::size_t last = std::min(n, first + kElementsAtOnce);
    for (std::size_t i = first; i < last; ++i) {
      for (std::size_t b = 0; b < Element; ++b) move(i * Element + b, b * n + i);
    }
  }
}

template <class Move>
bool each_byte_of(std::size_t element, std::size_t n, Move move) noexcept {
  switch (element) {
    case 4: each_byte<4>(n, move); return true;
    case 8: each_byte<8>(n, move); return true;
    case 16: each_byte<16>(n, move); return true;
    default: return false;
  }
}

}  // namespace

void shuffle_bytes(std::span<const std::byte> from, std::size_t element, std::span<std::byte> to) noexcept {
  const std::byte* const elements = from.data();
  std::byte* const rows = to.data();
  const bool done = each_byte_of(element, from.size() / std::max<std::size_t>(element, 1),
                                 [=](std::size_t in_elements, std::size_t in_rows) { rows[in_rows] = elements[in_elements]; });
  if (!done && !from.empty()) std::memcpy(rows, elements, from.size());
}

void unshuffle_bytes(std::span<const std::byte> from, std::size_t element, std::span<std::byte> to) noexcept {
  const std::byte* const rows = from.data();
  std::byte* const elements = to.data();
  const bool done = each_byte_of(element, from.size() / std::max<std::size_t>(element, 1),
                                 [=](std::size_t in_elements, std::size_t in_rows) { elements[in_elements] = rows[in_rows]; });
  if (!done && !from.empty()) std::memcpy(elements, rows, from.size());
}

}  // namespace almanac::cache
