// Bytes that are shuffled, packed and deflated, and entries whose arrays are.

#include "compression/byte_shuffle.hpp"
#include "compression/deflated_bytes.hpp"
#include "compression/packed_bytes.hpp"
#include "disk_tier_fixture.hpp"
#include "entry_file.hpp"
#include "hdf5_handle.hpp"
#include "varied_entry.hpp"

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

namespace almanac::cache {
namespace {

std::vector<std::byte> as_bytes(const std::vector<double>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(double));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<double> smooth(std::size_t n) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = std::floor(1000 * std::sin(0.01 * static_cast<double>(i)));
  return values;
}

std::vector<std::byte> noise(std::size_t bytes) {
  std::mt19937_64 random(7);
  std::vector<std::byte> values(bytes);
  for (std::byte& value : values) value = static_cast<std::byte>(random());
  return values;
}

TEST(ByteShuffle, PutsByteBOfElementIToBTimesNPlusI) {
  for (const std::size_t element : {std::size_t{4}, std::size_t{8}, std::size_t{16}}) {
    const std::size_t n = 1031;  // no multiple of what is moved at once
    const std::vector<std::byte> bytes = noise(n * element);
    std::vector<std::byte> shuffled(bytes.size()), back(bytes.size());
    shuffle_bytes(bytes, element, shuffled);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t b = 0; b < element; ++b) ASSERT_EQ(shuffled[b * n + i], bytes[i * element + b]) << i << ' ' << b;
    }
    unshuffle_bytes(shuffled, element, back);
    EXPECT_EQ(back, bytes);
  }
}

TEST(ByteShuffle, LeavesSingleBytesAsTheyAre) {
  const std::vector<std::byte> bytes = noise(100);
  std::vector<std::byte> shuffled(bytes.size());
  shuffle_bytes(bytes, 1, shuffled);
  EXPECT_EQ(shuffled, bytes);
}

TEST(PackedBytes, ComeBackBitForBit) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{100}, kPackedBlock / 8, kPackedBlock / 8 + 1, kPackedBlock}) {
    const std::vector<std::byte> bytes = as_bytes(smooth(n));
    const auto packed = pack_bytes(bytes, 8, -100);
    ASSERT_TRUE(packed.has_value()) << n;
    std::vector<std::byte> back(bytes.size());
    ASSERT_TRUE(unpack_bytes(*packed, 8, back)) << n;
    EXPECT_EQ(back, bytes) << n;
    if (n > 1000) {
      EXPECT_LT(packed->size(), bytes.size() / 2) << n;
    }
  }
}

TEST(PackedBytes, GiveUpWhereNothingIsGained) {
  EXPECT_FALSE(pack_bytes(noise(8 * kPackedBlock), 8, 0.2).has_value());
  EXPECT_FALSE(pack_bytes(noise(100), 4, 0.2).has_value());
}

TEST(PackedBytes, AreNotTakenForWhatTheyAreNot) {
  const std::vector<std::byte> bytes = as_bytes(smooth(kPackedBlock / 4));
  const auto packed = pack_bytes(bytes, 8, 0);
  ASSERT_TRUE(packed.has_value());
  std::vector<std::byte> back(bytes.size()), shorter(bytes.size() - 8), longer(bytes.size() + 8);
  EXPECT_FALSE(unpack_bytes(*packed, 8, shorter));
  EXPECT_FALSE(unpack_bytes(*packed, 8, longer));
  for (const std::size_t cut : {std::size_t{0}, std::size_t{3}, std::size_t{10}, packed->size() - 1}) {
    EXPECT_FALSE(unpack_bytes(std::span(*packed).first(cut), 8, back)) << cut;
  }
  std::vector<std::byte> more = *packed;
  more.push_back(std::byte{0});
  EXPECT_FALSE(unpack_bytes(more, 8, back));
}

TEST(DeflatedBytes, ComeBackBitForBitOrAreNotDeflated) {
  const std::vector<std::byte> bytes = as_bytes(smooth(1 << 20));
  const auto deflated = deflate_bytes(bytes, 8, 0.2);
  ASSERT_TRUE(deflated.has_value());
  EXPECT_LE(static_cast<double>(deflated->size()), 0.8 * static_cast<double>(bytes.size()));
  std::vector<std::byte> back(bytes.size()), other(bytes.size() + 8);
  ASSERT_EQ(inflate_bytes(*deflated, 8, back), Inflated::done);
  EXPECT_EQ(back, bytes);
  EXPECT_EQ(inflate_bytes(*deflated, 8, other), Inflated::wrong);
  EXPECT_EQ(inflate_bytes(std::span(*deflated).first(deflated->size() - 1), 8, back), Inflated::wrong);
  EXPECT_FALSE(deflate_bytes(noise(1 << 20), 8, 0.2).has_value());
  EXPECT_FALSE(deflate_bytes(noise(8 << 20), 8, 0.2).has_value());
}

