#include "disk_economy/usage_books.hpp"

#include "checksum.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace almanac::cache {
namespace {

constexpr std::uint64_t kMagic = 0x3167646c6d6c61;  // "almldg1"

/// The record as it lies in the file: little-endian, as entries are.
using Words = std::array<std::uint64_t, UsageRecord::kBytes / sizeof(std::uint64_t)>;
constexpr std::size_t kChecksum = 0;

std::uint64_t sum_over(const Words& words) noexcept { return checksum64(std::as_bytes(std::span(words).subspan(kChecksum + 1))); }

}  // namespace

void UsageRecord::render(std::span<std::byte, kBytes> to) const noexcept {
  Words words{};
  words[1] = kMagic;
  words[2] = static_cast<std::uint64_t>(kind) | static_cast<std::uint64_t>(is_known) << 32;
  words[3] = pid;
  words[4] = token;
  words[5] = static_cast<std::uint64_t>(room.bytes);
  words[6] = static_cast<std::uint64_t>(room.entries);
  words[7] = number;
  words[8] = start;
  words[9] = place;
  words[10] = id.high;
  words[11] = id.low;
  words[kChecksum] = sum_over(words);
  std::memcpy(to.data(), words.data(), kBytes);
}

std::optional<UsageRecord> UsageRecord::parse(std::span<const std::byte, kBytes> bytes) noexcept {
  Words words;
  std::memcpy(words.data(), bytes.data(), kBytes);
  const std::uint64_t kind = words[2] & 0xffffffffu;
  if (words[1] != kMagic || words[kChecksum] != sum_over(words)) return std::nullopt;
  if (kind < static_cast<std::uint64_t>(Kind::header) || kind > static_cast<std::uint64_t>(Kind::seal)) return std::nullopt;
  UsageRecord record;
  record.kind = static_cast<Kind>(kind);
  record.is_known = (words[2] >> 32) != 0;
  record.pid = static_cast<std::uint32_t>(words[3]);
  record.token = words[4];
  record.room = {static_cast<std::int64_t>(words[5]), static_cast<std::int64_t>(words[6])};
  record.number = words[7];
  record.start = words[8];
  record.place = words[9];
  record.id = {words[10], words[11]};
  return record;
}

void UsageBooks::apply(const UsageRecord& record) noexcept {
  using Kind = UsageRecord::Kind;
  if (is_sealed_) return;
  switch (record.kind) {
    case Kind::header:
      is_known_ = record.is_known;
      number_ = record.number;
      sum_ = record.room;
      break;
    case Kind::reserve:
      sum_ += record.room;
      since_ += record.room;
      break;
    case Kind::cancel:
      sum_ -= record.room;
      since_ -= record.room;
      break;
    case Kind::release:
      if (record.number == number_) sum_ -= record.room;
      break;
    case Kind::survey:
      surveying_ = record.token;
      since_ = record.room;
      break;
    case Kind::base:
      if (record.token != surveying_ || surveying_ == 0) break;  // somebody has begun anew since
      sum_ = record.room;
      sum_ += since_;
      surveying_ = 0;
      ++number_;
      is_known_ = true;
      break;
    case Kind::seal: is_sealed_ = true; break;
    case Kind::carried: ++carried_; break;
    case Kind::settle: break;
  }
}

UsageRecord UsageBooks::header() const noexcept {
  return {.kind = UsageRecord::Kind::header, .is_known = is_known_, .room = sum_, .number = number_};
}

std::optional<UsageRecord> UsageBooks::survey() const noexcept {
  if (surveying_ == 0) return std::nullopt;
  return UsageRecord{.kind = UsageRecord::Kind::survey, .token = surveying_, .room = since_};
}

void OpenReservations::apply(const UsageRecord& record) {
  using Kind = UsageRecord::Kind;
  if (is_sealed_) return;
  switch (record.kind) {
    case Kind::reserve:
    case Kind::carried: open_.insert_or_assign(record.token, record); break;
    case Kind::cancel:
    case Kind::settle: open_.erase(record.token); break;
    case Kind::seal: is_sealed_ = true; break;
    default: break;
  }
}

}  // namespace almanac::cache
