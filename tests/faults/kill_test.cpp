// Processes that are killed, at instants spread over all they do to a cache: what was committed is there bit for bit, what was
// not is a miss, and what they leave behind is cleared away by the next process that needs the place.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"
#include "kill_rounds.hpp"
#include "numbered_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// In the first read of a file, read, and mapped.
constexpr std::array<std::int64_t, 3> kSizes{16, 1500, 6000};
constexpr std::uint64_t kMapped = 1 << 15;
constexpr int kTables = 9;
constexpr int kKills = ALMANAC_AT_LENGTH ? 2200 : 120;  ///< of each operation

NumberedTable table(int number, std::int64_t generation = 1, bool grows = false) {
  return {number, generation, kSizes[static_cast<std::size_t>(number) % kSizes.size()], grows};
}

Request request(int number) {
  Request wanted{.key = table(number).key()};
  wanted.estimate = 1s;  // worth a lease
  wanted.make = [number](const Artifact*) { return table(number).artifact(); };
  return wanted;
}
bool is_right(const Answer& answer, int number) { return table(number).is(answer.entry); }

/// A cache folder that processes are killed over, and what they have told before.
class KilledOver : public testing::Deed {
 public:
  /// The libraries are at work already when a child begins: what it does first is the deed, not their start.
  KilledOver() { EXPECT_TRUE(DiskTier({.root = folder_ / "elsewhere"}).put(table(0).entry()).ok()); }

  void begin() override { open_tier(); }

  bool has_left_something(pid_t child) const override {
    const std::string mark = "-" + std::to_string(child) + "-";
    const auto is_his = [&](const fs::path& left) { return left.filename().string().find(mark) != std::string::npos; };
    return fs::exists(root() / "objects") && std::ranges::any_of(testing::leftovers_in(root() / "objects"), is_his);
  }

  fs::path root() const { return folder_ / "cache"; }
  fs::path leases() const { return root() / "leases"; }

  /// The silence of a holder is never waited out here: one that is not seen to be dead holds the test up for good.
  using Warn = std::function<void(std::string_view)>;
  static void fail(std::string_view line) { ADD_FAILURE() << line; }
  DiskOptions disk(Warn warn) const { return {.root = root(), .map_threshold = kMapped, .warn = std::move(warn)}; }
  std::unique_ptr<Cache> open(Warn warn = fail) const {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(std::make_unique<DiskTier>(disk(warn)));
    CacheOptions options;
    options.lease_folder = leases();
    options.lease_interval = 24h;
    options.lease_wait = 24h;
    options.warn = std::move(warn);
    return std::make_unique<Cache>(std::move(tiers), options);
  }

 protected:
  /// As a new process.
  void open_tier(Warn warn = fail) { tier_.emplace(disk(std::move(warn))); }
  void expect_no_trouble() const {
    EXPECT_EQ(tier_->stats().corruptions, 0u);
    EXPECT_EQ(tier_->stats().errors, 0u);
  }

  testing::TemporaryFolder folder_;
  std::optional<DiskTier> tier_;
};

/// Makes the kills, says how they went, and expects that they met files in the making and that the next process clears them away.
void kill(KilledOver& deed, unsigned seed) {
  const auto begin = std::chrono::steady_clock::now();
  const testing::Kills kills = testing::kill_at(deed, kKills, seed);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << "  " << kills.kills << " kills, " << kills.with_leftovers << " with leftovers, " << static_cast<int>(kills.kills / seconds.count())
            << " a second\n";
  EXPECT_GT(kills.with_leftovers, 0) << "no kill met a file in the making: this test tests nothing";
}

void expect_cleared(const KilledOver& deed) {
  DiskTier next({.root = deed.root()});
  EXPECT_TRUE(next.validate(false, {})->empty());
  EXPECT_TRUE(testing::leftovers_in(deed.root()).empty());
}

// ---- put: new entries, and ones that grow

class Putting : public KilledOver {
 public:
  int turns() const override { return 2 * static_cast<int>(kSizes.size()); }

  bool work(int turn) override {
    const int i = turn % static_cast<int>(kSizes.size());
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
    for (int i = 0; i < static_cast<int>(kSizes.size()); ++i) {
      auto& known = told_->coverage[static_cast<std::size_t>(i)];
      const EntryPtr found = *tier_->get(table(i, 0, true).key());
      if (known == 0 && !found) continue;
      ASSERT_TRUE(found) << "lost";
      const std::int64_t coverage = coverage_of(found->artifact.attributes());
      EXPECT_TRUE(coverage == known || coverage == known + 1) << coverage << " for " << known;
      EXPECT_TRUE(table(i, coverage, true).is(found)) << "wrong";
      known = coverage;
    }
    for (int number = 0; number < kTables; ++number) {
      auto& is_there = told_->is_there[static_cast<std::size_t>(number)];
      const EntryPtr found = *tier_->get(table(number).key());
      EXPECT_TRUE(found || !is_there) << "lost";
      if (found) {
        EXPECT_TRUE(table(number).is(found)) << "wrong";
        EXPECT_TRUE(*tier_->erase(table(number).key()));
      }
      is_there = false;
    }
    expect_no_trouble();
  }

