#include "deflated_bytes.hpp"

#include "byte_shuffle.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include <zlib.h>

namespace almanac::cache {
namespace {

constexpr int kDeflateLevel = 3;  // of shuffled numbers the higher levels save little more
constexpr std::size_t kSample = std::size_t{1} << 20;

const Bytef* to_read(std::span<const std::byte> bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }
Bytef* to_write(std::span<std::byte> bytes) { return reinterpret_cast<Bytef*>(bytes.data()); }

/// Both filters, whatever comes of it; empty ← zlib has no memory.
std::vector<std::byte> filtered(std::span<const std::byte> bytes, std::size_t element) {
  std::vector<std::byte> shuffled(bytes.size());
  shuffle_bytes(bytes, element, shuffled);
  std::vector<std::byte> deflated(::compressBound(static_cast<uLong>(bytes.size())));
  uLongf size = deflated.size();
  if (::compress2(to_write(deflated), &size, to_read(shuffled), static_cast<uLong>(shuffled.size()), kDeflateLevel) != Z_OK) return {};
  deflated.resize(size);
  return deflated;
}

bool saves(std::size_t packed, std::size_t bytes, double least_saving) {
  return packed > 0 && static_cast<double>(packed) <= (1 - least_saving) * static_cast<double>(bytes);
}

}  // namespace

std::optional<std::vector<std::byte>> deflate_bytes(std::span<const std::byte> bytes, std::size_t element, double least_saving) try {
  if (bytes.empty() || bytes.size() >= kMostChunk) return std::nullopt;
  if (bytes.size() > 4 * kSample && !saves(filtered(bytes.first(kSample), element).size(), kSample, least_saving)) return std::nullopt;
  std::vector<std::byte> deflated = filtered(bytes, element);
  if (!saves(deflated.size(), bytes.size(), least_saving)) return std::nullopt;
  std::vector<std::byte> back(bytes.size());
  if (inflate_bytes(deflated, element, back) != Inflated::done || std::memcmp(back.data(), bytes.data(), bytes.size()) != 0) return std::nullopt;
  return deflated;
} catch (const std::bad_alloc&) {
  return std::nullopt;
}

Inflated inflate_bytes(std::span<const std::byte> deflated, std::size_t element, std::span<std::byte> to) try {
  std::vector<std::byte> shuffled(to.size());
  uLongf size = shuffled.size();
  auto read = static_cast<uLong>(deflated.size());
  const int outcome = ::uncompress2(to_write(shuffled), &size, to_read(deflated), &read);
  if (outcome == Z_MEM_ERROR) return Inflated::no_memory;
  if (outcome != Z_OK || size != to.size() || read != deflated.size()) return Inflated::wrong;
  unshuffle_bytes(shuffled, element, to);
  return Inflated::done;
} catch (const std::bad_alloc&) {
  return Inflated::no_memory;
}

}  // namespace almanac::cache
