#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace almanac::testing {

/// A fixed amount of arithmetic that nothing shortens, though its outcome can be known without doing it.
/// Source: Knuth, The Art of Computer Programming 2, 3.3.4 (the multiplier); Brown 1994 (jumping ahead)
class FixedWork {
 public:
  /// x ← a x + c, so many times, each step waiting for the one before.
  static std::uint64_t done(std::uint64_t x, std::uint64_t steps) noexcept {
    for (; steps > 0; --steps) x = kMultiplier * x + kIncrement;
    return x;
  }

  /// The same in as many steps as the number of steps has bits.
  static std::uint64_t known(std::uint64_t x, std::uint64_t steps) noexcept {
    std::uint64_t multiplier = kMultiplier, increment = kIncrement;
    for (; steps > 0; steps >>= 1) {
      if (steps & 1u) x = multiplier * x + increment;
      increment *= multiplier + 1;
      multiplier *= multiplier;
    }
    return x;
  }

  /// How many steps take about so long on a processor of this machine.
  static std::uint64_t steps_for(std::chrono::nanoseconds time) {
    constexpr std::uint64_t kTried = 1 << 24;
    auto least = std::chrono::nanoseconds::max();
    for (std::uint64_t attempt = 0; attempt < 3; ++attempt) {
      const auto begin = processor_time();
      const volatile std::uint64_t kept = done(attempt, kTried);
      static_cast<void>(kept);
      least = std::min(least, processor_time() - begin);
    }
    return static_cast<std::uint64_t>(static_cast<double>(time.count()) / static_cast<double>(least.count()) * kTried);
  }

 private:
  /// Of this thread: what it waits for others is none of its work.
  static std::chrono::nanoseconds processor_time() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }

  static constexpr std::uint64_t kMultiplier = 6364136223846793005u, kIncrement = 1442695040888963407u;
};

}  // namespace almanac::testing
