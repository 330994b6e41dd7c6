// What every tier promises, run on every tier there is.

#include <almanac/cache/tiers.hpp>

#include "cache/sample_entry.hpp"
#include "cache/varied_entry.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

struct TierKind {
  std::string name;
  std::function<std::unique_ptr<Tier>(const std::filesystem::path& folder)> make;
};

class TierContract : public ::testing::TestWithParam<TierKind> {
 protected:
  TierContract() : tier_(GetParam().make(folder_.path())) {}

  EntryPtr get(const Key& key) {
    auto found = tier_->get(key);
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found ? *found : nullptr;
  }
  EntryPtr put(const EntryPtr& entry) {
    auto stored = tier_->put(entry);
    EXPECT_TRUE(stored.ok()) << stored.error().message;
    return stored ? *stored : nullptr;
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Tier> tier_;
};

TEST_P(TierContract, HasAName) { EXPECT_FALSE(tier_->name().empty()); }

TEST_P(TierContract, AMissIsNoError) {
  const auto found = tier_->get(sample_key(1));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, nullptr);
  const auto info = tier_->peek(sample_key(1));
  ASSERT_TRUE(info.ok());
  EXPECT_FALSE(info->has_value());
}

TEST_P(TierContract, GivesBackWhatWasPutBitForBit) {
  const EntryPtr entry = varied_entry();
  const EntryPtr stored = put(entry);
  ASSERT_NE(stored, nullptr);
  EXPECT_TRUE(identical(stored->artifact, entry->artifact));
  const EntryPtr back = get(entry->key);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(back->key, entry->key);
  EXPECT_TRUE(identical(back->artifact, entry->artifact));
  EXPECT_EQ(back->facts.producer.version, entry->facts.producer.version);
  EXPECT_EQ(back->facts.producer.instruction_set, entry->facts.producer.instruction_set);
  EXPECT_EQ(back->facts.host_binding, entry->facts.host_binding);
  EXPECT_EQ(back->facts.cost, entry->facts.cost);
  EXPECT_EQ(back->facts.created, entry->facts.created);
  EXPECT_EQ(back->facts.expires, entry->facts.expires);
  EXPECT_EQ(back->facts.dependencies, entry->facts.dependencies);
}

TEST_P(TierContract, KeepsArtifactsOfEverySize) {
  std::int64_t number = 0;
  for (const std::int64_t n : {1, 1000, 40'000, 400'000}) {
    const EntryPtr entry = sample_entry(sample_key(++number), static_cast<double>(n), n);
    put(entry);
    const EntryPtr back = get(entry->key);
    ASSERT_NE(back, nullptr) << n;
    EXPECT_TRUE(identical(back->artifact, entry->artifact)) << n;
  }
  const Key key("empty", 1, {});
  put(std::make_shared<const Entry>(Entry{key, Artifact(), {}}));
  ASSERT_NE(get(key), nullptr);
  EXPECT_TRUE(get(key)->artifact.arrays().empty());
}

TEST_P(TierContract, KeepsKeysApart) {
  for (int i = 0; i < 50; ++i) put(sample_entry(sample_key(i), i));
  put(sample_entry(sample_key(7, "other"), 1000));
  for (int i = 0; i < 50; ++i) {
    const EntryPtr entry = get(sample_key(i));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(value_of(entry->artifact), i);
  }
  EXPECT_EQ(value_of(get(sample_key(7, "other"))->artifact), 1000);
  EXPECT_EQ(get(sample_key(50)), nullptr);
}

TEST_P(TierContract, FirstCommitWins) {
  put(sample_entry(sample_key(1), 1));
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2))->artifact), 1);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 1);
}

TEST_P(TierContract, MoreCoverageReplacesLess) {
  put(sample_entry(sample_key(1), 1, 4, 100));
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2, 8, 200))->artifact), 2);
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 3, 4, 150))->artifact), 2);
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 4, 8, 200))->artifact), 2);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
}