 private:
  struct Told {
    std::array<std::atomic<std::int64_t>, kSizes.size()> coverage{};
    std::array<std::atomic<bool>, kTables> is_there{};
  };
  testing::SharedMemory<Told> told_;
};

TEST(Kills, DuringPutLoseNothingAndLeaveNothingWrong) {
  Putting deed;
  kill(deed, 20240229);
  // Who needs a place clears it, without looking at the others.
  DiskTier next({.root = deed.root()});
  for (int number = 0; number < kTables; ++number) EXPECT_TRUE(next.put(table(number).entry()).ok());
  for (const fs::path& left : testing::leftovers_in(deed.root())) {
    for (int number = 0; number < kTables; ++number) EXPECT_NE(left.parent_path(), next.path_of(table(number).key().id()).parent_path());
  }
  expect_cleared(deed);
}

// ---- replace

class Replacing : public KilledOver {
 public:
  int turns() const override { return static_cast<int>(kSizes.size()); }

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
    std::array<std::atomic<std::int64_t>, kSizes.size()> generation{};
  };
  testing::SharedMemory<Told> told_;
};

TEST(Kills, DuringReplaceLeaveTheOldEntryOrTheNew) {
  Replacing deed;
  kill(deed, 20240301);
  DiskTier next({.root = deed.root()});
  for (int i = 0; i < deed.turns(); ++i) EXPECT_TRUE(next.replace(table(i, 1).entry()).ok());
  EXPECT_TRUE(testing::leftovers_in(deed.root()).empty());
  expect_cleared(deed);
}

// ---- lease: take it, compute, store, end it

class Leasing : public KilledOver {
 public:
  int turns() const override { return static_cast<int>(kSizes.size()); }

  void begin() override {
    KilledOver::begin();
    cache_ = open();
  }

  bool work(int) override {
    const int number = told_->made;
    if (number == kTables) return ::pause(), true;
    if (!is_right(cache_->get_or_compute(request(number)), number)) return false;
    ++told_->made;
    return true;
  }

  void check() override {
    open_tier();
    const auto next = open();
    const int made = told_->made;
    for (int number = 0; number < kTables && number <= made; ++number) {
      const Answer answer = next->get_or_compute(request(number));
      EXPECT_TRUE(is_right(answer, number));
      EXPECT_TRUE(answer.source == "disk" || number == made) << "lost";
      EXPECT_TRUE(next->erase(request(number).key));
      if (answer.source == "computed") {
        EXPECT_FALSE(fs::exists(leases() / (request(number).key.id().hex() + ".lease"))) << "computed without it";
      }
    }
    told_->made = 0;
    const auto stats = next->metrics().tiers;
    EXPECT_EQ(stats.at("disk").corruptions, 0u);
    EXPECT_EQ(stats.at("disk").errors, 0u);
  }

  bool has_left_something(pid_t child) const override {
    if (KilledOver::has_left_something(child)) return true;
    if (!fs::exists(leases())) return false;
    return std::ranges::any_of(fs::directory_iterator(leases()), [&](const fs::directory_entry& at) {
      std::ifstream file(at.path());
      for (std::string line; std::getline(file, line);) {
        if (line == "pid " + std::to_string(child)) return true;
      }
      return false;
    });
  }

 private:
  struct Told {
    std::atomic<int> made{0};
  };
  testing::SharedMemory<Told> told_;
  std::unique_ptr<Cache> cache_;
};

TEST(Kills, OfALeasesHolderLetTheNextProcessGoOnAtOnce) {
  Leasing deed;
  kill(deed, 20240302);
  const auto next = deed.open();
  for (int number = 0; number < kTables; ++number) EXPECT_EQ(next->get_or_compute(request(number)).source, "computed");
  EXPECT_TRUE(fs::is_empty(deed.leases()));
  expect_cleared(deed);
}

// ---- import

class Importing : public KilledOver {
 public:
  Importing() {
    DiskTier elsewhere({.root = folder_ / "elsewhere"});
    for (int number = 0; number < kTables; ++number) {
      EXPECT_TRUE(elsewhere.put(table(number).entry()).ok());
      files_.push_back(elsewhere.path_of(table(number).key().id()));
    }
  }

