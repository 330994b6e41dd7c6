#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace almanac::cache {

/// Lanes in which threads count: each of as many as there are lanes for has one alone, the others share the last one. A lane
/// that a thread gives back, at its end, goes on for the next thread with what is in it. In a forked process the lanes of the
/// threads that are not there stay taken.
inline constexpr std::size_t kOwnLanes = 63;
inline constexpr std::size_t kSharedLane = kOwnLanes;
inline constexpr std::size_t kLanes = kOwnLanes + 1;

/// That of this thread, the same until it ends. Cost: a read of the thread's own memory, but for the first time
std::size_t lane_of_this_thread() noexcept;

/// A number that grows in lanes: it is added to without waiting for other cores, or, in the lane that is shared, with.
template <class Number>
class LaneCount {
 public:
  void add(Number more, bool is_shared) noexcept {
    if (is_shared) {
      value_.fetch_add(more, std::memory_order_relaxed);
    } else {
      value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
  }
  Number get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<Number> value_{0};
};

}  // namespace almanac::cache