TEST_P(TierContract, WhatWasHandedOutOutlivesReplacementRemovalAndTier) {
  put(sample_entry(sample_key(1), 1, 50'000, 1));
  const EntryPtr first = get(sample_key(1));
  put(sample_entry(sample_key(1), 2, 50'000, 2));
  const EntryPtr second = get(sample_key(1));
  ASSERT_TRUE(*tier_->erase(sample_key(1)));
  tier_.reset();
  for (const double value : first->artifact.at("values").as<double>()) ASSERT_EQ(value, 1);
  for (const double value : second->artifact.at("values").as<double>()) ASSERT_EQ(value, 2);
}

TEST_P(TierContract, AnExpiredEntryIsAMissAndMakesWay) {
  Entry old = *sample_entry(sample_key(1), 1);
  old.facts.expires = std::chrono::system_clock::now() - std::chrono::hours(1);
  put(std::make_shared<const Entry>(old));
  EXPECT_FALSE(tier_->peek(sample_key(1))->has_value());
  EXPECT_EQ(get(sample_key(1)), nullptr);
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2))->artifact), 2);
  EXPECT_EQ(value_of(get(sample_key(1))->artifact), 2);
}

TEST_P(TierContract, ReplaceTakesThePlaceWhateverReachesFarther) {
  const auto replace = [&](double value, std::int64_t coverage) {
    const auto stored = tier_->replace(sample_entry(sample_key(1), value, 4, coverage));
    ASSERT_TRUE(stored.ok()) << stored.error().message;
    EXPECT_EQ(value_of((*stored)->artifact), value);
    EXPECT_EQ(value_of(get(sample_key(1))->artifact), value);
  };
  replace(1, 200);
  replace(2, 200);
  replace(3, 100);
  replace(4, 300);
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 5, 4, 300))->artifact), 4);
  EXPECT_EQ(tier_->stats().puts, 4u);
  const auto nothing = tier_->replace(nullptr);
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().code, ErrorCode::invalid_argument);
}

