#pragma once

#include <almanac/cache/policy.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace almanac::cache {

/// What an entry is ranked by.
struct Standing {
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds cost{0};
  std::chrono::system_clock::time_point expires = std::chrono::system_clock::time_point::max();
  std::uint64_t hits = 0;   ///< requests for it, the one that brought it included; for gdsf those before as well
  std::uint64_t came = 0;   ///< in the order of all that came and were used
  std::uint64_t used = 0;
};

/// hits · cost / bytes, in ns a byte: what an entry saves for the room it takes.
inline double worth_of(const Standing& standing) noexcept {
  const double hits = standing.hits <= 1 ? 0.5 : static_cast<double>(standing.hits);
  const auto cost = static_cast<double>(std::max<std::int64_t>(standing.cost.count(), 0));
  return hits * cost / static_cast<double>(std::max<std::uint64_t>(standing.bytes, 1));
}

/// Who ranks lowest leaves first; of those that rank alike, who was longest not used (fifo, ttl: who came first).
/// Uses are counted exactly in doubles up to 2^53: two centuries of a million a second.
inline double rank_of(Policy policy, const Standing& standing, double level) noexcept {
  switch (policy) {
    case Policy::gdsf: return level + worth_of(standing);
    case Policy::lru: return static_cast<double>(standing.used);
    case Policy::lfu: return static_cast<double>(standing.hits);
    case Policy::fifo: return static_cast<double>(standing.came);
    case Policy::ttl: break;
  }
  const auto never = std::chrono::system_clock::time_point::max();
  return standing.expires == never ? std::numeric_limits<double>::infinity()
                                   : static_cast<double>(standing.expires.time_since_epoch().count());
}

/// The L of gdsf: what a newcomer without any worth ranks by.
class RisingLevel {
 public:
  explicit RisingLevel(double level = 0) noexcept : level_(level) {}

  double value() const noexcept { return level_; }

  /// One that ranked by `rank` was evicted from among `held`.
  void evicted(double rank, std::size_t held) noexcept {
    const double share = std::min(1.0, kOfTheWay / static_cast<double>(std::max<std::size_t>(held, 1)));
    if (rank > level_) level_ += share * (rank - level_);
  }

 private:
  static constexpr double kOfTheWay = 16;  // evictions of this part of all entries take the level to their rank, about

  double level_;
};

}  // namespace almanac::cache
