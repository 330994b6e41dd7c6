#pragma once

#include "checksum.hpp"

#include <almanac/cache/tier.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// The header of an entry: what stands in the user block of its HDF5 file. Every number is little-endian,
// nothing is aligned, `text` is a u32 count and as many bytes. Times are nanoseconds since the Unix epoch.
//
//     offset  type        field
//          0  8 bytes     magic: 89 'A' 'L' 'M' 0D 0A 1A 0A
//          8  u32         format version: 1, or 2 where an array is compressed
//         12  u32         header length H: from the magic to the end of the last digest
//         16  u32         user block U: 4096, or a greater power of two up to 2^20; H <= U
//         20  u32         padding P: 0 … 63
//         24  u64         size of the whole file
//         32  2 u64       id, high half first: the XXH3-128 of the key text
//         48  P bytes     zero
//             text        key
//             text        producer: version
//             text        producer: instruction set
//             text        host binding
//             i64         cost
//             i64         created
//             u8, i64     1 and the expiry, or 0 and 0
//             u32         dependencies; for each its id, 2 u64
//             u32         attributes, in the order of their names; for each
//               text        name
//               u8          1 i64, 2 f64, 3 text, 4 list of i64, 5 list of f64
//                           an i64, an f64, a text, or a u32 count and as many numbers
//             u32         arrays; for each
//               text        name
//               u8          type, as almanac::cache::Type
//               u8          rank r: 1 … 32
//               r i64       extents
//               u64         offset in the file, a multiple of 64 behind the user block; 0 for an empty array
//               u64         bytes: the product of the extents and the size of the type
//               u64         XXH3-64 of these bytes, as they are in the file
//               version 2:
//               u8          encoding: 0 as they are; 1 shuffled and deflated, HDF5's filters over one chunk
//               u64         bytes in the file: for encoding 0 the same, for 1 fewer and not none
//       H-32  2 u64       XXH3-128, high half first, of every byte of the file outside the user block and the
//                         arrays, in the order of the file
//       H-16  2 u64       XXH3-128, high half first, of the H-16 bytes before it
//     H … U   zero
//
// The padding keeps the signature of HDF5 away from the offsets 512, 1024, 2048 … < U, where its
// library would look for a superblock first.

namespace almanac::cache {

inline constexpr std::uint32_t kFormatVersion = 2;  ///< the newest that is read; what has no compressed array is written as 1
inline constexpr std::uint32_t kLeastUserBlock = 4096;
inline constexpr std::uint32_t kMostUserBlock = 1 << 20;
inline constexpr std::size_t kArrayAlignment = 64;

enum class Encoding : std::uint8_t { plain = 0, deflated = 1 };

/// One row of the array table.
struct StoredArray {
  std::string name;
  Type type = Type::u8;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;
  Encoding encoding = Encoding::plain;
  std::uint64_t packed_bytes = 0;  ///< of a deflated one: its bytes in the file

  /// What it takes in the file.
  std::uint64_t file_bytes() const noexcept { return encoding == Encoding::plain ? bytes : packed_bytes; }
};

struct EntryHeader {
  std::uint32_t length = 0;
  std::uint32_t user_block = 0;
  std::uint64_t file_size = 0;
  Id id;
  std::string key_text;
  EntryFacts facts;
  Attributes attributes;
  std::vector<StoredArray> arrays;
  Digest rest;  ///< of the file outside user block and arrays
  Digest self;  ///< of the header: names this very entry
};

/// How many bytes of the file parse_header needs, from the first 24 or more of them (or the whole file, if shorter).
/// Errors: foreign ← another magic; newer_format ← a version we do not read, looked at before anything else;
///         corrupt ← cut short, or a length that cannot be.
Result<std::uint32_t> header_length(std::span<const std::byte> start, std::uint64_t file_size);

/// The header that a file of `file_size` bytes starts with. A pure function: nothing is believed before it is
/// checked against the bytes at hand and the size of the file. What it gives keeps every promise of the table
/// above, the arrays lying inside the file, outside the user block and apart from each other.
/// Errors: as header_length; corrupt ← anything else that is not as above.
Result<EntryHeader> parse_header(std::span<const std::byte> start, std::uint64_t file_size);

/// The user block that a header with these contents needs; offsets, sizes and digests do not matter.
/// Errors: invalid_argument ← more than kMostUserBlock.
Result<std::uint32_t> user_block_for(const EntryHeader& header);

/// The whole user block, header.user_block bytes. Sets length and self.
/// Errors: invalid_argument ← it does not fit.
Result<std::vector<std::byte>> render_header(EntryHeader& header);

/// A piece of a file.
struct ByteRange {
  std::uint64_t offset;
  std::uint64_t bytes;
};

/// True where an array has to be decompressed.
bool is_compressed(const EntryHeader& header) noexcept;

/// What lies outside user block and arrays, in the order of the file.
std::vector<ByteRange> rest_of(const EntryHeader& header);

}  // namespace almanac::cache
