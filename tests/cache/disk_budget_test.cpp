// What a disk tier keeps under its budget, and what it lets go.

#include "disk_economy/usage_ledger.hpp"
#include "disk_tier_fixture.hpp"

#include <almanac/cache/removal.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

EntryPtr entry_with(const Key& key, EntryFacts facts, std::int64_t n = 4) {
  return std::make_shared<const Entry>(Entry{key, sample_artifact(1, n), std::move(facts)});
}

class DiskBudgetTest : public DiskTierTest {
 protected:
  std::unique_ptr<DiskTier> tier(const DiskBudget& budget) {
    return fresh([&](DiskOptions& options) { options.budget = budget; });
  }

  struct Held {
    std::uint64_t bytes = 0, entries = 0;
  };
  Held held() {
    Held sum;
    for (const fs::path& file : files_in("objects")) ++sum.entries, sum.bytes += fs::file_size(file);
    return sum;
  }

  /// What the ledger says.
  Room entered() {
    UsageLedger ledger((folder_.path() / "cache" / "usage").string());
    const auto books = ledger.look();
    EXPECT_TRUE(books.ok() && *books && (*books)->is_known());
    return books.ok() && *books ? (*books)->sum() : Room{};
  }
  void expect_entered_exactly() {
    EXPECT_EQ(static_cast<std::uint64_t>(entered().bytes), held().bytes);
    EXPECT_EQ(static_cast<std::uint64_t>(entered().entries), held().entries);
  }

  /// The bytes of a small entry's file.
  std::uint64_t size_of_one() {
    DiskTier elsewhere({.root = folder_.path() / "elsewhere"});
    EXPECT_TRUE(elsewhere.put(sample_entry(sample_key(1000), 1)).ok());
    return (*elsewhere.peek(sample_key(1000)))->stored_bytes;
  }

  /// As if it had last been used then.
  void used(const Key& key, Time when) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path_of(key).c_str(), times, 0), 0);
  }

  std::vector<std::int64_t> there(int numbers) {
    std::vector<std::int64_t> found;
    const auto any = fresh();
    for (std::int64_t number = 0; number < numbers; ++number) {
      if (*any->peek(sample_key(number).id())) found.push_back(number);
    }
    return found;
  }

  std::map<RemovalReason, int> logged() {
    std::map<RemovalReason, int> reasons;
    EXPECT_TRUE(RemovalLog::read(folder_.path() / "cache", [&](const Removal& removal) { return ++reasons[removal.reason], true; }).ok());
    return reasons;
  }
};

TEST_F(DiskBudgetTest, IsNeverExceeded) {
  const std::uint64_t budget = 20 * size_of_one() + 17;
  const auto store = tier({.max_bytes = budget});
  for (std::int64_t number = 0; number < 100; ++number) {
    ASSERT_TRUE(store->put(sample_entry(sample_key(number), 1)).ok());
    ASSERT_LE(held().bytes, budget);
  }
  EXPECT_GE(held().entries, 18u) << "cleaned down to 90 %, and then one more";
  EXPECT_EQ(store->stats().evictions, 100 - held().entries);
  EXPECT_EQ(logged()[RemovalReason::capacity], static_cast<int>(100 - held().entries));
  EXPECT_EQ(store->stats().errors, 0u);
  EXPECT_TRUE(warnings_.empty());
  expect_entered_exactly();
}

TEST_F(DiskBudgetTest, OfEntriesIsNeverExceeded) {
  const auto store = tier({.max_entries = 7});
  for (std::int64_t number = 0; number < 30; ++number) {
    ASSERT_TRUE(store->put(sample_entry(sample_key(number), 1)).ok());
    ASSERT_LE(held().entries, 7u);
  }
  EXPECT_GE(held().entries, 6u);
}

