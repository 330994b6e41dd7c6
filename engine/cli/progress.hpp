#pragma once

#include <chrono>
#include <mutex>
#include <string_view>

namespace almanac::cli {

/// Progress on standard error: one line that moves on a terminal, a plain line every few seconds elsewhere.
/// Threads: thread-safe.
class Progress {
 public:
  explicit Progress(bool shown);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `fraction` of the whole, 0 … 1; `what` is under way now. The time left is estimated from the time gone.
  void at(double fraction, std::string_view what);
  /// Takes the moving line away, so that other lines can be written.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  const bool shown_;
  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  Clock::time_point last_;
  bool line_open_ = false;
};

}  // namespace almanac::cli
