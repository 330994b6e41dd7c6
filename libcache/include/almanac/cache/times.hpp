#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace almanac::cache {

/// How many times fell into which range, and their sum. Ranges are a quarter of a power of two wide: of 8 to 16 ns they are
/// 8-9, 10-11, 12-13, 14-15. Below 4 ns each is a range of its own; from 6.5 days on all are one.
/// Accuracy: count, total and mean are exact; a quantile is the middle of its range, within 12.5 % of what it stands for.
class TimeCounts {
 public:
  static constexpr std::size_t kRanges = 192;

  /// Which range a time is in; one below zero counts as zero.
  static constexpr std::size_t range_of(std::chrono::nanoseconds time) noexcept {
    const auto value = static_cast<std::uint64_t>(time.count() < 0 ? 0 : time.count());
    if (value < 4) return static_cast<std::size_t>(value);
    const auto power = static_cast<unsigned>(std::bit_width(value)) - 1;
    const std::size_t range = 4 * (power - 1) + ((value >> (power - 2)) & 3);
    return range < kRanges ? range : kRanges - 1;
  }

  /// The least time in a range; of kRanges, where the last one would end.
  static constexpr std::chrono::nanoseconds least_of(std::size_t range) noexcept {
    if (range < 4) return std::chrono::nanoseconds(range);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(4 + range % 4) << (range / 4 - 1));
  }

  /// What a quantile in this range is said to be: half of the way to the next.
  static constexpr std::chrono::nanoseconds middle_of(std::size_t range) noexcept {
    return least_of(range) + (least_of(range + 1) - least_of(range)) / 2;
  }

  void add(std::chrono::nanoseconds time) noexcept { add(range_of(time), 1, time); }

  /// So many that are in this range, with this sum. Nothing runs over: the most that can be counted stays.
  void add(std::size_t range, std::uint64_t count, std::chrono::nanoseconds total) noexcept;
  void add(const TimeCounts& other) noexcept;

  /// Takes out what was there before. Precondition: all of it is in here.
  void subtract(const TimeCounts& before) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t count_in(std::size_t range) const noexcept { return counts_[range]; }
  std::chrono::nanoseconds total() const noexcept { return total_; }

  /// total / count, rounded down; 0: there is none.
  std::chrono::nanoseconds mean() const noexcept;

  /// The middle of the range that holds the ceil(q · count)-th time, the least one being the first; 0: there is none.
  /// 0 <= q <= 1.
  std::chrono::nanoseconds quantile(double q) const noexcept;

  friend bool operator==(const TimeCounts&, const TimeCounts&) = default;

 private:
  std::array<std::uint64_t, kRanges> counts_{};
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds total_{0};
};

}  // namespace almanac::cache
