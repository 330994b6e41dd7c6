#pragma once

#include <almanac/cache/key.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace almanac::cache {

/// How often keys were asked for, those that are not held among them: a count-min sketch with conservative updates
/// (Cormode and Muthukrishnan 2005; Estan and Varghese 2002). What it says is never too low but for ageing, and rarely too
/// high while there are fewer keys than columns: with k keys beside it, a count is too high with a probability of about
/// (1 - exp(-k / columns))^4. After so many notes all counts are halved (Einziger, Friedman and Manes 2017).
/// Threads: one caller at a time. Cost: four reads and writes; now and then one pass over all counts.
class FrequencyHistory {
 public:
  FrequencyHistory() : counts_(kRows * kLeastColumns, 0) {}

  /// How often it was asked for, as far as is known.
  std::uint32_t count(const Id& id) const noexcept;

  /// It is known to have been asked for at least so often.
  void remember(const Id& id, std::uint64_t count) noexcept;

  /// Makes it large enough for a cache that holds so many: a multiple of them is remembered. It never shrinks, and loses
  /// nothing when it grows: a row that is written down twice gives what it gave once.
  void make_fit(std::size_t held);

  std::size_t columns() const noexcept { return columns_; }

 private:
  static constexpr std::size_t kRows = 4;
  static constexpr std::size_t kLeastColumns = 1 << 10, kMostColumns = 1 << 23;
  static constexpr std::size_t kColumnsAnEntry = 8;
  static constexpr std::size_t kNotesAColumn = 4;

  std::array<std::size_t, kRows> places_of(const Id& id) const noexcept;

  std::size_t columns_ = kLeastColumns;
  std::size_t notes_ = 0;               // since counts were halved
  std::vector<std::uint16_t> counts_;   // row by row
};

}  // namespace almanac::cache
