// The header of an entry, as bytes: no file is touched here.

#include "checksum.hpp"
#include "entry_format.hpp"

#include "varied_entry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

using HeaderBytes = std::vector<std::byte>;

constexpr std::uint64_t kFileSize = 65536;

/// A header with something in every field, whose arrays lie one behind the other in a file of kFileSize bytes.
EntryHeader sample_header() {
  const EntryPtr entry = varied_entry();
  EntryHeader header;
  header.user_block = 4096;
  header.file_size = kFileSize;
  header.id = entry->key.id();
  header.key_text = entry->key.text();
  header.facts = entry->facts;
  header.attributes = entry->artifact.attributes();
  std::uint64_t at = 8192;
  for (const Array& array : entry->artifact.arrays()) {
    header.arrays.push_back({array.name(), array.type(), array.shape(), array.bytes() > 0 ? at : 0, array.bytes(), array.bytes() * 7});
    if (array.bytes() > 0) at += (array.bytes() + 63) / 64 * 64;
  }
  header.rest = {1, 2};
  return header;
}

HeaderBytes rendered(EntryHeader header) {
  auto bytes = render_header(header);
  EXPECT_TRUE(bytes.ok()) << bytes.error().message;
  return *std::move(bytes);
}

/// Gives a changed header a checksum that fits, as a writer with a fault, or an enemy, would.
HeaderBytes signed_anew(HeaderBytes bytes) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 12, sizeof length);
  const Digest digest = checksum128(std::span(bytes).first(length - 16));
  std::memcpy(bytes.data() + length - 16, &digest.high, 8);
  std::memcpy(bytes.data() + length - 8, &digest.low, 8);
  return bytes;
}

ErrorCode refusal(const HeaderBytes& bytes, std::uint64_t file_size = kFileSize) {
  const auto header = parse_header(bytes, file_size);
  EXPECT_FALSE(header.ok());
  return header.ok() ? ErrorCode::invalid_argument : header.error().code;
}

std::string why(const std::function<void(EntryHeader&)>& change) {
  EntryHeader header = sample_header();
  change(header);
  const auto parsed = parse_header(rendered(header), kFileSize);
  if (parsed) return "nothing wrong";
  EXPECT_EQ(parsed.error().code, ErrorCode::corrupt);
  return parsed.error().message;
}

TEST(EntryFormat, ReadsBackWhatItWrote) {
  const EntryHeader header = sample_header();
  const HeaderBytes bytes = rendered(header);
  EXPECT_EQ(bytes.size(), 4096u);
  const auto back = parse_header(bytes, kFileSize);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->user_block, header.user_block);
  EXPECT_EQ(back->file_size, header.file_size);
  EXPECT_EQ(back->id, header.id);
  EXPECT_EQ(back->key_text, header.key_text);
  EXPECT_EQ(back->facts.producer.version, "almanac/0.1.0");
  EXPECT_EQ(back->facts.producer.instruction_set, "AVX3");
  EXPECT_EQ(back->facts.host_binding, header.facts.host_binding);
  EXPECT_EQ(back->facts.cost, header.facts.cost);
  EXPECT_EQ(back->facts.created, header.facts.created);
  EXPECT_EQ(back->facts.expires, header.facts.expires);
  EXPECT_EQ(back->facts.dependencies, header.facts.dependencies);
  EXPECT_TRUE(identical(Artifact({}, back->attributes), Artifact({}, header.attributes)));
  EXPECT_EQ(back->rest, header.rest);
  ASSERT_EQ(back->arrays.size(), header.arrays.size());
  for (std::size_t i = 0; i < header.arrays.size(); ++i) {
    EXPECT_EQ(back->arrays[i].name, header.arrays[i].name);
    EXPECT_EQ(back->arrays[i].type, header.arrays[i].type);
    EXPECT_EQ(back->arrays[i].shape, header.arrays[i].shape);
    EXPECT_EQ(back->arrays[i].offset, header.arrays[i].offset);
    EXPECT_EQ(back->arrays[i].bytes, header.arrays[i].bytes);
    EXPECT_EQ(back->arrays[i].checksum, header.arrays[i].checksum);
  }
}

TEST(EntryFormat, BeginsAsDocumented) {
  const HeaderBytes bytes = rendered(sample_header());
  const unsigned char start[] = {0x89, 'A', 'L', 'M', '\r', '\n', 0x1a, '\n', 1, 0, 0, 0};
  EXPECT_EQ(std::memcmp(bytes.data(), start, sizeof start), 0);
  std::uint64_t half = 0;
  std::memcpy(&half, bytes.data() + 32, sizeof half);
  EXPECT_EQ(half, sample_header().id.high);
}

