#include "history_memory.hpp"

#include <limits>
#include <new>

#include <sys/mman.h>

namespace almanac::compute {
namespace {

constexpr std::size_t kCacheLine = 64, kLargePage = std::size_t{1} << 21;

}  // namespace

HistoryMemory history_memory(std::size_t doubles) {
  if (doubles > std::numeric_limits<std::size_t>::max() / 2 / sizeof(double)) throw std::bad_alloc();
  const std::size_t wanted = doubles * sizeof(double);
  const bool large = wanted >= 2 * kLargePage;
  const std::size_t alignment = large ? kLargePage : kCacheLine, bytes = (wanted + alignment - 1) / alignment * alignment;
  HistoryMemory memory(static_cast<double*>(std::aligned_alloc(alignment, bytes + (bytes == 0 ? alignment : 0))));
  if (!memory) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (large) madvise(memory.get(), bytes, MADV_HUGEPAGE);  // refused, it is as slow as without
#endif
  return memory;
}

}  // namespace almanac::compute
