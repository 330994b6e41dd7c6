// Which key a damaged header had, from bytes alone.

#include "key_recovery.hpp"

#include "entry_format.hpp"
#include "varied_entry.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

using Bytes = std::vector<std::byte>;

const Key kKey("table", 2, {{"n", 64}, {"name", "a;b}c"}});

Bytes header_bytes(const std::string& text = {}) {
  EntryHeader header;
  header.user_block = 4096;
  header.file_size = 4096;
  header.id = kKey.id();
  header.key_text = kKey.text();
  if (!text.empty()) header.attributes["text"] = text;
  return *render_header(header);
}

/// The same with so many bytes of padding.
Bytes padded(std::uint32_t padding) {
  Bytes bytes = header_bytes();
  bytes.insert(bytes.begin() + 48, padding, std::byte{0});
  std::memcpy(bytes.data() + 20, &padding, sizeof padding);
  return bytes;
}

TEST(KeyRecovery, FindsTheKeyBehindAnyPadding) {
  for (std::uint32_t padding = 0; padding <= 63; ++padding) {
    Bytes bytes = padded(padding);
    EXPECT_EQ(recover_key(bytes, kKey.id()), kKey) << padding;
    bytes[20] = std::byte{17};  // and the header says another
    EXPECT_EQ(recover_key(bytes, kKey.id()), kKey) << padding;
    bytes[20] = std::byte{200};
    EXPECT_EQ(recover_key(bytes, kKey.id()), kKey) << padding;
  }
}

TEST(KeyRecovery, NeedsNothingButTheText) {
  const Bytes whole = header_bytes();
  const std::size_t begin = 52, end = begin + kKey.text().size();
  for (const std::byte filling : {std::byte{0}, std::byte{0xff}, std::byte{'{'}}) {
    Bytes bytes(whole.size(), filling);
    std::copy(whole.begin() + begin, whole.begin() + static_cast<std::ptrdiff_t>(end), bytes.begin() + begin);
    EXPECT_EQ(recover_key(bytes, kKey.id()), kKey);
    bytes.resize(end);
    EXPECT_EQ(recover_key(bytes, kKey.id()), kKey);
    bytes.resize(end - 1);
    EXPECT_EQ(recover_key(bytes, kKey.id()), std::nullopt);
  }
}

TEST(KeyRecovery, BelievesNoTextThatHasAnotherId) {
  const Bytes whole = header_bytes();
  EXPECT_EQ(recover_key(whole, Id::of("another")), std::nullopt);
  for (std::size_t at = 52; at < 52 + kKey.text().size(); ++at) {
    Bytes bytes = whole;
    bytes[at] ^= std::byte{1};
    EXPECT_EQ(recover_key(bytes, kKey.id()), std::nullopt) << at;
  }
}

TEST(KeyRecovery, BelievesNoTextThatIsNoKey) {
  const std::string text = "no key}";
  Bytes bytes(4096);
  std::memcpy(bytes.data() + 52, text.data(), text.size());
  EXPECT_EQ(recover_key(bytes, Id::of(text)), std::nullopt);
}

TEST(KeyRecovery, SurvivesAnyBytes) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes(random() % 300);
    for (std::byte& byte : bytes) byte = random() % 4 == 0 ? std::byte{'}'} : static_cast<std::byte>(random());
    EXPECT_EQ(recover_key(bytes, kKey.id()), std::nullopt);
  }
  EXPECT_EQ(recover_key({}, kKey.id()), std::nullopt);
  EXPECT_EQ(recover_key(Bytes(2 << 20, std::byte{'x'}), kKey.id()), std::nullopt);
}

}  // namespace
}  // namespace almanac::cache
