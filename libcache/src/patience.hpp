#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>

namespace almanac::cache {

/// How long a request waits for another process, and how often it looks meanwhile: the answer is late by an eighth of what was
/// waited for at most, and by a quarter of a second; and of 256 that wait on two cores none is in the way of who works.
class Patience {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::milliseconds kShortestPause{1};
  static constexpr std::chrono::milliseconds kLongestPause{250};

  /// Between two times a waiter is asked whether it gives up.
  static constexpr std::chrono::milliseconds kBetweenQuestions{50};

  /// Waiting begins, if it has not.
  void begin(Clock::time_point now) noexcept {
    if (!since_) since_ = now;
  }
  /// What was waited for went on; whatever comes is waited for anew.
  void end() noexcept { since_.reset(); }

  bool is_over(Clock::time_point now, std::chrono::nanoseconds longest) const noexcept {
    return since_ && now - *since_ >= longest;
  }

  /// Between two looks. Whoever waits over the same time for the same need not look more often than one of them.
  Clock::duration pause(Clock::time_point now) const noexcept {
    return std::clamp<Clock::duration>(waited(now) / 8, kShortestPause, kLongestPause);
  }

  /// When to look next: never later than when patience is over.
  Clock::time_point next_look(Clock::time_point now, std::chrono::nanoseconds longest) const noexcept {
    return now + std::min<Clock::duration>(pause(now), std::max<Clock::duration>(longest - waited(now), Clock::duration(0)));
  }

 private:
  Clock::duration waited(Clock::time_point now) const noexcept { return since_ ? now - *since_ : Clock::duration(0); }

  std::optional<Clock::time_point> since_;
};

}  // namespace almanac::cache
