// Processes that are killed while they compute under a lease, or repair what was damaged: the next one goes on where they were.

#include "child_processes.hpp"
#include "killed_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <system_error>

#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

// ---- lease: take it, compute, store, end it

class Leasing : public KilledCache {
 public:
  int turns() const override { return static_cast<int>(kTableSizes.size()); }

  void begin() override {
    KilledCache::begin();
    cache_ = open();
  }

  bool work(int turn) override {
    const int number = turn % kTables;
    auto& is_made = told_->is_made[static_cast<std::size_t>(number)];
    if (is_made) return ::pause(), true;
    told_->under_way = number;
    if (!is_right(cache_->get_or_compute(request(number)), number)) return false;
    is_made = true;
    return true;
  }

  void check() override {
    const auto next = open();
    for (int number = 0; number < kTables; ++number) {
      auto& is_made = told_->is_made[static_cast<std::size_t>(number)];
      if (!is_made && number != told_->under_way) continue;
      const Answer answer = next->get_or_compute(request(number));
      EXPECT_TRUE(is_right(answer, number)) << "wrong";
      EXPECT_TRUE(answer.source == "disk" || !is_made) << "lost";
      if (answer.source == "computed") {
        EXPECT_FALSE(fs::exists(leases() / (table(number).key().id().hex() + ".lease"))) << "computed without the lease";
      }
      EXPECT_TRUE(next->erase(table(number).key()));
      is_made = false;
    }
    const TierStats stats = next->metrics().tiers.at("disk");
    EXPECT_EQ(stats.corruptions, 0u);
    EXPECT_EQ(stats.errors, 0u);
  }

  bool has_left_something(pid_t child) const override {
    if (KilledCache::has_left_something(child)) return true;
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
    TablesToldOf is_made{};
    std::atomic<int> under_way{0};
  };
  testing::SharedMemory<Told> told_;
  std::unique_ptr<Cache> cache_;
};

TEST(Kills, OfALeasesHolderLetTheNextProcessGoOnAtOnce) {
  Leasing deed;
  deed.kill(20240302);
  const auto next = deed.open();
  for (int number = 0; number < kTables; ++number) EXPECT_EQ(next->get_or_compute(request(number)).source, "computed");
  EXPECT_TRUE(fs::is_empty(deed.leases()));
  deed.expect_cleared();
}

// ---- repair: what was damaged on purpose is found, moved away and made anew

class Repairing : public KilledCache {
 public:
  Repairing() {
    DiskTier tier({.root = root()});
    for (int number = 0; number < kTables; ++number) EXPECT_TRUE(tier.put(table(number).entry()).ok());
  }

  int turns() const override { return static_cast<int>(kTableSizes.size()); }

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
    TablesToldOf is_damaged{};
    std::atomic<unsigned> processes{0};
  };

  void flip_a_bit(const fs::path& path) {
    std::error_code gone;
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add, gone);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary | std::ios::ate);
    if (!file) return;
    const auto at = static_cast<std::streamoff>(random_() % static_cast<unsigned long>(file.tellg()));
    const int byte = file.seekg(at).get();
    file.seekp(at).put(static_cast<char>(byte ^ (1 << random_() % 8)));
  }

  testing::SharedMemory<Told> told_;
  std::unique_ptr<Cache> cache_;
  std::mt19937 random_;
};

TEST(Kills, DuringRepairLoseNothingThatIsSoundAndHinderNoRepair) {
  Repairing deed;
  deed.kill(20240304);
  deed.expect_cleared();
}

}  // namespace
}  // namespace almanac::cache
