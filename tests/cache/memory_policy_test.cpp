#include <almanac/cache/replay.hpp>
#include <almanac/cache/synthetic_trace.hpp>
#include <almanac/cache/tiers.hpp>

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;

EntryPtr costly(std::int64_t number, std::chrono::nanoseconds cost, std::int64_t n = 100) {
  Entry entry = *sample_entry(sample_key(number), static_cast<double>(number), n);
  entry.facts.cost = cost;
  return std::make_shared<const Entry>(std::move(entry));
}

std::uint64_t footprint_of(const EntryPtr& entry) {
  const auto tier = make_memory_tier(1 << 30);
  EXPECT_TRUE(tier->put(entry).ok());
  return tier->stats().bytes;
}

/// Which of the numbers 0 … 9 are there.
std::string held(Tier& tier) {
  std::string all;
  for (int number = 0; number < 10; ++number) {
    if (tier.peek(sample_key(number)).value()) all += std::to_string(number);
  }
  return all;
}

TEST(MemoryPolicy, IsWhatIsAskedFor) {
  // Room for three.
  const auto left_of = [](Policy policy) {
    const auto tier = make_memory_tier({.budget_bytes = 3 * footprint_of(costly(0, 1ms)), .policy = policy});
    const auto now = std::chrono::system_clock::now();
    const auto use = [&](std::int64_t number) {
      if (tier->get(sample_key(number)).value()) return;
      Entry entry = *costly(number, 1ms);
      entry.facts.expires = now + std::chrono::hours(9 - number);
      EXPECT_TRUE(tier->put(std::make_shared<const Entry>(entry)).ok());
    };
    for (const std::int64_t number : {0, 1, 2, 0, 0, 3, 2, 3, 3, 4}) use(number);
    EXPECT_EQ(tier->stats().entries, 3u) << to_string(policy);
    return held(*tier);
  };
  EXPECT_EQ(left_of(Policy::lru), "234");   // 1, then 0
  EXPECT_EQ(left_of(Policy::fifo), "234");  // 0, then 1
  EXPECT_EQ(left_of(Policy::lfu), "034");   // 1, then 2, which was used twice and 3 three times
  EXPECT_EQ(left_of(Policy::ttl), "014");   // 2 for 3, 3 for 2, 2 for 3, 3 for 4
}

TEST(MemoryPolicy, KeepsNoMoreEntriesThanItMay) {
  const auto tier = make_memory_tier({.budget_bytes = 1 << 30, .max_entries = 4, .policy = Policy::lru});
  for (int number = 0; number < 10; ++number) ASSERT_TRUE(tier->put(costly(number, 1ms)).ok());
  EXPECT_EQ(held(*tier), "6789");
  const EntryPtr other = costly(7, 2ms, 200);
  EXPECT_EQ(tier->replace(other).value(), other);
  EXPECT_EQ(held(*tier), "6789");
  ASSERT_TRUE(tier->replace(costly(1, 1ms)).ok());
  EXPECT_EQ(held(*tier), "1789");
  const auto none = make_memory_tier({.budget_bytes = 1 << 30, .max_entries = 0});
  EXPECT_TRUE(none->put(costly(1, 1ms)).ok());
  EXPECT_TRUE(none->replace(costly(1, 1ms)).ok());
  EXPECT_EQ(held(*none), "");
}

TEST(MemoryPolicy, LetsWhatIsCheapPassByWhatIsDear) {
  const auto tier = make_memory_tier(3 * footprint_of(costly(0, 1ms)));
  for (int number = 0; number < 3; ++number) ASSERT_TRUE(tier->put(costly(number, 100ms)).ok());
  const EntryPtr cheap = costly(5, 1ms), dear = costly(6, 1s);
  EXPECT_EQ(tier->put(cheap).value(), cheap);
  EXPECT_EQ(held(*tier), "012");
  EXPECT_EQ(tier->stats().evictions, 0u);
  EXPECT_EQ(tier->put(dear).value(), dear);
  EXPECT_EQ(held(*tier), "126");
}

