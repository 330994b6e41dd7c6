#include "statistics/thread_lane.hpp"

#include <bit>

namespace almanac::cache {
namespace {

static_assert(kOwnLanes < 64);
constexpr std::size_t kNone = kLanes;

constinit std::atomic<std::uint64_t> taken_lanes{0};  // a bit a lane

// Not that of a thread's first use of a library that was loaded late: a call, where this is a read.
[[gnu::tls_model("initial-exec")]] constinit thread_local std::size_t own_lane = kNone;

/// Gives the lane back at the end of its thread. What the thread counts after that, in destructors yet to run, it counts with others.
struct LaneKeeper {
  ~LaneKeeper() {
    const std::size_t lane = own_lane;
    own_lane = kSharedLane;
    if (lane < kOwnLanes) taken_lanes.fetch_and(~(std::uint64_t{1} << lane), std::memory_order_release);
  }
};

std::size_t take_lane() noexcept {
  std::uint64_t taken = taken_lanes.load(std::memory_order_relaxed);
  for (;;) {
    const auto lane = static_cast<std::size_t>(std::countr_one(taken));
    if (lane >= kOwnLanes) return kSharedLane;
    // What its last owner has counted is seen.
    if (taken_lanes.compare_exchange_weak(taken, taken | std::uint64_t{1} << lane, std::memory_order_acquire, std::memory_order_relaxed)) {
      return lane;
    }
  }
}

[[gnu::noinline]] std::size_t begin_lane() noexcept {
  static thread_local LaneKeeper keeper;
  static_cast<void>(keeper);
  return own_lane = take_lane();
}

}  // namespace

std::size_t lane_of_this_thread() noexcept {
  const std::size_t lane = own_lane;
  return lane != kNone ? lane : begin_lane();
}

}  // namespace almanac::cache
