// What is removed from the tiers of this process, by what entries say of themselves.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "engine/temporary_folder.hpp"
#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

bool is_even(const Key& key, const EntryFacts&) { return std::stoi(key.parameters()[0].second) % 2 == 0; }

TEST(EraseIf, TakesWhatIsMeantFromMemoryAndGivesItsRoomBack) {
  const auto tier = make_memory_tier(1 << 20);
  for (int number = 0; number < 100; ++number) ASSERT_TRUE(tier->put(sample_entry(sample_key(number), number)).ok());
  const TierStats before = tier->stats();
  ASSERT_EQ(before.entries, 100u);
  const EntryPtr held = *tier->get(sample_key(2));
  EXPECT_EQ(tier->erase_if(is_even), 50u);
  const TierStats after = tier->stats();
  EXPECT_EQ(after.entries, 50u);
  EXPECT_LT(after.bytes, before.bytes);
  EXPECT_EQ(after.evictions, 0u);
  for (int number = 0; number < 100; ++number) EXPECT_EQ(tier->peek(sample_key(number))->has_value(), number % 2 == 1) << number;
  EXPECT_EQ(value_of(held->artifact), 2) << "what was handed out stays what it is";
  EXPECT_EQ(tier->erase_if(is_even), 0u);
  EXPECT_EQ(tier->erase_if([](const Key&, const EntryFacts&) { return true; }), 50u);
  EXPECT_EQ(tier->stats().entries, 0u);
  EXPECT_EQ(tier->stats().bytes, 0u);
}

TEST(EraseIf, AsksWithoutALock) {
  const auto tier = make_memory_tier(1 << 20);
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1)).ok());
  const auto asks_back = [&](const Key& key, const EntryFacts&) { return *tier->get(key) != nullptr && tier->erase(key).ok(); };
  EXPECT_EQ(tier->erase_if(asks_back), 0u) << "it was gone already";
  EXPECT_EQ(tier->stats().entries, 0u);
}

TEST(EraseIf, OfACacheLeavesWhatOthersShare) {
  testing::TemporaryFolder folder;
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(make_memory_tier(1 << 20));
  tiers.push_back(std::make_unique<DiskTier>(DiskOptions{.root = folder / "cache", .producer = {}, .warn = {}}));
  Cache cache(std::move(tiers), {});
  const EntryPtr entry = sample_entry(sample_key(2), 2);
  cache.put_many({&entry, 1});
  EXPECT_EQ(cache.find(sample_key(2)).source, "memory");
  EXPECT_EQ(cache.erase_if(is_even), 1u);
  EXPECT_EQ(cache.find(sample_key(2)).source, "disk");
}

TEST(EraseIf, HoldsItsBudgetWhileOthersPutAndGet) {
  constexpr int kThreads = 4, kRounds = 300, kKeys = 64;
  const auto tier = make_memory_tier(1 << 20);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        const int number = (round * 7 + thread) % kKeys;
        if (!tier->put(sample_entry(sample_key(number), number)).ok()) ++wrong;
        const EntryPtr found = *tier->get(sample_key(number));
        if (found && value_of(found->artifact) != number) ++wrong;
        if (round % 16 == thread) tier->erase_if(is_even);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  tier->erase_if([](const Key&, const EntryFacts&) { return true; });
  EXPECT_EQ(tier->stats().entries, 0u);
  EXPECT_EQ(tier->stats().bytes, 0u);
}

}  // namespace
}  // namespace almanac::cache
