#pragma once

#include <almanac/cache/statistics.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace almanac {

/// What is known of a cache when its health is judged.
struct HealthFigures {
  cache::Statistics counted;
  std::uint64_t entries = 0, bytes = 0;            ///< on disk now
  std::optional<std::uint64_t> max_bytes;          ///< the disk tier's budget; nullopt: none
  std::uint64_t free_bytes = 0, file_system_bytes = 0;  ///< of the file system; 0: nobody knows
  std::uint64_t max_memory = 0;
  std::uint64_t quarantined = 0, stale_leases = 0; ///< files
  std::string remote;                              ///< the name of the file system, where it is a remote one; empty: it is not
  std::optional<std::chrono::nanoseconds> probe;   ///< what making, writing and removing a small file took; nullopt: it cannot be done
  struct Transform {
    std::string label;
    std::uint64_t count = 0;                       ///< processes that planned it
    std::chrono::nanoseconds planning{0};          ///< what that took them all together
  };
  std::vector<Transform> to_tune;                  ///< planned by programs, and no better plan was looked for yet
  std::int64_t today = 0;                          ///< days since 1970-01-01
};

/// One thing that was looked at.
struct HealthCheck {
  std::string name;
  bool is_well = true;
  std::string reason;  ///< with the numbers it rests on
};

/// How much the disk holds, over the days on which somebody looked.
struct Trend {
  std::size_t days = 0;                       ///< that are known, of the last kTrendDays
  std::optional<double> bytes_a_day;          ///< least squares; nullopt: fewer than two days are known
  std::optional<double> days_until_full;      ///< until the budget, or the file system, is full; nullopt: it does not grow
};

/// What to change, and the number it rests on.
struct Advice {
  std::string what;
  std::string because;
  double number = 0;
};

struct Health {
  std::vector<HealthCheck> checks;
  Trend trend;
  std::vector<Advice> advice;

  bool is_well() const noexcept;
};

inline constexpr int kTrendDays = 30;

/// Judges; looks at nothing else. What has been asked for too little to say something of is well.
Health judge(const HealthFigures& figures);

}  // namespace almanac
