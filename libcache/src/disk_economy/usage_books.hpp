#pragma once

#include <almanac/cache/key.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <type_traits>

namespace almanac::cache {

/// Room on disk.
struct Room {
  std::int64_t bytes = 0;
  std::int64_t entries = 0;

  Room& operator+=(const Room& more) noexcept { return bytes += more.bytes, entries += more.entries, *this; }
  Room& operator-=(const Room& less) noexcept { return bytes -= less.bytes, entries -= less.entries, *this; }
  friend bool operator==(const Room&, const Room&) = default;
};

/// One line of the ledger. All are of one size that divides a page, so that a write is there whole or not at all, whoever is killed.
struct UsageRecord {
  enum class Kind : std::uint32_t {
    header = 1,  ///< the first of a file: `room` is in use, as far as `is_known`, by the survey `number`
    reserve,     ///< somebody is about to make a file of that size
    carried,     ///< a reservation out of the file before: it is in the header's sum
    cancel,      ///< a reservation has come to nothing, its file is gone
    settle,      ///< a reserved file is in its place: from now on whoever looks sees it
    release,     ///< a file that was in its place is gone; its removal began when `number` was the last survey
    survey,      ///< somebody begins to look at all files; `room` was reserved since (in a file that goes on after another)
    base,        ///< he has found `room`, with what was reserved and not settled when he began
    seal,        ///< nothing after this counts: the next file goes on
  };

  Kind kind{};
  bool is_known = false;
  std::uint32_t pid = 0;      ///< of who reserves
  std::uint64_t token = 0;    ///< of a reservation or a survey
  Room room{};
  std::uint64_t number = 0;
  std::uint64_t start = 0;    ///< of the process
  std::uint64_t place = 0;    ///< PID namespace
  Id id{};                    ///< of the entry

  static constexpr std::size_t kBytes = 128;
  void render(std::span<std::byte, kBytes> to) const noexcept;
  /// nullopt ← it is none that was written whole.
  static std::optional<UsageRecord> parse(std::span<const std::byte, kBytes> bytes) noexcept;
};

/// What the records of a ledger come to. The sum is never less than what the files take: it rises before a file is made and falls
/// after one is gone, and what a killed process leaves it too high by goes with the next survey:
///
///   A survey sees each file that was there when it began and is not removed meanwhile, if it is not still reserved; adds what is
///   reserved and not settled; and its base replaces the sum, but for what was reserved since it began. A file that goes while it
///   looks may or may not be among what it saw: such releases do not count against its base, nor do those whose removal began
///   before that was known. Cancelled reservations were in it, one way or the other, and count.
///
/// Threads: a value
class UsageBooks {
 public:
  void apply(const UsageRecord& record) noexcept;
  /// A record that is not whole: nobody knows what it said.
  void lost_one() noexcept { is_known_ = false; }

  bool is_known() const noexcept { return is_known_; }
  const Room& sum() const noexcept { return sum_; }
  /// Of the last survey; what a release refers to.
  std::uint64_t number() const noexcept { return number_; }
  bool is_sealed() const noexcept { return is_sealed_; }
  /// How many reservations came along from the file before.
  std::uint64_t carried() const noexcept { return carried_; }

  /// The first records of the file that goes on after this one.
  UsageRecord header() const noexcept;
  std::optional<UsageRecord> survey() const noexcept;

 private:
  bool is_known_ = false;
  bool is_sealed_ = false;
  std::uint64_t number_ = 0, carried_ = 0;
  Room sum_;
  std::uint64_t surveying_ = 0;  ///< its token; 0: nobody is at it
  Room since_;                   ///< reserved since that began
};

/// Reservations that are neither settled nor cancelled, by token.
class OpenReservations {
 public:
  void apply(const UsageRecord& record);
  const std::map<std::uint64_t, UsageRecord>& all() const noexcept { return open_; }

 private:
  std::map<std::uint64_t, UsageRecord> open_;
  bool is_sealed_ = false;
};

}  // namespace almanac::cache
