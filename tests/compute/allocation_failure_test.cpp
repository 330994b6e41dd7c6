// Memory that ends inside a parallel loop: the exception reaches the caller. In a program of its own, as it replaces operator new.
#include <almanac/compute/history.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <vector>

namespace {

constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();
std::atomic<std::int64_t> allocations_left = kEndless;

void* allocate_or_fail(std::size_t size) {
  if (allocations_left.load() != kEndless && allocations_left.fetch_sub(1) <= 0) throw std::bad_alloc();
  if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

/// Whether the work meets its end of memory after so many allocations and says so.
template <class Work>
bool fails_after(std::int64_t allocations, const Work& work) {
  bool failed = false;
  allocations_left = allocations;
  try {
    work();
  } catch (const std::bad_alloc&) {
    failed = true;
  }
  allocations_left = kEndless;
  return failed;
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_fail(size); }
void* operator new[](std::size_t size) { return allocate_or_fail(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace almanac::compute {
namespace {

TEST(AllocationFailure, ReachesWhoMakesASpectrum) {
  // some 40'000 allocations, most of them in the loops over intervals
  const auto make = [] { MittagLefflerSpectrum({.alpha = 0.5}, 2); };
  for (std::int64_t allocations = 1; allocations < 20'000; allocations = allocations * 5 / 3 + 1)
    EXPECT_TRUE(fails_after(allocations, make)) << allocations;
  EXPECT_FALSE(fails_after(kEndless - 1, make));
}

TEST(AllocationFailure, ReachesWhoAsksForValuesOutsideATable) {
  const MittagLefflerSpectrum spectrum({.alpha = 0.005});  // just above 1 its values are computed one by one
  const std::vector<double> x(1000, 1.0005);
  std::vector<double> out(x.size());
  const auto evaluate = [&] { spectrum.evaluate(x, out, 2); };
  EXPECT_TRUE(fails_after(100, evaluate));
  EXPECT_FALSE(fails_after(kEndless - 1, evaluate));
}

TEST(AllocationFailure, ReachesWhoRelaxesModes) {
  const std::vector<double> lambda(400, -1.0), u0(400, 1.0);
  std::vector<double> out(400);
  const std::vector<std::int64_t> outputs = {200};
  const auto relax = [&] {
    relax_modes({.alpha = 0.5, .dt = 0.01, .steps = 200, .weights = {}, .outputs = outputs}, lambda, u0, {}, out, 400,
                {.steps = 200, .method = HistoryMethod::exponentials}, 2);
  };
  std::int64_t enough = 1;
  while (fails_after(enough, relax)) ++enough;
  EXPECT_GT(enough, 10);
  EXPECT_FALSE(fails_after(kEndless - 1, relax));
}

}  // namespace
}  // namespace almanac::compute