TEST_F(DiskBudgetTest, LetsALargerEntryPassByAndKeepsTheRest) {
  const std::uint64_t one = size_of_one();
  const auto store = tier({.max_bytes = 4 * one});
  ASSERT_TRUE(store->put(sample_entry(sample_key(1), 1)).ok());
  const EntryPtr large = sample_entry(sample_key(2), 2, static_cast<std::int64_t>(one));
  const auto given = store->put(large);
  ASSERT_TRUE(given.ok()) << given.error().message;
  EXPECT_TRUE(*given && identical((*given)->artifact, large->artifact)) << "it is given back";
  EXPECT_EQ(*store->get(sample_key(2)), nullptr);
  EXPECT_NE(*store->get(sample_key(1)), nullptr);
  EXPECT_EQ(files_in("objects").size(), 1u) << "nothing half-written";
  EXPECT_EQ(store->stats().errors, 0u);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(DiskBudgetTest, LetsGoWhatSavesTheLeastForItsBytes) {
  const std::uint64_t one = size_of_one();
  const auto store = tier({.max_bytes = 10 * one});
  for (std::int64_t number = 0; number < 9; ++number) {
    ASSERT_TRUE(store->put(entry_with(sample_key(number), {.cost = std::chrono::milliseconds(1 + (number * 4) % 9)})).ok());
  }
  // 1 + (number · 4) mod 9 is 1 for number 0, 2 for 7, 3 for 5.
  ASSERT_TRUE(store->maintain({.max_bytes = 6 * one}).ok());
  EXPECT_EQ(there(9), (std::vector<std::int64_t>{1, 2, 3, 4, 6, 8}));
}

TEST_F(DiskBudgetTest, ByTheOtherPoliciesLetsGoWhoseTurnItIs) {
  const std::uint64_t one = size_of_one();
  const Time begin = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()) - 1h;
  for (const Policy policy : {Policy::lru, Policy::lfu, Policy::fifo, Policy::ttl}) {
    const auto store = tier({.max_bytes = 10 * one, .policy = policy});
    for (std::int64_t number = 0; number < 5; ++number) {
      EntryFacts facts;
      facts.created = begin + std::chrono::seconds(5 - number);
      if (number > 0) facts.expires = begin + 2h + std::chrono::seconds((number * 2) % 5);  // 4, 1, 3 for 2, 3, 4; 2 for 1
      ASSERT_TRUE(store->put(entry_with(sample_key(number), facts)).ok());
    }
    for (std::int64_t number = 0; number < 5; ++number) used(sample_key(number), begin + std::chrono::seconds((number * 3) % 5));
    ASSERT_TRUE(store->maintain({.max_bytes = 3 * one}).ok());
    std::vector<std::int64_t> expected;
    switch (policy) {
      case Policy::lru:
      case Policy::lfu: expected = {1, 3, 4}; break;   // used at 0, 3, 1, 4, 2
      case Policy::fifo: expected = {0, 1, 2}; break;
      default: expected = {0, 2, 4}; break;            // never, 2, 4, 1, 3
    }
    EXPECT_EQ(there(5), expected) << to_string(policy);
    fs::remove_all(folder_.path() / "cache");
  }
}

TEST_F(DiskBudgetTest, RanksWhatWasUsedAfterACleaningAboveWhatIsAsOld) {
  const std::uint64_t one = size_of_one();
  const auto store = tier({.max_bytes = 40 * one});
  const Time now = std::chrono::system_clock::now();
  for (std::int64_t number = 0; number < 20; ++number) {
    ASSERT_TRUE(store->put(entry_with(sample_key(number), {.cost = std::chrono::milliseconds(10 + number)})).ok());
    used(sample_key(number), now - 2h);
  }
  ASSERT_TRUE(store->maintain({.max_bytes = 10 * one}).ok());  // L rises towards 19 ms
  ASSERT_EQ(there(20).front(), 10);
  used(sample_key(10), now + 1h);                              // 10: 20 ms and the L of now; 11: 21 ms and the L of two hours ago
  ASSERT_TRUE(store->maintain({.max_bytes = 9 * one}).ok());
  EXPECT_EQ(there(20).front(), 10);
  EXPECT_FALSE(*fresh()->peek(sample_key(11)));
}

