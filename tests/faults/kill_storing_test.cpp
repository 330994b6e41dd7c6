// Processes that are killed while they put, replace and import: what was committed is there bit for bit, what was not is a
// miss, and what they leave behind is cleared away by the next process that needs the place.

#include "child_processes.hpp"
#include "killed_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

// ---- put: new entries, and ones that grow

class Putting : public KilledCache {
 public:
  int turns() const override { return 2 * static_cast<int>(kTableSizes.size()); }

  bool work(int turn) override {
    const int i = turn % static_cast<int>(kTableSizes.size());
    if (turn % 2 == 0) {
      auto& known = told_->coverage[static_cast<std::size_t>(i)];
      if (!tier_->put(table(i, known + 1, true).entry())) return false;
      ++known;
      return true;
    }
    const auto free = std::ranges::find_if(told_->is_there, [](const auto& taken) { return !taken; });
    if (free == told_->is_there.end()) return ::pause(), true;
    if (!tier_->put(table(static_cast<int>(free - told_->is_there.begin())).entry())) return false;
    *free = true;
    return true;
  }

  void check() override {
    open_tier();
    for (int i = 0; i < static_cast<int>(kTableSizes.size()); ++i) {
      auto& known = told_->coverage[static_cast<std::size_t>(i)];
      const EntryPtr found = *tier_->get(table(i, 0, true).key());
      if (known == 0 && !found) continue;
      ASSERT_TRUE(found) << "lost";
      const std::int64_t coverage = coverage_of(found->artifact.attributes());
      EXPECT_TRUE(coverage == known || coverage == known + 1) << coverage << " for " << known;
      EXPECT_TRUE(table(i, coverage, true).is(found)) << "wrong";
      known = coverage;
    }
    expect_kept_and_erase(told_->is_there);
    expect_no_trouble();
  }

 private:
  struct Told {
    std::array<std::atomic<std::int64_t>, kTableSizes.size()> coverage{};
    TablesToldOf is_there{};
  };
  testing::SharedMemory<Told> told_;
};

TEST(Kills, DuringPutLoseNothingAndLeaveNothingWrong) {
  Putting deed;
  deed.kill(20240229);
  // Who needs a place clears it, without looking at the others.
  DiskTier next({.root = deed.root()});
  for (int number = 0; number < kTables; ++number) {
    EXPECT_TRUE(next.put(table(number).entry()).ok());
    EXPECT_TRUE(testing::leftovers_in(next.path_of(table(number).key().id()).parent_path()).empty());
  }
  deed.expect_cleared();
}

// ---- replace

class Replacing : public KilledCache {
 public:
  int turns() const override { return static_cast<int>(kTableSizes.size()); }

  bool work(int turn) override {
    const int i = turn % turns();
    auto& known = told_->generation[static_cast<std::size_t>(i)];
    if (!tier_->replace(table(i, known + 1).entry())) return false;
    ++known;
    return true;
  }

  void check() override {
    open_tier();
    for (int i = 0; i < turns(); ++i) {
      auto& known = told_->generation[static_cast<std::size_t>(i)];
      const EntryPtr found = *tier_->get(table(i).key());
      if (known == 0 && !found) continue;
      ASSERT_TRUE(found) << "lost";
      const NumberedTable there = table(i).as_in(found->artifact);
      EXPECT_TRUE(there.generation == known || there.generation == known + 1) << there.generation << " for " << known;
      EXPECT_TRUE(there.is(found)) << "wrong";
      known = there.generation;
    }
    expect_no_trouble();
  }

 private:
  struct Told {
    std::array<std::atomic<std::int64_t>, kTableSizes.size()> generation{};
  };
  testing::SharedMemory<Told> told_;
};

TEST(Kills, DuringReplaceLeaveTheOldEntryOrTheNew) {
  Replacing deed;
  deed.kill(20240301);
  DiskTier next({.root = deed.root()});  // needs all places
  for (int i = 0; i < deed.turns(); ++i) EXPECT_TRUE(next.replace(table(i, 1).entry()).ok());
  EXPECT_TRUE(testing::leftovers_in(deed.root()).empty());
  deed.expect_cleared();
}

// ---- import

class Importing : public KilledCache {
 public:
  Importing() {
    DiskTier elsewhere({.root = folder_ / "elsewhere"});
    for (int number = 0; number < kTables; ++number) {
      EXPECT_TRUE(elsewhere.put(table(number).entry()).ok());
      files_.push_back(elsewhere.path_of(table(number).key().id()));
    }
  }

  int turns() const override { return static_cast<int>(kTableSizes.size()); }

  bool work(int turn) override {
    const int number = turn % kTables;
    auto& is_there = told_->is_there[static_cast<std::size_t>(number)];
    if (is_there) return ::pause(), true;
    const auto imported = tier_->import_entry(files_[static_cast<std::size_t>(number)]);
    if (!imported || imported->was_there || imported->entry.key != table(number).key()) return false;
    is_there = true;
    return true;
  }

  void check() override {
    open_tier();
    expect_kept_and_erase(told_->is_there);
    expect_no_trouble();
  }

  const std::vector<fs::path>& files() const { return files_; }

 private:
  struct Told {
    TablesToldOf is_there{};
  };
  testing::SharedMemory<Told> told_;
  std::vector<fs::path> files_;
};

TEST(Kills, DuringImportShowNothingHalfImported) {
  Importing deed;
  deed.kill(20240303);
  DiskTier next({.root = deed.root()});
  for (const fs::path& file : deed.files()) EXPECT_TRUE(next.import_entry(file).ok());
  EXPECT_TRUE(testing::leftovers_in(deed.root()).empty());
  deed.expect_cleared();
}

}  // namespace
}  // namespace almanac::cache
