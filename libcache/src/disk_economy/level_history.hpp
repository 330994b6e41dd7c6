#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace almanac::cache {

/// The L of gdsf (policy.hpp) over time, for entries that nobody keeps books of while they are used: an entry that was last used
/// then ranks by the L of then. A text file, one line a cleaning:
///     1795405601 0.0341 #5d41402a
/// which are seconds since 1970, L in ns a byte, and a checksum. Without it all entries begin at 0 and only their worth counts.
/// Threads: one caller at a time; of processes, who holds the cleaners' lock
class LevelHistory {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// Lines that are none are passed over.
  static LevelHistory read(const std::string& file);

  double at(Time time) const noexcept;
  double last() const noexcept { return levels_.empty() ? 0 : levels_.back().second; }

  /// From now on it is this. Of a history that has become long every other one of the older half goes.
  void rise(Time now, double level);
  /// Puts it in place of the file. A failure is silent: it costs a worse choice.
  void write(const std::string& file) const noexcept;

  std::size_t size() const noexcept { return levels_.size(); }

  static constexpr std::size_t kMost = 1024;

 private:
  std::vector<std::pair<Time, double>> levels_;  ///< in order of time
};

}  // namespace almanac::cache
