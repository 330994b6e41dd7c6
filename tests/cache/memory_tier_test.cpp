#include <almanac/cache/tiers.hpp>

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>

namespace almanac::cache {
namespace {

/// What one sample entry of n doubles takes, as the tier counts it.
std::uint64_t footprint(std::int64_t n) {
  const auto tier = make_memory_tier(1 << 30);
  EXPECT_TRUE(tier->put(sample_entry(sample_key(1), 0, n)).ok());
  return tier->stats().bytes;
}

TEST(MemoryTier, GivesBackTheVeryEntryThatWasPut) {
  const auto tier = make_memory_tier(1 << 20);
  const EntryPtr entry = sample_entry(sample_key(1), 7);
  EXPECT_EQ(tier->put(entry).value(), entry);
  EXPECT_EQ(tier->get(sample_key(1)).value(), entry);
  EXPECT_EQ(tier->get(sample_key(2)).value(), nullptr);
  const TierStats stats = tier->stats();
  EXPECT_EQ(stats.hits, 1u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.puts, 1u);
  EXPECT_EQ(stats.entries, 1u);
}

TEST(MemoryTier, CountsAtLeastTheBytesOfTheArraysAndTheKey) {
  EXPECT_GE(footprint(1000), 8000u + sample_key(1).text().size());
  EXPECT_EQ(footprint(1001) - footprint(1000), 8u);
}

TEST(MemoryTier, TakesAnEntryThatFillsTheWholeBudget) {
  const auto tier = make_memory_tier({.budget_bytes = footprint(1000), .policy = Policy::lru});
  for (int number = 1; number <= 3; ++number) {
    const EntryPtr entry = sample_entry(sample_key(number), number, 1000);
    ASSERT_TRUE(tier->put(entry).ok());
    EXPECT_EQ(tier->get(sample_key(number)).value(), entry);
    EXPECT_EQ(tier->stats().entries, 1u);
  }
  EXPECT_EQ(tier->stats().evictions, 2u);
}

TEST(MemoryTier, FollowsABudgetThatChanges) {
  const std::uint64_t each = footprint(1000);
  std::uint64_t budget = 8 * each, told = 0;
  int asked = 0;
  const auto tier = make_memory_tier({.budget_bytes = 1, .budget = [&](std::uint64_t held) {
                                        told = held;
                                        ++asked;
                                        return budget;
                                      }});
  for (int number = 0; number < 8; ++number) ASSERT_TRUE(tier->put(sample_entry(sample_key(number), number, 1000)).ok());
  EXPECT_EQ(tier->stats().entries, 8u);
  EXPECT_EQ(asked, 1);
  // It is asked again, after a while, by whoever puts: here what is there already.
  budget = 3 * each + each / 2;
  while (asked == 1) ASSERT_TRUE(tier->put(sample_entry(sample_key(7), 7, 1000)).ok());
  EXPECT_EQ(told, 8 * each);
  EXPECT_EQ(tier->stats().entries, 3u);
  EXPECT_LE(tier->stats().bytes, budget);
  EXPECT_EQ(tier->stats().evictions, 5u);
}

TEST(MemoryTier, LetsAnEntryLargerThanTheBudgetPassBy) {
  const auto tier = make_memory_tier(footprint(1000));
  const EntryPtr small = sample_entry(sample_key(1), 1, 10), large = sample_entry(sample_key(2), 2, 1001);
  ASSERT_TRUE(tier->put(small).ok());
  EXPECT_EQ(tier->put(large).value(), large);
  EXPECT_EQ(tier->get(sample_key(2)).value(), nullptr);
  EXPECT_EQ(tier->get(sample_key(1)).value(), small);
  EXPECT_EQ(tier->stats().evictions, 0u);
}

TEST(MemoryTier, KeepsNothingOnABudgetOfNothing) {
  const auto tier = make_memory_tier(0);
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1)).ok());
  EXPECT_EQ(tier->get(sample_key(1)).value(), nullptr);
  EXPECT_EQ(tier->stats().bytes, 0u);
}

TEST(MemoryTier, EvictsTheLeastRecentlyUsedOfAllShards) {
  // All keys have texts of one length, so ten entries fit exactly.
  const auto tier = make_memory_tier({.budget_bytes = 10 * footprint(100), .policy = Policy::lru});
  for (int number = 0; number < 10; ++number) ASSERT_TRUE(tier->put(sample_entry(sample_key(number), number, 100)).ok());
  EXPECT_NE(tier->get(sample_key(0)).value(), nullptr);
  EXPECT_NE(tier->get(sample_key(2)).value(), nullptr);
  // 1, 3, 4, 5 are now the oldest; four more entries push exactly these out.
  for (char letter = 0; letter < 4; ++letter) ASSERT_TRUE(tier->put(sample_entry(sample_key(letter, "elpmas"), 0, 100)).ok());
  for (int number = 0; number < 10; ++number) {
    const bool gone = number == 1 || (number >= 3 && number <= 5);
    EXPECT_EQ(tier->peek(sample_key(number)).value().has_value(), !gone) << number;
  }
  EXPECT_EQ(tier->stats().evictions, 4u);
}