  int turns() const override { return static_cast<int>(kSizes.size()); }

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
    for (int number = 0; number < kTables; ++number) {
      auto& is_there = told_->is_there[static_cast<std::size_t>(number)];
      const EntryPtr found = *tier_->get(table(number).key());
      EXPECT_TRUE(found || !is_there) << "lost";
      if (found) {
        EXPECT_TRUE(table(number).is(found)) << "wrong";
        EXPECT_TRUE(*tier_->erase(table(number).key()));
      }
      is_there = false;
    }
    expect_no_trouble();
  }

  const std::vector<fs::path>& files() const { return files_; }

 private:
  struct Told {
    std::array<std::atomic<bool>, kTables> is_there{};
  };
  testing::SharedMemory<Told> told_;
  std::vector<fs::path> files_;
};

TEST(Kills, DuringImportShowNothingHalfImported) {
  Importing deed;
  kill(deed, 20240303);
  DiskTier next({.root = deed.root()});
  for (const fs::path& file : deed.files()) EXPECT_TRUE(next.import_entry(file).ok());
  EXPECT_TRUE(testing::leftovers_in(deed.root()).empty());
  expect_cleared(deed);
}

// ---- repair: what was damaged on purpose is found, moved away and made anew

class Repairing : public KilledOver {
 public:
  Repairing() {
    DiskTier tier({.root = root()});
    for (int number = 0; number < kTables; ++number) EXPECT_TRUE(tier.put(table(number).entry()).ok());
  }

  int turns() const override { return static_cast<int>(kSizes.size()); }

  void begin() override {
    open_tier({});
    cache_ = open();
    random_.seed(told_->processes++);
  }

  bool work(int turn) override {
    const std::array<int, 2> damaged{turn % kTables, (5 * turn + 1) % kTables};
    for (const int number : damaged) {
      told_->is_damaged[static_cast<std::size_t>(number)] = true;
      flip_a_bit(tier_->path_of(table(number).key().id()));
    }
    const auto found = tier_->validate(true, {});
    if (!found || found->size() > damaged.size()) return false;
    for (const int number : damaged) {
      if (!is_right(cache_->get_or_compute(request(number)), number)) return false;
      told_->is_damaged[static_cast<std::size_t>(number)] = false;
    }
    return true;
  }

  void check() override {
    const auto next = open({});
    std::size_t damaged = 0;
    for (int number = 0; number < kTables; ++number) {
      const bool may_be_damaged = told_->is_damaged[static_cast<std::size_t>(number)];
      damaged += may_be_damaged;
      const Answer answer = next->get_or_compute(request(number));
      EXPECT_TRUE(is_right(answer, number)) << "wrong";
      EXPECT_TRUE(answer.source == "disk" || may_be_damaged) << "lost";
    }
    const TierStats stats = next->metrics().tiers.at("disk");
    EXPECT_EQ(stats.errors, 0u);
    // What says nothing about the arrays is found by validation alone.
    open_tier({});
    EXPECT_LE(stats.corruptions + tier_->validate(true, {})->size(), damaged);
    for (int number = 0; number < kTables; ++number) {
      EXPECT_TRUE(is_right(next->get_or_compute(request(number)), number));
      told_->is_damaged[static_cast<std::size_t>(number)] = false;
    }
    EXPECT_TRUE(tier_->validate(false, {})->empty());
    fs::remove_all(root() / "quarantine");
  }

 private:
  struct Told {
    std::array<std::atomic<bool>, kTables> is_damaged{};
    std::atomic<unsigned> processes{0};
  };

  void flip_a_bit(const fs::path& path) {
    ::chmod(path.c_str(), 0644);
    const int file = ::open(path.c_str(), O_RDWR);
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0) return;
    const off_t at = static_cast<off_t>(random_() % static_cast<unsigned long>(status.st_size));
    char byte = 0;
    if (::pread(file, &byte, 1, at) == 1) {
      byte = static_cast<char>(byte ^ (1 << random_() % 8));
      if (::pwrite(file, &byte, 1, at) != 1) ::_exit(9);
    }
    ::close(file);
  }

  testing::SharedMemory<Told> told_;
  std::unique_ptr<Cache> cache_;
  std::mt19937 random_;
};

TEST(Kills, DuringRepairLoseNothingThatIsSoundAndHinderNoRepair) {
  Repairing deed;
  kill(deed, 20240304);
  expect_cleared(deed);
}

}  // namespace
}  // namespace almanac::cache
