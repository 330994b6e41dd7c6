#include <almanac/cache/times.hpp>

#include "statistics/saturated.hpp"

#include <algorithm>
#include <cmath>

namespace almanac::cache {

void TimeCounts::add(std::size_t range, std::uint64_t count, std::chrono::nanoseconds total) noexcept {
  counts_[range] = saturated_sum(counts_[range], count);
  count_ = saturated_sum(count_, count);
  total_ = saturated_sum(total_, total);
}

void TimeCounts::add(const TimeCounts& other) noexcept {
  for (std::size_t range = 0; range < kRanges; ++range) counts_[range] = saturated_sum(counts_[range], other.counts_[range]);
  count_ = saturated_sum(count_, other.count_);
  total_ = saturated_sum(total_, other.total_);
}

void TimeCounts::subtract(const TimeCounts& before) noexcept {
  for (std::size_t range = 0; range < kRanges; ++range) counts_[range] -= std::min(counts_[range], before.counts_[range]);
  count_ -= std::min(count_, before.count_);
  total_ -= before.total_;
}

std::chrono::nanoseconds TimeCounts::mean() const noexcept {
  return count_ == 0 ? std::chrono::nanoseconds(0) : std::chrono::nanoseconds(static_cast<std::int64_t>(
                                                         static_cast<std::uint64_t>(std::max<std::int64_t>(total_.count(), 0)) / count_));
}

std::chrono::nanoseconds TimeCounts::quantile(double q) const noexcept {
  if (count_ == 0) return std::chrono::nanoseconds(0);
  const double place = std::ceil(q * static_cast<double>(count_));
  const std::uint64_t wanted = place < 1 ? 1 : place >= static_cast<double>(count_) ? count_ : static_cast<std::uint64_t>(place);
  std::uint64_t below = 0;
  for (std::size_t range = 0; range < kRanges; ++range) {
    below += counts_[range];
    if (below >= wanted) return middle_of(range);
  }
  return middle_of(kRanges - 1);
}

}  // namespace almanac::cache
