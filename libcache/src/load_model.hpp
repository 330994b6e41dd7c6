#pragma once

#include <almanac/cache/admission.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace almanac::cache {

/// How long loading takes from one tier, or storing there: latency + bytes · time per byte. Begins with what was measured of a
/// local disk in the page cache, 8 kB in 3 µs and 80 MB, mapped and verified, in 4.5 ms, unless more is known; learned from the
/// tier's own hits, or what is stored there, small ones the latency, large ones the rate.
/// Threads: thread-safe, without locks. Of hits that are learned at the same moment one may be lost.
class LoadModel {
 public:
  /// Below this many bytes the latency is most of the time, from here on the rate.
  static constexpr std::uint64_t kLarge = 64 * 1024;

  LoadModel() : LoadModel(TierSpeed().load) {}
  explicit LoadModel(const Speed& known)
      : latency_(std::max(kLeastLatency, static_cast<double>(known.latency.count()))),
        per_byte_(std::max(kLeastPerByte, known.nanoseconds_per_byte)) {}

  Speed speed() const noexcept {
    return {std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(load(latency_), 9e18))), load(per_byte_)};
  }
  std::chrono::nanoseconds predict(std::uint64_t bytes) const noexcept { return speed().time_of(bytes); }

  /// An eighth of each hit is believed, and of one that is far off no more than a factor of four: a thread that was put
  /// aside while it read says nothing of the tier; one tier that is a thousand times slower is known after some twenty hits.
  void learn(std::uint64_t bytes, std::chrono::nanoseconds took) noexcept {
    const auto time = static_cast<double>(std::clamp(took, std::chrono::nanoseconds(0), kLongest).count());
    const double latency = load(latency_), per_byte = load(per_byte_), size = static_cast<double>(bytes);
    if (bytes < kLarge) {
      move(latency_, latency, time - size * per_byte, kLeastLatency);
    } else {
      move(per_byte_, per_byte, (time - latency) / size, kLeastPerByte);
    }
  }

 private:
  static constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(1);
  static constexpr double kLeastLatency = 100, kLeastPerByte = 1e-3;  // in ns: no tier is faster than memory

  static double load(const std::atomic<double>& value) noexcept { return value.load(std::memory_order_relaxed); }
  static void move(std::atomic<double>& value, double now, double seen, double least) noexcept {
    const double believed = std::clamp(seen, now / 4, now * 4);
    value.store(std::max(least, now + (believed - now) / 8), std::memory_order_relaxed);
  }

  std::atomic<double> latency_;   ///< in ns
  std::atomic<double> per_byte_;  ///< in ns
};

}  // namespace almanac::cache