TEST_F(DiskBudgetTest, KeepsPinnedKindsAndPassesByWhenAllIsPinned) {
  const std::uint64_t one = size_of_one();
  const auto store = tier({.max_bytes = 5 * one, .pinned_kinds = {"pinned"}});
  for (std::int64_t number = 0; number < 3; ++number) ASSERT_TRUE(store->put(sample_entry(sample_key(number, "pinned"), 1)).ok());
  for (std::int64_t number = 0; number < 10; ++number) ASSERT_TRUE(store->put(sample_entry(sample_key(number), 1)).ok());
  for (std::int64_t number = 0; number < 3; ++number) EXPECT_NE(*store->get(sample_key(number, "pinned")), nullptr);
  for (std::int64_t number = 3; number < 8; ++number) ASSERT_TRUE(store->put(sample_entry(sample_key(number, "pinned"), 1)).ok());
  EXPECT_LE(held().bytes, 5 * one);
  for (std::int64_t number = 0; number < 3; ++number) EXPECT_NE(*store->get(sample_key(number, "pinned")), nullptr);
  EXPECT_EQ(store->stats().errors, 0u);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(DiskBudgetTest, LetsWhatIsExpiredGoFirst) {
  const std::uint64_t one = size_of_one();
  for (std::int64_t number = 0; number < 8; ++number) {
    EntryFacts facts{.cost = 1h};
    if (number < 3) facts.expires = std::chrono::system_clock::now() - 1min;
    ASSERT_TRUE(fresh()->put(entry_with(sample_key(number), facts)).ok());
  }
  const auto store = tier({.max_bytes = 8 * one});
  ASSERT_TRUE(store->put(entry_with(sample_key(8), {.cost = 1ns})).ok());
  EXPECT_EQ(there(9), (std::vector<std::int64_t>{3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(logged()[RemovalReason::ttl_expired], 3);
  EXPECT_EQ(logged()[RemovalReason::capacity], 0);
}

TEST_F(DiskBudgetTest, LeavesMappedArtifactsValid) {
  const auto store = tier({.max_entries = 1});
  ASSERT_TRUE(store->put(sample_entry(sample_key(1), 7, 4096)).ok());
  const EntryPtr mapped = *store->get(sample_key(1));
  ASSERT_NE(mapped, nullptr);
  ASSERT_TRUE(store->put(sample_entry(sample_key(2), 8, 4096)).ok());
  EXPECT_EQ(there(3), std::vector<std::int64_t>{2});
  EXPECT_TRUE(identical(mapped->artifact, sample_artifact(7, 4096)));
}

TEST_F(DiskBudgetTest, WritesNoLedgerWhereNobodyHasOne) {
  const auto store = fresh();
  ASSERT_TRUE(store->put(sample_entry(sample_key(1), 1)).ok());
  ASSERT_TRUE(*store->erase(sample_key(1)));
  EXPECT_FALSE(fs::exists(folder_.path() / "cache" / "usage"));
}

TEST_F(DiskBudgetTest, EntersWhatOthersStoreAndRemove) {
  const std::uint64_t one = size_of_one();
  const auto other = fresh();  // was there before, and has no budget
  ASSERT_TRUE(other->put(sample_entry(sample_key(0), 1)).ok());
  const auto store = tier({.max_bytes = 100 * one});
  ASSERT_TRUE(store->put(sample_entry(sample_key(1), 1)).ok());
  expect_entered_exactly();
  ASSERT_TRUE(other->put(sample_entry(sample_key(2), 1)).ok());
  expect_entered_exactly();
  ASSERT_TRUE(other->put(sample_entry(sample_key(2), 1)).ok());  // adopted
  expect_entered_exactly();
  ASSERT_TRUE(other->put(sample_entry(sample_key(3), 1, 4, 4)).ok());
  ASSERT_TRUE(store->put(sample_entry(sample_key(3), 1, 600, 600)).ok());  // grows
  expect_entered_exactly();
  ASSERT_TRUE(*other->erase(sample_key(3)));
  expect_entered_exactly();
  ASSERT_TRUE(*other->remove(**other->peek(sample_key(2)), RemovalReason::pattern));
  expect_entered_exactly();
  ASSERT_TRUE(other->replace(sample_entry(sample_key(1), 2)).ok());
  EXPECT_GE(static_cast<std::uint64_t>(entered().bytes), held().bytes) << "never too low";
  ASSERT_TRUE(store->maintain({}).ok());
  expect_entered_exactly();
  ASSERT_TRUE(other->export_entry(sample_key(1).id(), folder_.path() / "exported.h5").ok());
  ASSERT_TRUE(*other->erase(sample_key(1)));
  ASSERT_TRUE(store->import_entry(folder_.path() / "exported.h5").ok());
  expect_entered_exactly();
}

TEST_F(DiskBudgetTest, CountsWhatLivingProcessesHaveReservedAndNotWhatTheDeadHave) {
  const std::uint64_t one = size_of_one();
  const auto store = tier({.max_bytes = 100 * one});
  ASSERT_TRUE(store->put(sample_entry(sample_key(1), 1)).ok());
  const auto reserve = [&](std::uint64_t token, const Key& key) {
    UsageLedger ledger((folder_.path() / "cache" / "usage").string());
    return ledger.append(UsageLedger::reservation(token, key.id(), static_cast<std::int64_t>(10 * one))).ok();
  };
  ASSERT_TRUE(reserve(7, sample_key(1)));  // what is in its place counts as well
  const pid_t child = ::fork();
  if (child == 0) ::_exit(reserve(8, sample_key(2)) ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(static_cast<std::uint64_t>(entered().bytes), 21 * one);
  ASSERT_TRUE(store->maintain({}).ok());
  EXPECT_EQ(static_cast<std::uint64_t>(entered().bytes), 11 * one);
}

TEST_F(DiskBudgetTest, IsKeptWithALedgerThatIsDamagedOrGone) {
  const std::uint64_t one = size_of_one();
  const auto ledger = [this] { return files_in("usage"); };
  const auto is_ledger = [](const fs::path& file) { return file.filename().string().starts_with("ledger-"); };
  for (const int deed : {0, 1, 2, 3}) {
    const auto store = tier({.max_bytes = 6 * one});
    for (std::int64_t number = 0; number < 20; ++number) {
      for (const fs::path& file : ledger()) {
        if (!is_ledger(file) || number % 5 != 3) continue;
        if (deed == 0) fs::remove(file);
        if (deed == 1) fs::resize_file(file, 100);
        if (deed == 2) damage(file, [](Bytes& bytes) { std::ranges::fill(bytes, '!'); });
        if (deed == 3) fs::resize_file(file, fs::file_size(file) + 60);
      }
      ASSERT_TRUE(store->put(sample_entry(sample_key(number), 1)).ok());
      ASSERT_LE(held().bytes, 6 * one) << deed;
    }
    EXPECT_GE(held().entries, 3u) << deed;
    fs::remove_all(folder_.path() / "cache");
  }
}

TEST_F(DiskBudgetTest, PassesByWhileAnotherCleansAndThereIsNoRoom) {
  const std::uint64_t one = size_of_one();
  const auto store = tier({.max_bytes = 3 * one});
  ASSERT_TRUE(store->put(sample_entry(sample_key(0), 1)).ok());
  const std::string lock = (folder_.path() / "cache" / "usage" / "cleaner").string();
  const int other = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
  for (std::int64_t number = 1; number < 9; ++number) {
    const auto given = store->put(sample_entry(sample_key(number), 1));
    ASSERT_TRUE(given.ok() && *given);
    ASSERT_LE(held().bytes, 3 * one);
  }
  EXPECT_EQ(there(9), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_TRUE(store->maintain({}).value().is_busy);
  ::close(other);
  ASSERT_TRUE(store->put(sample_entry(sample_key(9), 1)).ok());
  EXPECT_NE(*store->get(sample_key(9)), nullptr);
  EXPECT_EQ(store->stats().errors, 0u);
}

// ---- maintain

TEST_F(DiskBudgetTest, MaintainingSaysWhatItWouldDoAndThenDoesThat) {
  const std::uint64_t one = size_of_one();
  const Time now = std::chrono::system_clock::now();
  for (std::int64_t number = 0; number < 10; ++number) {
    EntryFacts facts{.cost = std::chrono::seconds(1 + number)};
    if (number < 2) facts.expires = now - 1min;
    ASSERT_TRUE(fresh()->put(entry_with(sample_key(number), facts)).ok());
    used(sample_key(number), number < 5 ? now - std::chrono::hours(24 * 40) : now);
  }
  const MaintainOptions options{.max_bytes = 4 * one, .max_age = std::chrono::hours(24 * 30)};
  MaintainOptions dry = options;
  dry.dry_run = true;
  const auto store = fresh();
  const auto would = store->maintain(dry);
  ASSERT_TRUE(would.ok());
  EXPECT_EQ(there(10).size(), 10u);
  EXPECT_FALSE(fs::exists(folder_.path() / "cache" / "usage"));
  const auto did = store->maintain(options);
  ASSERT_TRUE(did.ok());
  for (const auto& report : {*would, *did}) {
    EXPECT_EQ(report.found.entries, 10u);
    EXPECT_EQ(report.found.bytes, 10 * one);
    EXPECT_EQ(report.expired, (MaintainReport::Sum{2, 2 * one, 3s}));
    EXPECT_EQ(report.unused, (MaintainReport::Sum{3, 3 * one, 12s}));
    EXPECT_EQ(report.evicted, (MaintainReport::Sum{1, one, 6s}));
    EXPECT_EQ(report.kept, (MaintainReport::Sum{4, 4 * one, 34s}));
    EXPECT_FALSE(report.is_over_budget);
    EXPECT_TRUE(report.has_work());
  }
  EXPECT_EQ(there(10), (std::vector<std::int64_t>{6, 7, 8, 9}));
  EXPECT_FALSE(store->maintain(options).value().has_work());
}

TEST_F(DiskBudgetTest, MaintainingNeedsNoBudgetAndTakesLimits) {
  for (std::int64_t number = 0; number < 6; ++number) ASSERT_TRUE(fresh()->put(entry_with(sample_key(number), {.cost = std::chrono::seconds(number)})).ok());
  EXPECT_FALSE(fresh()->maintain({}).value().has_work());
  const auto report = fresh()->maintain({.max_entries = 2});
  EXPECT_EQ(report.value().evicted.entries, 4u);
  EXPECT_EQ(there(6), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(fresh()->maintain({.max_bytes = 0}).value().kept.entries, 0u);
}

TEST_F(DiskBudgetTest, MaintainingStopsWhereItIsTold) {
  for (std::int64_t number = 0; number < 20; ++number) ASSERT_TRUE(fresh()->put(sample_entry(sample_key(number), 1)).ok());
  int calls = 0;
  const auto report = fresh()->maintain({.max_entries = 0, .progress = [&](double fraction) {
                                           EXPECT_GE(fraction, 0);
                                           EXPECT_LE(fraction, 1);
                                           return ++calls < 25;
                                         }});
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->is_interrupted);
  EXPECT_EQ(logged()[RemovalReason::capacity], static_cast<int>(report->evicted.entries));
  EXPECT_EQ(there(20).size(), 20 - report->evicted.entries);
}

TEST_F(DiskBudgetTest, MaintainingClearsTheQuarantineOfWhatIsOld) {
  ASSERT_TRUE(fresh()->put(sample_entry(sample_key(1), 1)).ok());
  damage(path_of(sample_key(1)), [](Bytes& bytes) { bytes[100] ^= 1; });
  EXPECT_EQ(get(sample_key(1)), nullptr);
  ASSERT_EQ(files_in("quarantine").size(), 2u);
  EXPECT_EQ(fresh()->maintain({}).value().quarantined, 0u);
  EXPECT_EQ(fresh()->maintain({.quarantine_age = -1h, .dry_run = true}).value().quarantined, 2u);
  EXPECT_EQ(fresh()->maintain({.quarantine_age = -1h}).value().quarantined, 2u);
  EXPECT_TRUE(files_in("quarantine").empty());
  warnings_.clear();
}

}  // namespace
}  // namespace almanac::cache
