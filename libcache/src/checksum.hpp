#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace almanac::cache {

/// An XXH3-128, as two halves.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

/// XXH3-64 with seed 0: what an array is checked against.
std::uint64_t checksum64(std::span<const std::byte> bytes) noexcept;

/// XXH3-128 with seed 0.
Digest checksum128(std::span<const std::byte> bytes) noexcept;

/// Either checksum over bytes that come in pieces.
/// Errors: std::bad_alloc ← no memory for the state.
class ChecksumStream {
 public:
  ChecksumStream();
  ~ChecksumStream();
  ChecksumStream(const ChecksumStream&) = delete;
  ChecksumStream& operator=(const ChecksumStream&) = delete;

  void start64() noexcept;
  void start128() noexcept;
  void add64(std::span<const std::byte> bytes) noexcept;   ///< after start64()
  void add128(std::span<const std::byte> bytes) noexcept;  ///< after start128()
  std::uint64_t result64() const noexcept;
  Digest result128() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace almanac::cache
