#include "policy/frequency_history.hpp"

#include <algorithm>
#include <limits>

namespace almanac::cache {
namespace {

/// The finalizer of splitmix64: ids of others need not be hashes.
std::uint64_t well_mixed(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

}  // namespace

/// Four hashes out of two (Kirsch and Mitzenmacher 2008).
std::array<std::size_t, FrequencyHistory::kRows> FrequencyHistory::places_of(const Id& id) const noexcept {
  const std::uint64_t first = well_mixed(id.low ^ well_mixed(id.high)), step = well_mixed(first + 0x9e3779b97f4a7c15u) | 1;
  std::array<std::size_t, kRows> places{};
  for (std::size_t row = 0; row < kRows; ++row) {
    places[row] = row * columns_ + static_cast<std::size_t>((first + row * step) >> 32 & (columns_ - 1));
  }
  return places;
}

std::uint32_t FrequencyHistory::count(const Id& id) const noexcept {
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  for (const std::size_t place : places_of(id)) least = std::min<std::uint32_t>(least, counts_[place]);
  return least;
}

void FrequencyHistory::remember(const Id& id, std::uint64_t count) noexcept {
  const auto at_least = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, std::numeric_limits<std::uint16_t>::max()));
  for (const std::size_t place : places_of(id)) counts_[place] = std::max(counts_[place], at_least);
  if (++notes_ < kNotesAColumn * columns_) return;
  notes_ = 0;
  for (std::uint16_t& one : counts_) one = static_cast<std::uint16_t>(one / 2);
}

void FrequencyHistory::make_fit(std::size_t held) {
  while (columns_ < kMostColumns && columns_ / kColumnsAnEntry < held) {
    std::vector<std::uint16_t> wider(2 * counts_.size());
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto from = counts_.begin() + static_cast<std::ptrdiff_t>(row * columns_);
      const auto to = wider.begin() + static_cast<std::ptrdiff_t>(2 * row * columns_);
      const auto middle = std::copy_n(from, columns_, to);
      std::copy_n(from, columns_, middle);
    }
    counts_ = std::move(wider);
    columns_ *= 2;
  }
}

}  // namespace almanac::cache
