// Processes that are killed while they store under a budget, clear away and go on to another file of the ledger: what is there
// is right, what the ledger says is never too low, and the budget holds at every instant.

#include "disk_economy/usage_ledger.hpp"

#include "at_length.hpp"
#include "child_processes.hpp"
#include "killed_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <vector>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

/// The bytes of all files of entries, those in the making among them; each once, however many names it has.
std::uint64_t entry_bytes_in(const fs::path& root) {
  std::uint64_t bytes = 0;
  std::set<std::uint64_t> seen;
  std::error_code error;
  for (fs::recursive_directory_iterator at(root / "objects", error), end; !error && at != end; at.increment(error)) {
    struct stat status;
    if (::lstat(at->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (seen.insert(status.st_ino).second) bytes += static_cast<std::uint64_t>(status.st_size);
  }
  return bytes;
}

// ---- put and maintain

constexpr int kCleanedTables = 250;
constexpr std::uint64_t kCleanedBudget = 400'000;  // some ten of the tables

class Cleaning : public KilledCache {
 public:
  void begin() override { open(); }
  int turns() const override { return 4; }

  bool work(int turn) override {
    if (turn % turns() == 3) return tier_->maintain({.max_bytes = kCleanedBudget / 2}).ok();
    const int number = told_->number++ % kCleanedTables;
    const auto stored = tier_->put(table(number).entry());
    return stored && table(number).is(*stored);
  }

  void check() override {
    EXPECT_LE(entry_bytes_in(root()), kCleanedBudget);
    open();
    UsageLedger ledger((root() / "usage").string());
    const auto books = ledger.look();
    ASSERT_TRUE(books.ok());
    if (*books && (*books)->is_known()) {
      ++known_;
      EXPECT_GE((*books)->sum().bytes, static_cast<std::int64_t>(entry_bytes_in(root()))) << "too low";
    }
    for (int number = 0; number < kCleanedTables; ++number) {
      const EntryPtr found = *tier_->get(table(number).key());
      EXPECT_TRUE(!found || table(number).is(found)) << "wrong";
    }
    EXPECT_LE(entry_bytes_in(root()), kCleanedBudget) << "what the dead had in hand has come back into its place";
    expect_no_trouble();
  }

  int known() const { return known_; }

 private:
  void open() {
    tier_.emplace(DiskOptions{.root = root(), .map_threshold = 1 << 15, .warn = [](std::string_view line) { ADD_FAILURE() << line; },
                              .budget = {.max_bytes = kCleanedBudget}});
  }

  struct Told {
    std::atomic<int> number{0};
  };
  testing::SharedMemory<Told> told_;
  int known_ = 0;
};

TEST(Kills, DuringPutAndMaintainUnderABudgetLeaveNothingWrongAndTheLedgerNeverTooLow) {
  Cleaning deed;
  deed.kill(20240307);
  EXPECT_GT(deed.known(), 0) << "the ledger was never looked at";
  DiskTier next({.root = deed.root()});
  ASSERT_TRUE(next.maintain({.max_entries = 0}).ok());
  EXPECT_EQ(entry_bytes_in(deed.root()), 0u);
  deed.expect_cleared();
}

// ---- the ledger alone, whose files are short

class Entering : public testing::Deed {
 public:
  static constexpr std::uint64_t kMostRecords = 8;

  void begin() override { ledger_.emplace(folder(), kMostRecords); }
  int turns() const override { return 1; }

  bool work(int) override {
    const std::uint64_t token = ++told_->token;
    if (!ledger_->append({.kind = UsageRecord::Kind::reserve, .token = token, .room = {1, 1}})) return false;
    ++told_->reserved;
    return ledger_->append({.kind = UsageRecord::Kind::settle, .token = token}).ok();
  }

  void check() override {
    UsageLedger ledger(folder(), kMostRecords);
    const auto books = ledger.look();
    ASSERT_TRUE(books.ok() && *books);
    EXPECT_TRUE((*books)->is_known());
    const auto sum = static_cast<std::uint64_t>((*books)->sum().bytes);
    EXPECT_GE(sum, told_->reserved) << "too low";
    EXPECT_LE(sum, told_->token);
  }

  bool has_left_something(pid_t child) const override {
    const std::string mark = "-" + std::to_string(child) + "-";
    bool found = false;
    for (const auto& at : fs::directory_iterator(folder())) found = found || at.path().filename().string().find(mark) != std::string::npos;
    return found;
  }

  void make_known() {
    UsageLedger ledger(folder(), kMostRecords);
    ASSERT_TRUE(ledger.append({.kind = UsageRecord::Kind::survey, .token = 1}).ok());
    ASSERT_TRUE(ledger.append({.kind = UsageRecord::Kind::base, .token = 1}).ok());
  }

 private:
  std::string folder() const { return (folder_ / "usage").string(); }

  struct Told {
    std::atomic<std::uint64_t> token{1}, reserved{0};
  };
  testing::TemporaryFolder folder_{testing::quickest_place()};
  testing::SharedMemory<Told> told_;
  std::optional<UsageLedger> ledger_;
};

TEST(Kills, BetweenTwoFilesOfTheLedgerLoseNoReservation) {
  Entering deed;
  deed.make_known();
  const testing::Kills kills = testing::kill_at(deed, testing::at_length() ? 5000 : 400, 20240308);
  std::cout << "  " << kills.kills << " kills, " << kills.with_leftovers << " with leftovers\n";
}

// ---- many at once

TEST(DiskBudget, HoldsAtEveryInstantWhileSixteenProcessesStore) {
  constexpr int kProcesses = 16;
  constexpr std::uint64_t kSharedBudget = 4'000'000;
  const int puts = testing::at_length() ? 2000 : 120;
  const testing::TemporaryFolder folder(testing::quickest_place());
  const fs::path root = folder / "cache";
  EXPECT_TRUE(DiskTier({.root = folder / "elsewhere"}).put(table(0).entry()).ok());  // the libraries are at work

  struct Told {
    std::atomic<int> done{0};
    std::atomic<std::uint64_t> evictions{0}, passed_by{0};
  };
  testing::SharedMemory<Told> told;
  testing::ChildProcesses children;
  std::vector<pid_t> all;
  for (int process = 0; process < kProcesses; ++process) {
    all.push_back(children.start([&, process] {
      DiskTier tier({.root = root, .budget = {.max_bytes = kSharedBudget}});
      std::mt19937 random(static_cast<unsigned>(process));
      bool is_well = true;
      for (int put = 0; put < puts && is_well; ++put) {
        const NumberedTable wanted{static_cast<std::int64_t>(random() % 400), 1, static_cast<std::int64_t>(16 + random() % 8000)};
        const auto stored = tier.put(wanted.entry());
        is_well = stored && *stored && (*stored)->key == wanted.key();
        if (random() % 8 == 0) is_well = is_well && tier.erase(wanted.key()).ok();
      }
      told->evictions += tier.stats().evictions;
      told->passed_by += static_cast<std::uint64_t>(puts) - tier.stats().puts;
      ++told->done;
      return is_well && tier.stats().errors == 0 && tier.stats().corruptions == 0;
    }));
  }

  // All stand still while somebody looks.
  int looks = 0;
  std::uint64_t most = 0;
  while (told->done < kProcesses) {
    for (const pid_t child : all) ::kill(child, SIGSTOP);
    for (const pid_t child : all) {
      siginfo_t info{};
      ::waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WEXITED | WNOWAIT);
    }
    const std::uint64_t bytes = entry_bytes_in(root);
    EXPECT_LE(bytes, kSharedBudget);
    most = std::max(most, bytes);
    ++looks;
    for (const pid_t child : all) ::kill(child, SIGCONT);
    if (::testing::Test::HasFailure()) break;
    ::sched_yield();
  }
  children.expect_all_well();
  std::cout << "  " << looks << " looks, at most " << most << " of " << kSharedBudget << " bytes; " << told->evictions << " evictions, " << told->passed_by
            << " passed by or were there\n";
  EXPECT_GT(most, kSharedBudget / 2) << "the budget is there to be used";
  EXPECT_GT(told->evictions, 0u);

  UsageLedger ledger((root / "usage").string());
  const auto books = ledger.look();
  ASSERT_TRUE(books.ok() && *books && (*books)->is_known());
  EXPECT_GE((*books)->sum().bytes, static_cast<std::int64_t>(entry_bytes_in(root)));
  DiskTier next({.root = root, .budget = {.max_bytes = kSharedBudget}});
  ASSERT_TRUE(next.maintain({}).ok());
  EXPECT_EQ((*ledger.look())->sum().bytes, static_cast<std::int64_t>(entry_bytes_in(root)));
  EXPECT_TRUE(next.validate(false, {})->empty());
}

}  // namespace
}  // namespace almanac::cache
