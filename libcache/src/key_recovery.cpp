#include "key_recovery.hpp"

#include "entry_format.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace almanac::cache {
namespace {

// As entry_format.hpp has it: 48 bytes, the padding, the text's length, the text.
constexpr std::size_t kPaddingAt = 20;
constexpr std::size_t kFixedBytes = 48;
constexpr std::uint32_t kMostPadding = 63;
constexpr std::size_t kCountBytes = 4;

std::optional<Key> key_at(std::string_view bytes, std::size_t at, const Id& id) {
  if (at >= bytes.size()) return std::nullopt;
  const std::string_view rest = bytes.substr(at);
  const auto brace = rest.find('}');
  if (brace == std::string_view::npos) return std::nullopt;
  const std::string_view text = rest.substr(0, brace + 1);
  if (Id::of(text) != id) return std::nullopt;
  auto key = Key::parse(text);
  if (!key) return std::nullopt;
  return *std::move(key);
}

}  // namespace

std::optional<Key> recover_key(std::span<const std::byte> start, const Id& id) {
  start = start.first(std::min<std::size_t>(start.size(), kMostUserBlock));
  const std::string_view bytes(reinterpret_cast<const char*>(start.data()), start.size());
  if (bytes.size() > kPaddingAt) {
    const auto stored = static_cast<unsigned char>(bytes[kPaddingAt]);
    if (stored <= kMostPadding) {
      if (auto key = key_at(bytes, kFixedBytes + stored + kCountBytes, id)) return key;
    }
  }
  for (std::uint32_t padding = 0; padding <= kMostPadding; ++padding) {
    if (auto key = key_at(bytes, kFixedBytes + padding + kCountBytes, id)) return key;
  }
  return std::nullopt;
}

}  // namespace almanac::cache
