#pragma once

#include <almanac/fft.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac {

/// A problem that processes have planned.
struct PlannedProblem {
  FftSpec spec;                         ///< at the rigor it was asked for
  std::string precision;                ///< "single", "double", "long_double"
  std::uint64_t count = 0;              ///< processes that planned it
  std::chrono::nanoseconds planning{0}; ///< what that took them all together
};

/// What was planned, below the root of a cache: a folder of journals, text files that nobody writes to once they are closed.
/// Each line has its own checksum, so that of a torn file the whole lines count. Whoever reads, and whoever adds to many,
/// puts all journals into one and keeps what is planned most; where that cannot be, the oldest go. A lost statistic is harmless:
/// every failure is silent, and a journal that could not be written to its end is taken away.
///     3 1204511 extent=512x512 transform=r2c … rigor=adaptive threads=1 split=false #5d41402a
/// Threads: thread-safe.
class PlannedLog {
 public:
  static constexpr std::string_view kFolder = "fft-log";  ///< in the root of the cache

  /// An empty folder: nothing is kept.
  explicit PlannedLog(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~PlannedLog() { flush(); }
  PlannedLog(const PlannedLog&) = delete;
  PlannedLog& operator=(const PlannedLog&) = delete;

  /// `precision` lives as long as the log. Written when there is a number of them, and at the end.
  void note(const FftSpec& spec, std::string_view precision, std::chrono::nanoseconds planning) noexcept;

  /// Writes what was noted since the last time into a journal of its own.
  void flush() noexcept;

  /// All journals together, those first that cost most: count times what planning takes. Unreadable lines are passed over.
  static std::vector<PlannedProblem> read(const std::filesystem::path& folder);

 private:
  struct Noted {
    FftSpec spec;
    std::string_view precision;
    std::chrono::nanoseconds planning;
  };

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::vector<Noted> noted_;
};

}  // namespace almanac