TEST(MemoryTier, KeepsTheFirstOfTwoEntriesWithOneKey) {
  const auto tier = make_memory_tier(1 << 20);
  const EntryPtr first = sample_entry(sample_key(1), 1), second = sample_entry(sample_key(1), 2);
  ASSERT_TRUE(tier->put(first).ok());
  EXPECT_EQ(tier->put(second).value(), first);
  EXPECT_EQ(tier->get(sample_key(1)).value(), first);
}

TEST(MemoryTier, ReplacesAnEntryByOneThatReachesFarther) {
  const auto tier = make_memory_tier(1 << 20);
  const EntryPtr near = sample_entry(sample_key(1), 1, 10, 10), far = sample_entry(sample_key(1), 1, 20, 20);
  ASSERT_TRUE(tier->put(near).ok());
  const std::uint64_t before = tier->stats().bytes;
  EXPECT_EQ(tier->put(far).value(), far);
  EXPECT_EQ(tier->stats().bytes, before + 80);
  EXPECT_EQ(tier->put(near).value(), far);
  EXPECT_EQ(tier->get(sample_key(1)).value(), far);
  EXPECT_EQ(tier->stats().entries, 1u);
}

TEST(MemoryTier, PutsAnEntryInPlaceOfOneThatReachesAsFarOrFarther) {
  const auto tier = make_memory_tier(1 << 20);
  const EntryPtr far = sample_entry(sample_key(1), 1, 20, 20), near = sample_entry(sample_key(1), 2, 10, 10);
  EXPECT_EQ(tier->replace(far).value(), far);
  const std::uint64_t before = tier->stats().bytes;
  EXPECT_EQ(tier->replace(near).value(), near);
  EXPECT_EQ(tier->get(sample_key(1)).value(), near);
  EXPECT_EQ(tier->stats().bytes, before - 80);
  EXPECT_EQ(tier->replace(far).value(), far);
  EXPECT_EQ(tier->stats().bytes, before);
  EXPECT_EQ(tier->stats().entries, 1u);
  EXPECT_EQ(tier->stats().evictions, 0u);
}

TEST(MemoryTier, NeedsRoomForTheDifferenceAloneToReplace) {
  // Room for two of 100 and nothing more: the one beside it stays, and what is replaced is not what makes room.
  const auto tier = make_memory_tier({.budget_bytes = 2 * footprint(100) + 80, .policy = Policy::lru});
  const EntryPtr first = sample_entry(sample_key(1), 1, 100), beside = sample_entry(sample_key(2), 2, 100);
  ASSERT_TRUE(tier->put(first).ok());
  ASSERT_TRUE(tier->put(beside).ok());
  const EntryPtr larger = sample_entry(sample_key(1), 3, 110);
  EXPECT_EQ(tier->replace(larger).value(), larger);
  EXPECT_EQ(tier->get(sample_key(2)).value(), beside);
  const EntryPtr largest = sample_entry(sample_key(1), 4, 111);
  EXPECT_EQ(tier->replace(largest).value(), largest);
  EXPECT_EQ(tier->get(sample_key(1)).value(), largest);
  EXPECT_EQ(tier->get(sample_key(2)).value(), nullptr);
  EXPECT_EQ(tier->stats().bytes, footprint(111));
  EXPECT_EQ(tier->stats().evictions, 1u);
}

TEST(MemoryTier, ForgetsWhatIsReplacedByWhatItCannotHold) {
  const auto tier = make_memory_tier(footprint(100));
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1, 100)).ok());
  const EntryPtr larger = sample_entry(sample_key(1), 2, 101);
  EXPECT_EQ(tier->replace(larger).value(), larger);
  EXPECT_EQ(tier->get(sample_key(1)).value(), nullptr);
  EXPECT_EQ(tier->stats().bytes, 0u);
}

TEST(MemoryTier, TreatsAnExpiredEntryAsAMiss) {
  const auto tier = make_memory_tier(1 << 20);
  const auto now = std::chrono::system_clock::now();
  Entry fresh = *sample_entry(sample_key(1), 1), stale = *sample_entry(sample_key(2), 2);
  fresh.facts.expires = now + std::chrono::hours(1);
  stale.facts.expires = now - std::chrono::hours(1);
  ASSERT_TRUE(tier->put(std::make_shared<const Entry>(fresh)).ok());
  ASSERT_TRUE(tier->put(std::make_shared<const Entry>(stale)).ok());
  EXPECT_NE(tier->get(sample_key(1)).value(), nullptr);
  EXPECT_EQ(tier->get(sample_key(2)).value(), nullptr);
}

