// The tier that keeps what memory lets go of, compressed.

#include <almanac/cache/tiers.hpp>

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

constexpr std::int64_t kElements = 20'000;

EntryPtr costing(const Key& key, double value, std::chrono::nanoseconds cost) {
  auto entry = std::make_shared<Entry>(*sample_entry(key, value, kElements));
  entry->facts.cost = cost;
  return entry;
}

EntryPtr noisy(std::int64_t number) {
  std::mt19937_64 random(static_cast<std::uint64_t>(number));
  std::vector<std::int64_t> values(static_cast<std::size_t>(kElements));
  for (std::int64_t& value : values) value = static_cast<std::int64_t>(random());
  EntryFacts facts;
  facts.cost = std::chrono::seconds(1);
  std::vector<Array> arrays;
  arrays.push_back(Array::of("values", {kElements}, std::move(values)));
  return std::make_shared<const Entry>(Entry{sample_key(number, "noise"), Artifact(std::move(arrays)), facts});
}

bool holds(Tier& tier, const Key& key) {
  const auto info = tier.peek(key);
  return info.ok() && info->has_value();
}

TEST(CompressedTier, KeepsWhatShrinksInLessThanItTakes) {
  const auto tier = make_compressed_memory_tier({.budget_bytes = 1 << 20});
  const EntryPtr entry = costing(sample_key(1), 3, std::chrono::seconds(1));
  ASSERT_TRUE(tier->put(entry).ok());
  const auto info = tier->peek(entry->key);
  ASSERT_TRUE(info.ok() && info->has_value());
  EXPECT_LT((*info)->arrays[0].stored_bytes, (*info)->arrays[0].bytes / 10);
  EXPECT_EQ((*info)->stored_bytes, tier->stats().bytes);
  const auto back = tier->get(entry->key);
  ASSERT_TRUE(back.ok() && *back);
  EXPECT_TRUE(identical((*back)->artifact, entry->artifact));
  EXPECT_NE((*back)->artifact.at("values").data(), entry->artifact.at("values").data());
}

TEST(CompressedTier, PassesByWhatIsSmallDoesNotShrinkOrIsMadeSooner) {
  const auto tier = make_compressed_memory_tier({.budget_bytes = 1 << 24});
  ASSERT_TRUE(tier->put(sample_entry(sample_key(1), 1, 100)).ok());
  ASSERT_TRUE(tier->put(noisy(2)).ok());
  ASSERT_TRUE(tier->put(costing(sample_key(3), 3, std::chrono::nanoseconds(10))).ok());
  EXPECT_EQ(tier->stats().entries, 0u);
  EXPECT_EQ(tier->stats().bytes, 0u);
}

// Eight of a kind did not shrink: the next that would have is not even tried, nor are those after it, up to the 64th.
TEST(CompressedTier, GivesUpOnAKindAndTriesAgainNowAndThen) {
  const auto tier = make_compressed_memory_tier({.budget_bytes = 1 << 24});
  for (std::int64_t number = 0; number < 8; ++number) ASSERT_TRUE(tier->put(noisy(number)).ok());
  int tried = 0;
  for (std::int64_t number = 100; tried == 0 && number < 200; ++number) {
    ASSERT_TRUE(tier->put(costing(sample_key(number, "noise"), 1, std::chrono::seconds(1))).ok());
    if (holds(*tier, sample_key(number, "noise"))) tried = static_cast<int>(number) - 100;
  }
  EXPECT_EQ(tried, 64 - 8 - 1);
  ASSERT_TRUE(tier->put(costing(sample_key(300, "noise"), 1, std::chrono::seconds(1))).ok());
  EXPECT_TRUE(holds(*tier, sample_key(300, "noise")));
  ASSERT_TRUE(tier->put(costing(sample_key(1), 1, std::chrono::seconds(1))).ok());
  EXPECT_TRUE(holds(*tier, sample_key(1)));
}

TEST(CompressedTier, TheBudgetIsHard) {
  constexpr std::uint64_t kBudget = 20'000;
  const auto tier = make_compressed_memory_tier({.budget_bytes = kBudget, .policy = Policy::lru});
  for (std::int64_t number = 0; number < 60; ++number) {
    ASSERT_TRUE(tier->put(costing(sample_key(number), static_cast<double>(number), std::chrono::seconds(1))).ok());
    ASSERT_LE(tier->stats().bytes, kBudget);
    EXPECT_TRUE(holds(*tier, sample_key(number)));
  }
  EXPECT_GT(tier->stats().evictions, 0u);
  EXPECT_EQ(tier->stats().entries + tier->stats().evictions, 60u);
}

TEST(CompressedTier, TakesWhatMemoryLetsGoOf) {
  const auto compressed = make_compressed_memory_tier({.budget_bytes = 1 << 20});
  EXPECT_TRUE(compressed->is_fed_by_demotion());
  const auto memory = make_memory_tier({.budget_bytes = 500'000, .policy = Policy::lru, .demoted = [&](const EntryPtr& entry) {
                                          EXPECT_TRUE(compressed->put(entry).ok());
                                        }});
  EXPECT_FALSE(memory->is_fed_by_demotion());
  for (std::int64_t number = 0; number < 10; ++number) {
    ASSERT_TRUE(memory->put(costing(sample_key(number), static_cast<double>(number), std::chrono::seconds(1))).ok());
  }
  for (std::int64_t number = 0; number < 10; ++number) {
    EXPECT_NE(holds(*memory, sample_key(number)), holds(*compressed, sample_key(number))) << number;
  }
  const auto back = compressed->get(sample_key(0));
  ASSERT_TRUE(back.ok() && *back);
  EXPECT_EQ(value_of((*back)->artifact), 0);
}

TEST(CompressedTier, ErasesWhatIsMeant) {
  const auto tier = make_compressed_memory_tier({.budget_bytes = 1 << 20});
  for (std::int64_t number = 0; number < 4; ++number) {
    ASSERT_TRUE(tier->put(costing(sample_key(number), 1, std::chrono::seconds(1))).ok());
  }
  EXPECT_EQ(tier->erase_if([](const Key& key, const EntryFacts&) { return key == sample_key(2) || key == sample_key(3); }), 2u);
  EXPECT_TRUE(holds(*tier, sample_key(1)));
  EXPECT_FALSE(holds(*tier, sample_key(2)));
}

}  // namespace
}  // namespace almanac::cache
