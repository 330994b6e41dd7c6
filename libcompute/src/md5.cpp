#include "md5.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace almanac::compute {
namespace {

/// floor(2^32 |sin(i + 1)|)
constexpr std::array<std::uint32_t, 64> kSines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1,
    0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453,
    0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
    0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
    0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
    0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

constexpr std::array<std::array<int, 4>, 4> kTurns{{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

/// One of the 64 steps; every word takes every part in turn.
template <std::size_t step>
inline void md5_step(std::array<std::uint32_t, 4>& words, const std::array<std::uint32_t, 16>& block) noexcept {
  constexpr std::size_t round = step / 16;
  constexpr std::size_t place = round == 0 ? step : round == 1 ? 5 * step + 1 : round == 2 ? 3 * step + 5 : 7 * step;
  std::uint32_t& a = words[(64 - step) % 4];
  const std::uint32_t b = words[(65 - step) % 4], c = words[(66 - step) % 4], d = words[(67 - step) % 4];
  std::uint32_t mixed = 0;
  if constexpr (round == 0) mixed = d ^ (b & (c ^ d));
  if constexpr (round == 1) mixed = (b & d) + (c & ~d);  // no bit is in both, and b, which is last to be known, comes last
  if constexpr (round == 2) mixed = b ^ c ^ d;
  if constexpr (round == 3) mixed = c ^ (b | ~d);
  a = b + std::rotl(a + block[place % 16] + kSines[step] + mixed, kTurns[round][step % 4]);
}

template <std::size_t... steps>
inline void md5_steps(std::array<std::uint32_t, 4>& words, const std::array<std::uint32_t, 16>& block,
                      std::index_sequence<steps...>) noexcept {
  (md5_step<steps>(words, block), ...);
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "MD5 reads its words with the lowest byte first");

void Md5::mix(const unsigned char* block) noexcept {
  std::array<std::uint32_t, 16> read;
  std::memcpy(read.data(), block, kBlock);
  std::array<std::uint32_t, 4> words = state_;
  md5_steps(words, read, std::make_index_sequence<64>());
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] += words[i];
}

void Md5::put(const void* bytes, std::size_t count) noexcept {
  const auto* from = static_cast<const unsigned char*>(bytes);
  count_ += count;
  while (count > 0) {
    const std::size_t now = std::min(count, held_.size() - fill_);
    std::memcpy(held_.data() + fill_, from, now);
    from += now, count -= now, fill_ += now;
    if (fill_ < held_.size()) break;
    for (std::size_t at = 0; at < fill_; at += kBlock) mix(held_.data() + at);
    fill_ = 0;
  }
}

std::array<std::uint32_t, 4> Md5::end() noexcept {
  const std::uint64_t bits = 8 * count_;
  static constexpr std::array<unsigned char, kBlock> kPadding{0x80};
  put(kPadding.data(), 1 + (kBlock + 55 - count_ % kBlock) % kBlock);
  put(&bits, sizeof bits);
  for (std::size_t at = 0; at < fill_; at += kBlock) mix(held_.data() + at);
  fill_ = 0;
  return state_;
}

}  // namespace almanac::compute