TEST(EntryFormat, SeesEveryFlippedBit) {
  const HeaderBytes bytes = rendered(sample_header());
  const auto length = *header_length(bytes, kFileSize);
  for (std::size_t at = 0; at < length; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      HeaderBytes flipped = bytes;
      flipped[at] ^= static_cast<std::byte>(1 << bit);
      ASSERT_FALSE(parse_header(flipped, kFileSize).ok()) << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(EntryFormat, SeesEveryTruncation) {
  const HeaderBytes bytes = rendered(sample_header());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto part = std::span(bytes).first(size);
    const auto header = parse_header(part, size);
    ASSERT_FALSE(header.ok()) << size << " bytes";
    ASSERT_EQ(header.error().code, ErrorCode::corrupt) << size << " bytes";
  }
  const auto length = *header_length(bytes, kFileSize);
  EXPECT_FALSE(parse_header(std::span(bytes).first(length - 1), kFileSize).ok());  // a read that came up short
  EXPECT_TRUE(parse_header(std::span(bytes).first(length), kFileSize).ok());
  EXPECT_EQ(refusal(bytes, kFileSize - 1), ErrorCode::corrupt);
  EXPECT_EQ(refusal(bytes, kFileSize + 1), ErrorCode::corrupt);
}

TEST(EntryFormat, KnowsForeignFiles) {
  HeaderBytes bytes = rendered(sample_header());
  std::memcpy(bytes.data(), "\x89HDF\r\n\x1a\n", 8);
  EXPECT_EQ(refusal(bytes), ErrorCode::foreign);
  EXPECT_EQ(refusal(HeaderBytes(4096)), ErrorCode::foreign);
  EXPECT_EQ(refusal(HeaderBytes(1, std::byte{'x'}), 1), ErrorCode::foreign);
}

TEST(EntryFormat, KnowsNewerFormatsWhateverTheyHold) {
  HeaderBytes bytes = rendered(sample_header());
  std::fill(bytes.begin() + 8, bytes.end(), std::byte{0xff});
  bytes[8] = std::byte{kFormatVersion + 1};
  bytes[9] = bytes[10] = bytes[11] = std::byte{0};
  EXPECT_EQ(refusal(bytes), ErrorCode::newer_format);
  bytes.resize(12);
  EXPECT_EQ(refusal(bytes, 12), ErrorCode::newer_format);
  bytes[8] = std::byte{0};
  EXPECT_EQ(refusal(bytes, 12), ErrorCode::corrupt);
}

TEST(EntryFormat, BelievesNoPlaceOfAnArray) {
  const auto array_is = [](const std::function<void(StoredArray&)>& change) {
    return why([&](EntryHeader& header) { change(header.arrays[0]); });
  };
  EXPECT_NE(array_is([](StoredArray& a) { a.offset += 8; }).find("not aligned"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.offset = 0; }).find("in the user block"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.offset = 4096 - 64; }).find("in the user block"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.offset = kFileSize; }).find("past the end"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.offset = std::numeric_limits<std::uint64_t>::max() - 63; }).find("past the end"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.offset += 64; }).find("overlap"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.bytes += 8; }).find("size"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.shape = {-2, -3}; }).find("size"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.shape = {std::int64_t{1} << 33, std::int64_t{1} << 31}; a.bytes = 0; }).find("size"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.shape = {std::int64_t{1} << 40}; a.bytes = std::uint64_t{8} << 40; }).find("past the end"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.shape.assign(33, 1); a.bytes = 8; }).find("rank"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.shape.clear(); a.bytes = 8; }).find("rank"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.type = static_cast<Type>(9); }).find("type"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.name = "a/b"; }).find("name"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.name = ""; }).find("name"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.name = "u8"; }).find("two arrays"), std::string::npos);
  EXPECT_NE(array_is([](StoredArray& a) { a.shape = {0}; a.bytes = 0; }).find("empty but has a place"), std::string::npos);
}

TEST(EntryFormat, BelievesNoOtherField) {
  EXPECT_EQ(why([](EntryHeader&) {}), "nothing wrong");
  EXPECT_NE(why([](EntryHeader& h) { h.id.low ^= 1; }).find("id"), std::string::npos);
  EXPECT_NE(why([](EntryHeader& h) { h.key_text += "x"; }).find("id"), std::string::npos);
  EXPECT_NE(why([](EntryHeader& h) { h.file_size -= 1; }).find("bytes"), std::string::npos);
  EXPECT_NE(why([](EntryHeader& h) { h.attributes["bad"] = std::string("a\0b", 3); }).find("value"), std::string::npos);
  EXPECT_NE(why([](EntryHeader& h) { h.attributes[""] = 1.0; }).find("name"), std::string::npos);
}

