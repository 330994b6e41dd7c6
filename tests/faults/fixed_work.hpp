#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

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

  /// How many steps take about so long on this machine, now.
  static std::uint64_t steps_for(std::chrono::nanoseconds time) {
    constexpr std::uint64_t kTried = 1 << 24;
    auto best = std::chrono::nanoseconds::max();
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto begin = std::chrono::steady_clock::now();
      const volatile std::uint64_t kept = done(static_cast<std::uint64_t>(attempt), kTried);
      static_cast<void>(kept);
      best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
    }
    return static_cast<std::uint64_t>(static_cast<double>(time.count()) / static_cast<double>(best.count()) * kTried);
  }

 private:
  static constexpr std::uint64_t kMultiplier = 6364136223846793005u, kIncrement = 1442695040888963407u;
};

}  // namespace almanac::testing
