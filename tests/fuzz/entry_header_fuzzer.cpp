// The header of an entry: whatever parses keeps every promise of libcache/src/entry_format.hpp.

#include "targets.hpp"

#include "artifact_rules.hpp"
#include "entry_format.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace almanac::fuzz {
namespace {

using namespace cache;

constexpr std::size_t kLengthAt = 12, kUserBlockAt = 16, kPaddingAt = 20, kFileSizeAt = 24, kIdAt = 32, kPaddedAt = 48;
constexpr std::size_t kDigest = 16;

__extension__ typedef unsigned __int128 Wide;  ///< overflows for no product or sum of two fields

template <class T>
T number_at(Bytes bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
void set_number(std::vector<std::byte>& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

void set_digest(std::vector<std::byte>& bytes, std::size_t at, const Digest& digest) {
  set_number(bytes, at, digest.high);
  set_number(bytes, at + 8, digest.low);
}

/// The bytes as a header whose guards fit: magic, version, length, id of the key's text and last digest. Without it a
/// change of any byte ends at the digest, and the fields behind it are never looked at.
std::optional<std::vector<std::byte>> sealed_anew(Bytes bytes) {
  if (bytes.size() < kPaddedAt + 4 + 2 * kDigest || bytes.size() > kMostUserBlock) return std::nullopt;
  std::vector<std::byte> sealed(bytes.begin(), bytes.end());
  std::memcpy(sealed.data(), "\x89" "ALM\r\n\x1a\n", 8);
  set_number(sealed, 8, kFormatVersion);
  set_number(sealed, kLengthAt, static_cast<std::uint32_t>(sealed.size()));
  const std::size_t text_at = kPaddedAt + std::size_t{number_at<std::uint32_t>(sealed, kPaddingAt) % 64};
  if (text_at + 4 <= sealed.size()) {
    const std::size_t length = number_at<std::uint32_t>(sealed, text_at);
    if (length <= sealed.size() - text_at - 4) {
      set_digest(sealed, kIdAt, checksum128(Bytes(sealed).subspan(text_at + 4, length)));
    }
  }
  set_digest(sealed, sealed.size() - kDigest, checksum128(Bytes(sealed).first(sealed.size() - kDigest)));
  return sealed;
}

void check_attribute(const std::string& name, const Attribute& value) {
  promised(is_attribute_name(name), "an attribute has a name that no attribute may have");
  if (const auto* text = std::get_if<std::string>(&value)) {
    promised(!has_nul(*text), "the text of an attribute holds a NUL");
  }
}

/// An array by itself, in arithmetic that does not overflow.
void check_array(const StoredArray& array, const EntryHeader& header) {
  promised(is_array_name(array.name), "an array has a name that no array may have");
  promised(size_of(array.type) > 0, "an array has no known type");
  promised(!array.shape.empty() && array.shape.size() <= kMaxRank, "an array has a rank that cannot be");
  bool is_empty = false;
  for (const std::int64_t extent : array.shape) {
    promised(extent >= 0, "an extent is negative");
    is_empty = is_empty || extent == 0;
  }
  Wide bytes = is_empty ? 0 : size_of(array.type);
  for (const std::int64_t extent : array.shape) {
    bytes *= static_cast<std::uint64_t>(extent);
    promised(bytes <= std::numeric_limits<std::uint64_t>::max(), "the bytes of an array are more than can be counted");
  }
  promised(bytes == array.bytes, "the bytes of an array are not the product of its extents and the size of its type");
  if (array.bytes == 0) {
    promised(array.offset == 0, "an empty array has a place");
    return;
  }
  promised(array.offset % kArrayAlignment == 0, "an array is not aligned");
  promised(array.offset >= header.user_block, "an array lies in the user block");
  promised(array.encoding == Encoding::plain || array.encoding == Encoding::deflated, "an array is encoded in a way nobody knows");
  promised(array.encoding == Encoding::plain || (array.packed_bytes > 0 && array.packed_bytes < array.bytes), "compressing made an array larger");
  promised(Wide{array.packed_bytes} * 1040 + 1040 >= array.bytes || array.encoding == Encoding::plain, "an array comes of too few compressed bytes");
  promised(Wide{array.offset} + array.file_bytes() <= header.file_size, "an array ends behind the file");
}

/// Arrays and rest tile the file from the end of the user block to its own: nothing twice, nothing left out.
void check_tiling(const EntryHeader& header) {
  std::vector<ByteRange> pieces;
  for (const StoredArray& array : header.arrays) {
    if (array.bytes > 0) pieces.push_back({array.offset, array.file_bytes()});
  }
  for (const ByteRange& range : rest_of(header)) {
    promised(range.bytes > 0, "a range of the rest is empty");
    pieces.push_back(range);
  }
  std::ranges::sort(pieces, {}, &ByteRange::offset);
  std::uint64_t at = header.user_block;
  for (const ByteRange& piece : pieces) {
    promised(piece.offset == at, "arrays and rest overlap, or leave something out");
    at += piece.bytes;
  }
  promised(at == header.file_size, "arrays and rest do not end with the file");
}

/// A writer with the same contents writes the same bytes, but for a padding that was longer than it needs.
void check_rendering(const EntryHeader& header, Bytes start) {
  const Bytes whole = start.first(header.length);
  EntryHeader copy = header;
  const auto needed = user_block_for(copy);
  promised(needed.ok() || header.length + 63 > kMostUserBlock, "what was read is too large to be written");
  const auto rendered = render_header(copy);
  promised(rendered.ok(), "what was read cannot be written");
  promised(rendered->size() == header.user_block, "a user block of another size is written");
  const auto padding = number_at<std::uint32_t>(whole, kPaddingAt), shortest = number_at<std::uint32_t>(*rendered, kPaddingAt);
  promised(shortest <= padding, "more padding is written than was needed");
  promised(copy.length == header.length - (padding - shortest), "what was read is written in another length");
  if (padding == shortest) {
    promised(std::ranges::equal(Bytes(*rendered).first(copy.length), whole), "what was read is written in other bytes");
    promised(copy.self == header.self, "the same bytes are called otherwise");
  }
  promised(std::ranges::all_of(Bytes(*rendered).subspan(copy.length), [](std::byte b) { return b == std::byte{0}; }),
           "the user block is not zero behind the header");

  auto back = parse_header(*rendered, header.file_size);
  promised(back.ok(), "what is written cannot be read");
  const auto again = render_header(*back);
  promised(again.ok() && *again == *rendered, "what is written twice differs");
}

void check_header(const EntryHeader& header, Bytes start, std::uint64_t file_size) {
  promised(std::has_single_bit(header.user_block) && header.user_block >= kLeastUserBlock && header.user_block <= kMostUserBlock,
           "the user block is of a size that it must not have");
  promised(header.length <= start.size() && header.length <= header.user_block, "the header is longer than what it lies in");
  promised(header.file_size == file_size && header.user_block <= file_size, "the file is not as large as the header says");
  promised(header.id == Id::of(header.key_text), "the id is not that of the key");
  promised(header.self == checksum128(start.first(header.length - kDigest)), "the header is not what its checksum says");
  for (const auto& [name, value] : header.attributes) check_attribute(name, value);
  std::set<std::string_view> names;
  for (const StoredArray& array : header.arrays) {
    check_array(array, header);
    promised(names.insert(array.name).second, "two arrays have one name");
  }
  check_tiling(header);
  check_rendering(header, start);

  promised(!parse_header(start.first(header.length - 1), file_size).ok(), "a header that is cut short is read");
  promised(!parse_header(start, file_size + 1).ok(), "a file of another size is believed");
  std::vector<std::byte> flipped(start.begin(), start.begin() + header.length);
  const std::uint64_t bit = header.self.low % (flipped.size() * 8);
  flipped[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
  promised(!parse_header(flipped, file_size).ok(), "a flipped bit is not seen");
}

void parse(Bytes start, std::uint64_t file_size) {
  const auto length = header_length(start, file_size);
  const auto header = parse_header(start, file_size);
  if (header) {
    promised(length.ok() && *length == header->length, "the header has another length than was foretold");
    check_header(*header, start, file_size);
    return;
  }
  const ErrorCode code = header.error().code;
  promised(code == ErrorCode::corrupt || code == ErrorCode::foreign || code == ErrorCode::newer_format, "an error that is none of a parser");
  promised(!header.error().message.empty(), "an error without a reason");
  promised(length.ok() || length.error().code == code, "two errors for one header");
}

}  // namespace

void entry_header(Bytes bytes) {
  parse(bytes, bytes.size());
  if (bytes.size() < kIdAt) return;
  parse(bytes, number_at<std::uint64_t>(bytes, kFileSizeAt));
  if (const auto sealed = sealed_anew(bytes)) {
    parse(*sealed, number_at<std::uint64_t>(*sealed, kFileSizeAt));
    parse(*sealed, number_at<std::uint32_t>(*sealed, kUserBlockAt));
  }
}

}  // namespace almanac::fuzz
