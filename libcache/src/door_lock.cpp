#include "door_lock.hpp"

#include <algorithm>
#include <bit>
#include <thread>

#include <sched.h>

namespace almanac::cache {
namespace {

// Known before any lock is taken, whichever it is: whoever closes all doors must mean the same ones as everybody else.
const std::size_t kDoors =
    std::min(DoorLock::kMostDoors, std::bit_ceil(std::size_t{std::max(1U, std::thread::hardware_concurrency())}));

}  // namespace

std::size_t DoorLock::doors() noexcept { return kDoors; }

std::size_t DoorLock::nearest_door() noexcept {
  const int core = ::sched_getcpu();  // a read of the thread's own memory where the C library registers it with the kernel
  return core < 0 ? 0 : static_cast<std::size_t>(core) & (kDoors - 1);
}

}  // namespace almanac::cache
