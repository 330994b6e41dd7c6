#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

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
  /// Where a step takes long and it is known how long the rest will: on a terminal it is shown at once, and `left` counts down.
  void at(double fraction, std::string_view what, std::chrono::nanoseconds left);
  /// Takes the moving line away, so that other lines can be written.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  void draw(double fraction, std::string_view what, std::optional<std::chrono::nanoseconds> left);
  void count_down(const std::stop_token& stop);

  const bool shown_;
  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  Clock::time_point last_;
  bool line_open_ = false;

  struct Step {
    double fraction;
    std::string what;
    std::chrono::nanoseconds left;
    Clock::time_point start;
  };
  std::optional<Step> step_;             // that takes long
  std::condition_variable_any stopped_;
  std::jthread counting_;                // last: ends first
};

}  // namespace almanac::cli