// Every 32-bit number in the header, where it can be a count or a length, set to values that no file can hold.
TEST(EntryFormat, SurvivesEveryCountAndLength) {
  const HeaderBytes bytes = rendered(sample_header());
  const auto length = *header_length(bytes, kFileSize);
  for (std::size_t at = 8; at + 4 <= length - 16; ++at) {
    for (const std::uint32_t value : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 4096u, length}) {
      HeaderBytes changed = bytes;
      std::memcpy(changed.data() + at, &value, sizeof value);
      std::uint32_t now = 0;
      std::memcpy(&now, changed.data() + 12, sizeof now);
      if (now >= 32 && now <= changed.size()) changed = signed_anew(std::move(changed));
      const auto header = parse_header(changed, kFileSize);
      if (!header) continue;
      for (const StoredArray& array : header->arrays) {
        ASSERT_TRUE(array.bytes == 0 || (array.offset >= header->user_block && array.offset + array.bytes <= kFileSize)) << at;
      }
    }
  }
}

TEST(EntryFormat, SurvivesNoise) {
  std::mt19937 random(7);
  const HeaderBytes bytes = rendered(sample_header());
  const auto length = *header_length(bytes, kFileSize);
  for (int round = 0; round < 20000; ++round) {
    HeaderBytes changed = bytes;
    const auto count = 1 + random() % 8;
    for (std::uint32_t i = 0; i < count; ++i) changed[24 + random() % (length - 40)] = static_cast<std::byte>(random());
    const auto header = parse_header(signed_anew(std::move(changed)), kFileSize);
    if (header) {
      EXPECT_EQ(header->file_size, kFileSize);
    }
  }
}

TEST(EntryFormat, GrowsItsUserBlockByPowersOfTwo) {
  EntryHeader header = sample_header();
  EXPECT_EQ(*user_block_for(header), 4096u);
  header.attributes["long"] = std::string(5000, 'x');
  EXPECT_EQ(*user_block_for(header), 8192u);
  header.attributes["long"] = std::vector<double>(100'000, 1.0);
  EXPECT_EQ(*user_block_for(header), 1u << 20);
  header.user_block = 1 << 20;
  header.file_size = 2 << 20;
  for (StoredArray& array : header.arrays) array.offset += array.bytes > 0 ? 1 << 20 : 0;
  EXPECT_TRUE(parse_header(rendered(header), header.file_size).ok());
  header.attributes["long"] = std::vector<double>(140'000, 1.0);
  EXPECT_EQ(user_block_for(header).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(render_header(header).error().code, ErrorCode::invalid_argument);
}

// libhdf5 looks for a superblock at 0, 512, 1024 …: a text that holds its signature must not end up there.
TEST(EntryFormat, KeepsTheSignatureOfHdf5AwayFromWhereItIsLookedFor) {
  constexpr std::string_view kSignature{"\x89HDF\r\n\x1a\n", 8};
  int moved = 0;
  for (std::size_t before = 0; before < 600; ++before) {
    EntryHeader header = sample_header();
    header.attributes = {{"text", std::string(before, 'x') + std::string(kSignature)}};
    const HeaderBytes bytes = rendered(header);
    for (std::size_t at = 512; at < bytes.size(); at *= 2) {
      ASSERT_NE(std::memcmp(bytes.data() + at, kSignature.data(), kSignature.size()), 0) << before;
    }
    const auto back = parse_header(bytes, kFileSize);
    ASSERT_TRUE(back.ok()) << back.error().message;
    ASSERT_EQ(back->attributes, header.attributes);
    std::uint32_t padding = 0;
    std::memcpy(&padding, bytes.data() + 20, sizeof padding);
    moved += padding > 0 ? 1 : 0;
  }
  EXPECT_EQ(moved, 1);
}

TEST(EntryFormat, RestIsWhatLiesOutsideUserBlockAndArrays) {
  EntryHeader header;
  header.user_block = 4096;
  header.file_size = 10000;
  header.arrays = {{"b", Type::u8, {100}, 8192, 100, 0}, {"a", Type::u8, {64}, 4096, 64, 0}, {"none", Type::u8, {0}, 0, 0, 0}};
  const auto rest = rest_of(header);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].offset, 4160u);
  EXPECT_EQ(rest[0].bytes, 8192u - 4160u);
  EXPECT_EQ(rest[1].offset, 8292u);
  EXPECT_EQ(rest[1].bytes, 10000u - 8292u);
}

// Short ones are taken at once, on narrow registers; what comes in pieces on the widest there are.
TEST(Checksums, AreTheSameAtOnceAndInPiecesAtEveryLength) {
  std::mt19937 random(11);
  HeaderBytes bytes(5000);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (const std::size_t length : {0, 1, 16, 240, 241, 1024, 2048, 2049, 5000}) {
    const std::span<const std::byte> all(bytes.data(), length);
    ChecksumStream short_one, long_one;
    short_one.start64();
    long_one.start128();
    for (std::size_t at = 0; at < length; at += 700) {
      const auto piece = all.subspan(at, std::min<std::size_t>(700, length - at));
      short_one.add64(piece);
      long_one.add128(piece);
    }
    EXPECT_EQ(checksum64(all), short_one.result64()) << length;
    EXPECT_EQ(checksum128(all), long_one.result128()) << length;
  }
}

}  // namespace
}  // namespace almanac::cache