class CompressedEntries : public DiskTierTest {
 protected:
  std::unique_ptr<DiskTier> compressing() {
    return fresh([](DiskOptions& options) { options.compressed_kinds = {"packed"}; });
  }

  /// One array that shrinks, one that does not, a small one and an empty one.
  EntryPtr entry(std::int64_t number = 1) {
    std::vector<std::complex<double>> waves(5000);
    const std::vector<double> values = smooth(waves.size());
    for (std::size_t i = 0; i < waves.size(); ++i) waves[i] = {values[i], -values[i] + static_cast<double>(number)};
    std::vector<std::uint8_t> hiss(10'000);
    const std::vector<std::byte> noisy = noise(hiss.size());
    std::memcpy(hiss.data(), noisy.data(), hiss.size());
    std::vector<Array> arrays;
    arrays.push_back(Array::of("waves", {50, 100}, std::move(waves)));
    arrays.push_back(Array::of("hiss", {10'000}, std::move(hiss)));
    arrays.push_back(Array::of<double>("few", {3}, {1, 2, 3}));
    arrays.push_back(Array::of<double>("none", {0, 3}, {}));
    EntryFacts facts = varied_facts();
    facts.cost = std::chrono::seconds(1);
    return std::make_shared<const Entry>(Entry{sample_key(number, "packed"), Artifact(std::move(arrays), {{"alpha", 1.5}}), facts});
  }
};

TEST_F(CompressedEntries, ComeBackBitForBitAndTakeLess) {
  const EntryPtr stored = entry();
  ASSERT_TRUE(compressing()->put(stored).ok());
  const EntryPtr back = get(stored->key);  // by a tier that compresses nothing itself
  ASSERT_NE(back, nullptr);
  EXPECT_TRUE(identical(back->artifact, stored->artifact));
  const auto info = fresh()->peek(stored->key);
  ASSERT_TRUE(info.ok() && info->has_value());
  EXPECT_LE((*info)->arrays[0].stored_bytes * 5, (*info)->arrays[0].bytes * 4);
  for (const std::size_t plain : {1u, 2u, 3u}) EXPECT_EQ((*info)->arrays[plain].stored_bytes, (*info)->arrays[plain].bytes);
  EXPECT_LT((*info)->stored_bytes, 60'000u);
}

TEST_F(CompressedEntries, AreWrittenInTheNewerFormatOnlyWhereTheyAre) {
  const auto version_of = [this](const Key& key) { return static_cast<int>(bytes_of(path_of(key)).at(8)); };
  ASSERT_TRUE(compressing()->put(entry()).ok());
  EXPECT_EQ(version_of(entry()->key), 2);
  ASSERT_TRUE(compressing()->put(sample_entry(sample_key(1, "packed"), 1, 4)).ok());
  EXPECT_TRUE(fresh()->put(entry(2)).ok());
  EXPECT_EQ(version_of(entry(2)->key), 1);
}

TEST_F(CompressedEntries, AreReadByHdf5) {
  const EntryPtr stored = entry();
  ASSERT_TRUE(compressing()->put(stored).ok());
  const std::string path = path_of(stored->key);
  const Hdf5File file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "H5Fopen");
  const Hdf5Dataset waves(H5Dopen2(file.get(), "waves", H5P_DEFAULT), "H5Dopen2");
  const Hdf5Properties creation(H5Dget_create_plist(waves.get()), "H5Dget_create_plist");
  EXPECT_EQ(H5Pget_layout(creation.get()), H5D_CHUNKED);
  EXPECT_EQ(H5Pget_nfilters(creation.get()), 2);
  const Hdf5Type complex(H5Tcreate(H5T_COMPOUND, 16), "H5Tcreate");
  checked(H5Tinsert(complex.get(), "r", 0, H5T_NATIVE_DOUBLE), "H5Tinsert");
  checked(H5Tinsert(complex.get(), "i", 8, H5T_NATIVE_DOUBLE), "H5Tinsert");
  std::vector<std::complex<double>> values(5000);
  checked(H5Dread(waves.get(), complex.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dread");
  EXPECT_EQ(std::memcmp(values.data(), stored->artifact.at("waves").data(), values.size() * sizeof(values[0])), 0);
}

TEST_F(CompressedEntries, AreWholeToValidateImportAndExport) {
  const EntryPtr stored = entry();
  ASSERT_TRUE(compressing()->put(stored).ok());
  const auto findings = fresh()->validate(false, {});
  ASSERT_TRUE(findings.ok());
  EXPECT_TRUE(findings->empty());
  const fs::path file = folder_.path() / "one.h5";
  ASSERT_TRUE(fresh()->export_entry(stored->key.id(), file).ok());
  DiskTier other({.root = folder_.path() / "other"});
  ASSERT_TRUE(other.import_entry(file).ok());
  const auto back = other.get(stored->key);
  ASSERT_TRUE(back.ok() && *back);
  EXPECT_TRUE(identical((*back)->artifact, stored->artifact));
}

TEST_F(CompressedEntries, AFlippedByteAnywhereIsAMiss) {
  const EntryPtr stored = entry();
  const fs::path path = path_of(stored->key);
  ASSERT_TRUE(compressing()->put(stored).ok());
  const Bytes good = bytes_of(path);
  EntryFile::Start start;
  const FoundEntry found = open_entry(path.c_str(), start);
  ASSERT_TRUE(found.file.has_value());
  for (const StoredArray& array : found.file->header().arrays) {
    for (std::uint64_t at = array.offset; at < array.offset + array.file_bytes(); at += array.file_bytes() / 7 + 1) {
      damage(path, [&](Bytes& bytes) {
        bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
      });
      EXPECT_EQ(get(stored->key), nullptr) << array.name << ' ' << at;
      ASSERT_TRUE(compressing()->put(stored).ok());
    }
  }
}

/// What the array of compressed bytes in the table is changed to, and what is said of it.
TEST_F(CompressedEntries, ATableThatCannotBeIsRefused) {
  ASSERT_TRUE(compressing()->put(entry()).ok());
  const fs::path path = path_of(entry()->key);
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  ASSERT_TRUE(found.file.has_value());
  const auto why = [&](const std::function<void(StoredArray&)>& change) {
    EntryHeader header = found.file->header();
    change(header.arrays[0]);
    const auto block = render_header(header);
    EXPECT_TRUE(block.ok());
    const auto back = parse_header(*block, header.file_size);
    return back ? std::string("accepted") : back.error().message;
  };
  EXPECT_EQ(why([](StoredArray&) {}), "accepted");
  EXPECT_NE(why([](StoredArray& a) { a.packed_bytes = a.bytes; }).find("compressed bytes"), std::string::npos);
  EXPECT_NE(why([](StoredArray& a) { a.packed_bytes = 10; }).find("compressed bytes"), std::string::npos);
  EXPECT_NE(why([](StoredArray& a) { a.packed_bytes = a.bytes - 1; a.offset += std::uint64_t{1} << 40; }).find("past the end"), std::string::npos);
  EXPECT_NE(why([](StoredArray& a) { a.encoding = static_cast<Encoding>(2); a.packed_bytes = 5000; }).find("encoding"), std::string::npos);
}

/// The checksum of compressed bytes is right, and yet they are no stream of deflate: forged, and a miss.
TEST_F(CompressedEntries, WhatCannotBeDecompressedIsAMiss) {
  const EntryPtr stored = entry();
  ASSERT_TRUE(compressing()->put(stored).ok());
  const fs::path path = path_of(stored->key);
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  ASSERT_TRUE(found.file.has_value());
  EntryHeader header = found.file->header();
  damage(path, [&](Bytes& bytes) {
    StoredArray& array = header.arrays[0];
    for (std::uint64_t at = array.offset + 100; at < array.offset + 200; ++at) bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    array.checksum = checksum64(std::as_bytes(std::span(bytes).subspan(array.offset, array.file_bytes())));
    const auto block = render_header(header);
    ASSERT_TRUE(block.ok());
    std::memcpy(bytes.data(), block->data(), block->size());
  });
  expect_quarantined(stored->key, "corrupt");
}

}  // namespace
}  // namespace almanac::cache
