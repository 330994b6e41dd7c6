#include "packed_bytes.hpp"

#include "byte_shuffle.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include <zstd.h>

namespace almanac::cache {
namespace {

constexpr int kZstdLevel = 1;  // the higher ones take several times as long to save a few per cent more of shuffled numbers
constexpr std::size_t kBlocksBeforeJudgement = 4;

}  // namespace

std::optional<std::vector<std::byte>> pack_bytes(std::span<const std::byte> bytes, std::size_t element, double least_saving) try {
  const auto most = [&](std::size_t of) { return static_cast<std::size_t>((1 - least_saving) * static_cast<double>(of)); };
  std::vector<std::byte> packed, shuffled(std::min(bytes.size(), kPackedBlock)), frame(ZSTD_compressBound(shuffled.size()));
  for (std::size_t at = 0, blocks = 0; at < bytes.size(); at += shuffled.size()) {
    shuffled.resize(std::min(bytes.size() - at, kPackedBlock));
    shuffle_bytes(bytes.subspan(at, shuffled.size()), element, shuffled);
    const std::size_t size = ZSTD_compress(frame.data(), frame.size(), shuffled.data(), shuffled.size(), kZstdLevel);
    if (ZSTD_isError(size)) return std::nullopt;
    const auto length = static_cast<std::uint32_t>(size);
    const auto* const length_bytes = reinterpret_cast<const std::byte*>(&length);
    packed.insert(packed.end(), length_bytes, length_bytes + sizeof length);
    packed.insert(packed.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    if (packed.size() > most(bytes.size())) return std::nullopt;
    if (++blocks == kBlocksBeforeJudgement && packed.size() > most(at + shuffled.size())) return std::nullopt;
  }
  packed.shrink_to_fit();
  return packed;
} catch (const std::bad_alloc&) {
  return std::nullopt;
}

bool unpack_bytes(std::span<const std::byte> packed, std::size_t element, std::span<std::byte> to) {
  std::vector<std::byte> shuffled(std::min(to.size(), kPackedBlock));
  for (std::size_t at = 0; at < to.size(); at += shuffled.size()) {
    shuffled.resize(std::min(to.size() - at, kPackedBlock));
    std::uint32_t length = 0;
    if (packed.size() < sizeof length) return false;
    std::memcpy(&length, packed.data(), sizeof length);
    packed = packed.subspan(sizeof length);
    if (packed.size() < length) return false;
    if (ZSTD_decompress(shuffled.data(), shuffled.size(), packed.data(), length) != shuffled.size()) return false;
    unshuffle_bytes(shuffled, element, to.subspan(at, shuffled.size()));
    packed = packed.subspan(length);
  }
  return packed.empty();
}

}  // namespace almanac::cache