TEST(MemoryTier, ErasesAndFreesWhatItHeld) {
  const auto tier = make_memory_tier(1 << 20);
  std::weak_ptr<const Entry> watched;
  {
    const EntryPtr entry = sample_entry(sample_key(1), 1);
    watched = entry;
    ASSERT_TRUE(tier->put(entry).ok());
  }
  EXPECT_FALSE(watched.expired());
  EXPECT_TRUE(tier->erase(sample_key(1)).value());
  EXPECT_TRUE(watched.expired());
  EXPECT_FALSE(tier->erase(sample_key(1)).value());
  EXPECT_EQ(tier->stats().bytes, 0u);
}

// A hit goes in by the door of its core, where a reference of its own is kept to be handed out.
TEST(MemoryTier, GivesOnEveryCoreWhatIsThereNow) {
  const auto tier = make_memory_tier(1 << 20);
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  const auto on_every_core = [&](const EntryPtr& expected) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (!CPU_ISSET(core, &allowed)) continue;
      std::thread([&] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
        EXPECT_EQ(tier->get(sample_key(1)).value(), expected) << "core " << core;
      }).join();
    }
  };
  EntryPtr first = sample_entry(sample_key(1), 1), second = sample_entry(sample_key(1), 2, 4, 4), third = sample_entry(sample_key(1), 3);
  const std::vector<std::weak_ptr<const Entry>> watched{first, second, third};
  ASSERT_TRUE(tier->put(first).ok());
  on_every_core(first);
  ASSERT_TRUE(tier->put(second).ok());
  on_every_core(second);
  ASSERT_TRUE(tier->replace(third).ok());
  on_every_core(third);
  const std::uint64_t hits = static_cast<std::uint64_t>(3 * CPU_COUNT(&allowed));
  EXPECT_EQ(tier->stats().hits, hits);
  ASSERT_TRUE(tier->erase(sample_key(1)).value());
  on_every_core(nullptr);
  EXPECT_EQ(tier->stats().misses, hits / 3);
  first.reset(), second.reset(), third.reset();
  for (const auto& entry : watched) EXPECT_TRUE(entry.expired());
}

TEST(MemoryTier, PeeksWithoutCounting) {
  const auto tier = make_memory_tier(1 << 20);
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1, 5, 5)).ok());
  const auto info = tier->peek(sample_key(1)).value();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->key, sample_key(1));
  EXPECT_EQ(coverage_of(info->attributes), 5);
  ASSERT_EQ(info->arrays.size(), 1u);
  EXPECT_EQ(info->arrays[0].bytes, 40u);
  EXPECT_FALSE(tier->peek(sample_key(2)).value());
  EXPECT_EQ(tier->stats().hits + tier->stats().misses, 0u);
}

class MemoryTierUnderManyThreads : public ::testing::TestWithParam<Policy> {};
INSTANTIATE_TEST_SUITE_P(Policies, MemoryTierUnderManyThreads, ::testing::ValuesIn(all_policies().begin(), all_policies().end()),
                         [](const auto& policy) { return std::string(to_string(policy.param)); });

TEST_P(MemoryTierUnderManyThreads, StaysWithinItsBudgets) {
  const std::uint64_t budget = 20 * footprint(100);
  const auto tier = make_memory_tier({.budget_bytes = budget, .max_entries = 18, .policy = GetParam()});
  std::atomic<bool> done{false}, wrong{false};
  std::thread watcher([&] {
    while (!done) {
      const TierStats now = tier->stats();
      if (now.bytes > budget || now.entries > 18) wrong = true;
    }
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int turn = 0; turn < 2000; ++turn) {
        const std::int64_t number = (turn * 7 + thread * 13) % 50;
        if (turn % 10 == 9) {
          if (!tier->erase(sample_key(number)).ok()) wrong = true;
        } else if (const EntryPtr hit = tier->get(sample_key(number)).value()) {
          if (value_of(hit->artifact) != static_cast<double>(number)) wrong = true;
          if (turn % 10 == 4 && !tier->replace(sample_entry(sample_key(number), static_cast<double>(number), 50 + turn % 60)).ok()) {
            wrong = true;
          }
        } else if (!tier->put(sample_entry(sample_key(number), static_cast<double>(number), 50 + number)).ok()) {
          wrong = true;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  done = true;
  watcher.join();
  EXPECT_FALSE(wrong);

  // None that is there was forgotten where it is decided who leaves.
  if (GetParam() != Policy::gdsf) {
    const auto whole = static_cast<std::int64_t>((budget - footprint(100)) / sizeof(double)) + 100;
    ASSERT_TRUE(tier->put(sample_entry(sample_key(7, "elpmas"), 7, whole)).ok());
    EXPECT_NE(tier->get(sample_key(7, "elpmas")).value(), nullptr);
    EXPECT_EQ(tier->stats().entries, 1u);
    ASSERT_TRUE(tier->erase(sample_key(7, "elpmas")).ok());
  }

  // Every byte is accounted for: with all entries gone, nothing is left.
  for (std::int64_t number = 0; number < 50; ++number) ASSERT_TRUE(tier->erase(sample_key(number)).ok());
  EXPECT_EQ(tier->stats().bytes, 0u);
  EXPECT_EQ(tier->stats().entries, 0u);
}

}  // namespace
}  // namespace almanac::cache
