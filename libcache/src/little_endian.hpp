#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace almanac::cache {

static_assert(std::endian::native == std::endian::little, "entries are little-endian and mapped as they are");

/// Appends fixed-size numbers and counted bytes to a buffer.
class ByteWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  void number(T value) {
    raw(std::as_bytes(std::span(&value, 1)));
  }
  /// A u32 count of bytes, then the bytes.
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    raw(std::as_bytes(std::span(value.data(), value.size())));
  }
  void raw(std::span<const std::byte> value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }
  void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }

  std::vector<std::byte>& bytes() noexcept { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Takes them out again. A read past the end gives zeros and sets failed() for good: callers may look
/// once after several reads, but must look before they use a count.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  T number() noexcept {
    T value{};
    if (const auto bytes = raw(sizeof(T)); !bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::string_view text() noexcept {
    const auto bytes = raw(number<std::uint32_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::span<const std::byte> raw(std::size_t count) noexcept {
    if (count > remaining()) {
      failed_ = true;
      at_ = bytes_.size();
      return {};
    }
    const auto taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }
  /// A u32 that says how many items of at least `item_bytes` follow; fails where they cannot.
  std::uint32_t count(std::size_t item_bytes) noexcept {
    const auto value = number<std::uint32_t>();
    if (value <= remaining() / item_bytes) return value;
    failed_ = true;
    return 0;
  }

  std::size_t remaining() const noexcept { return bytes_.size() - at_; }
  bool failed() const noexcept { return failed_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace almanac::cache