TEST_P(TierContract, WhatWasHandedOutOutlivesBeingReplaced) {
  put(sample_entry(sample_key(1), 1, 50'000));
  const EntryPtr first = get(sample_key(1));
  ASSERT_TRUE(tier_->replace(sample_entry(sample_key(1), 2, 60'000)).ok());
  const EntryPtr second = get(sample_key(1));
  ASSERT_TRUE(tier_->replace(sample_entry(sample_key(1), 3, 40'000)).ok());
  for (const double value : first->artifact.at("values").as<double>()) ASSERT_EQ(value, 1);
  for (const double value : second->artifact.at("values").as<double>()) ASSERT_EQ(value, 2);
}

TEST_P(TierContract, WhoLooksWhileItIsReplacedFindsTheOneOrTheOther) {
  constexpr int kReplacements = 60;
  for (const std::int64_t n : {8, 40'000}) {
    const Key key = sample_key(n);
    put(sample_entry(key, 0, n));
    std::atomic<int> replaced{0}, wrong{0}, looks{0};
    {
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&] {
          for (bool last = false; !last;) {
            const int before = replaced;
            last = before == kReplacements;
            const auto found = tier_->get(key);
            const int after = replaced + 1;
            ++looks;
            wrong += !found.ok() || !*found || value_of((*found)->artifact) < before || value_of((*found)->artifact) > after;
          }
        });
      }
      for (int i = 1; i <= kReplacements; ++i) {
        wrong += !tier_->replace(sample_entry(key, i, n)).ok();
        replaced = i;
      }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GE(looks, 3);
  }
  EXPECT_EQ(tier_->stats().errors, 0u);
}

TEST_P(TierContract, PeekTellsWhatGetWouldGive) {
  const EntryPtr entry = varied_entry();
  put(entry);
  const auto info = tier_->peek(entry->key);
  ASSERT_TRUE(info.ok() && info->has_value());
  EXPECT_EQ((*info)->key, entry->key);
  EXPECT_EQ((*info)->facts.cost, entry->facts.cost);
  EXPECT_TRUE(identical(Artifact({}, (*info)->attributes), Artifact({}, entry->artifact.attributes())));
  ASSERT_EQ((*info)->arrays.size(), entry->artifact.arrays().size());
  for (std::size_t i = 0; i < (*info)->arrays.size(); ++i) {
    const Array& array = entry->artifact.arrays()[i];
    EXPECT_EQ((*info)->arrays[i].name, array.name());
    EXPECT_EQ((*info)->arrays[i].type, array.type());
    EXPECT_EQ((*info)->arrays[i].shape, array.shape());
    EXPECT_EQ((*info)->arrays[i].bytes, array.bytes());
  }
  EXPECT_GE((*info)->stored_bytes, entry->artifact.bytes());
}

TEST_P(TierContract, EraseSaysWhetherItWasThere) {
  put(sample_entry(sample_key(1), 1));
  EXPECT_TRUE(*tier_->erase(sample_key(1)));
  EXPECT_FALSE(*tier_->erase(sample_key(1)));
  EXPECT_EQ(get(sample_key(1)), nullptr);
  EXPECT_EQ(value_of(put(sample_entry(sample_key(1), 2))->artifact), 2);
}

TEST_P(TierContract, CountsWhatItDoes) {
  get(sample_key(1));
  put(sample_entry(sample_key(1), 1));
  get(sample_key(1));
  get(sample_key(1));
  EXPECT_TRUE(tier_->peek(sample_key(1)).ok());
  EXPECT_TRUE(tier_->peek(sample_key(2)).ok());
  const TierStats stats = tier_->stats();
  EXPECT_EQ(stats.hits, 2u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.puts, 1u);
  EXPECT_EQ(stats.corruptions, 0u);
  EXPECT_EQ(stats.errors, 0u);
}

TEST_P(TierContract, RefusesToPutNothing) {
  const auto stored = tier_->put(nullptr);
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code, ErrorCode::invalid_argument);
}

// 4 threads put, get, peek and erase the same 16 keys: whatever is found is what belongs to its key.
TEST_P(TierContract, ManyThreadsNeverSeeAWrongEntry) {
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 400; ++i) {
          const int number = (i * 7 + thread * 3) % 16;
          const Key key = sample_key(number);
          const auto is_wrong = [&](const Result<EntryPtr>& entry) {
            return !entry.ok() || (*entry && ((*entry)->key != key || value_of((*entry)->artifact) != number));
          };
          const std::int64_t n = number % 2 == 0 ? 8 : 40'000;
          switch (i % 8) {
            case 0: wrong += is_wrong(tier_->put(sample_entry(key, number, n))); break;
            case 1: wrong += !tier_->erase(key).ok(); break;
            case 2: wrong += !tier_->peek(key).ok(); break;
            default: wrong += is_wrong(tier_->get(key));
          }
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(tier_->stats().errors, 0u);
}

const TierKind kMemory{"Memory", [](const std::filesystem::path&) { return make_memory_tier(64 << 20); }};
const TierKind kDisk{"Disk", [](const std::filesystem::path& folder) { return std::make_unique<DiskTier>(DiskOptions{.root = folder / "cache"}); }};
const TierKind kDiskThatReads{"DiskThatReads", [](const std::filesystem::path& folder) {
                                return std::make_unique<DiskTier>(DiskOptions{.root = folder / "cache", .durable = true, .may_map = false});
                              }};

// What the contract asks for is kept by this tier only where it is told to keep even what gets larger.
const TierKind kCompressed{"Compressed", [](const std::filesystem::path&) {
                             return make_compressed_memory_tier({.budget_bytes = 64 << 20, .threshold = 0, .least_saving = -100});
                           }};
const TierKind kDiskThatCompresses{"DiskThatCompresses", [](const std::filesystem::path& folder) {
                                     return std::make_unique<DiskTier>(
                                         DiskOptions{.root = folder / "cache", .compressed_kinds = {"sample", "varied"}});
                                   }};

INSTANTIATE_TEST_SUITE_P(EveryTier, TierContract, ::testing::Values(kMemory, kCompressed, kDisk, kDiskThatReads, kDiskThatCompresses),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace almanac::cache