TEST(MemoryPolicy, SparesWhatWasUsedWhoeverUsedIt) {
  const auto tier = make_memory_tier({.budget_bytes = 3 * footprint_of(costly(0, 1ms))});
  for (int number = 0; number < 3; ++number) ASSERT_TRUE(tier->put(costly(number, 1ms)).ok());
  std::thread([&] { EXPECT_NE(tier->get(sample_key(0)).value(), nullptr); }).join();
  EXPECT_NE(tier->get(sample_key(1)).value(), nullptr);
  ASSERT_TRUE(tier->put(costly(3, 1ms)).ok());
  EXPECT_EQ(held(*tier), "013");
}

TEST(MemoryPolicy, RemembersWhatWasUsedOftenBeforeItLeft) {
  const auto tier = make_memory_tier(2 * footprint_of(costly(0, 1ms)));
  ASSERT_TRUE(tier->put(costly(0, 1ms)).ok());
  for (int time = 0; time < 9; ++time) EXPECT_NE(tier->get(sample_key(0)).value(), nullptr);
  ASSERT_TRUE(tier->erase(sample_key(0)).value());
  ASSERT_TRUE(tier->put(costly(1, 8ms)).ok());
  ASSERT_TRUE(tier->put(costly(2, 8ms)).ok());
  ASSERT_TRUE(tier->put(costly(0, 1ms)).ok());  // the eleventh request; if it were the second, it would pass by
  EXPECT_EQ(held(*tier), "02");
}

TEST(MemoryPolicy, NeverLosesTheOldOneOnTheWayToItsSuccessor) {
  // The larger successor needs room, and what it replaces is the least of all: another leaves.
  const auto tier = make_memory_tier({.budget_bytes = 2 * footprint_of(costly(0, 1ms)), .policy = Policy::lru});
  ASSERT_TRUE(tier->put(costly(1, 1ms)).ok());
  ASSERT_TRUE(tier->put(costly(2, 1ms)).ok());
  ASSERT_TRUE(tier->replace(costly(1, 1ms, 110)).ok());
  EXPECT_EQ(held(*tier), "1");
  EXPECT_EQ(tier->stats().evictions, 1u);
}

/// Requests by one thread, over entries that have no bytes but the ones they say.
double seconds_paid(Policy policy, const SyntheticOptions& options, std::uint64_t& most_bytes) {
  auto trace = SyntheticTrace::make(options).value();
  const std::uint64_t budget = trace.object_bytes() / 20;
  const auto tier = make_memory_tier({.budget_bytes = budget, .policy = policy});
  const auto nobodys = std::make_shared<const double>(0);
  double paid = 0;
  for (TraceRequest request; trace.next(request);) {
    const Key key("object", 1, {{"high", request.wanted.id.high}, {"low", request.wanted.id.low}});
    if (tier->get(key).value()) continue;
    paid += std::chrono::duration<double>(request.wanted.cost).count();
    const auto bytes = static_cast<std::int64_t>(request.wanted.bytes);
    EntryFacts facts;
    facts.cost = request.wanted.cost;
    const Artifact artifact({Array("x", Type::u8, {bytes}, nobodys.get(), nobodys)});  // read by nobody
    EXPECT_TRUE(tier->put(std::make_shared<const Entry>(Entry{key, artifact, facts})).ok());
    most_bytes = std::max(most_bytes, tier->stats().bytes);
    EXPECT_LE(tier->stats().bytes, budget);
  }
  return paid;
}

TEST(MemoryPolicy, PaysAtMostHalfOfLrusRecomputeTime) {
  // A tenth of the requests of the figure, with a tenth of the objects: the same in small.
  const SyntheticOptions options{.seed = 5, .objects = 2'000, .requests = 40'000};
  std::uint64_t most = 0;
  const double ours = seconds_paid(kDefaultPolicy, options, most), lru = seconds_paid(Policy::lru, options, most);
  auto trace = SyntheticTrace::make(options).value();
  Replay alone(kDefaultPolicy, {.bytes = trace.object_bytes() / 20});
  for (TraceRequest request; trace.next(request);) alone.request(request);
  EXPECT_LT(ours, 0.6 * lru);
  EXPECT_NEAR(ours / alone.report().seconds_paid(), 1, 0.05);
}

}  // namespace
}  // namespace almanac::cache
