// The key of a damaged header: what is recovered has the id, and stands in the bytes; and what stands there is recovered.

#include "targets.hpp"

#include "key_recovery.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace almanac::fuzz {
namespace {

using cache::Id;
using cache::Key;

constexpr std::size_t kPaddingAt = 20, kIdAt = 32, kPaddedAt = 48;

void recover(Bytes bytes, const Id& id, std::string_view text) {
  const auto key = cache::recover_key(bytes, id);
  if (!key) return;
  promised(key->id() == id, "a key of another id is recovered");
  promised(text.find(key->text()) != std::string_view::npos, "a key is recovered that is not in the bytes");
}

}  // namespace

void key_recovery(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  recover(bytes, Id::of(text), text);
  if (bytes.size() < kPaddedAt) return;
  Id named;
  std::memcpy(&named.high, bytes.data() + kIdAt, 8);
  std::memcpy(&named.low, bytes.data() + kIdAt + 8, 8);
  recover(bytes, named, text);

  // Whatever else is damaged: where the padding is whole, so is the way to the text.
  const std::size_t at = kPaddedAt + std::to_integer<std::size_t>(bytes[kPaddingAt]) % 64 + 4;
  if (at >= text.size()) return;
  const std::string_view there = text.substr(at, text.find('}', at) - at + 1);
  if (const auto key = Key::parse(there)) {
    const auto found = cache::recover_key(bytes, key->id());
    promised(found.has_value() && *found == *key, "a key that is whole is not recovered");
  }
}

}  // namespace almanac::fuzz
