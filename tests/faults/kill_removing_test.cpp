// Processes that are killed while they invalidate: an entry is there whole or gone, what was made from another is never there without
// it, and the next call finishes what was begun.

#include "child_processes.hpp"
#include "killed_cache.hpp"

#include <almanac/cache/invalidation.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace almanac::cache {
namespace {

/// Of each table those it is made from: 0 → 1 → 3, 0 → 2 → 3; 4 and 5 stand alone.
const std::array<std::vector<int>, kTables> kMadeFrom{{{}, {0}, {0}, {1, 2}, {}, {}}};
constexpr int kFirstAlone = 4;

EntryPtr made_from_others(int number) {
  auto entry = std::make_shared<Entry>(*table(number).entry());
  for (const int parent : kMadeFrom[static_cast<std::size_t>(number)]) entry->facts.dependencies.push_back(table(parent).key().id());
  return entry;
}

/// All tables are put, the first before what is made from it; then the first is invalidated with them.
class Invalidating : public KilledCache {
 public:
  int turns() const override { return 2; }

  bool work(int turn) override {
    if (turn % 2 == 0) {
      told_.renew();
      for (int number = 0; number < kTables; ++number) {
        if (!tier_->put(made_from_others(number))) return false;
      }
      told_->is_all_there = true;
      return true;
    }
    told_->has_begun = true;
    const auto done = invalidate(*tier_, {.ids = {table(0).key().id()}}, {});
    told_->is_done = done && done->failed == 0 && !done->trouble;
    return told_->is_done;
  }

  void check() override {
    open_tier();
    std::array<bool, kTables> is_there{};
    for (int number = 0; number < kTables; ++number) {
      const EntryPtr found = *tier_->get(table(number).key());
      if (found) {
        EXPECT_TRUE(table(number).is(found)) << "wrong";
      }
      is_there[static_cast<std::size_t>(number)] = found != nullptr;
    }
    if (told_->is_all_there) {
      EXPECT_TRUE(is_there[4] && is_there[5]) << "nobody meant these";
    }
    if (told_->is_all_there && !told_->has_begun) {
      EXPECT_EQ(is_there, (std::array{true, true, true, true, true, true})) << "lost";
    }
    for (std::size_t number = 0; number < kTables; ++number) {
      for (const int parent : kMadeFrom[number]) {
        EXPECT_TRUE(!is_there[number] || is_there[static_cast<std::size_t>(parent)]) << number << " is there, and " << parent << " is not";
      }
    }
    finish();
    expect_no_trouble();
  }

 private:
  /// The same call once more, and nothing of it is left, whatever the dead have left lying about.
  void finish() {
    const auto done = invalidate(*tier_, {.ids = {table(0).key().id()}}, {});
    ASSERT_TRUE(done.ok());
    EXPECT_FALSE(done->trouble);
    DiskTier next({.root = root()});
    for (int number = 0; number < kFirstAlone; ++number) EXPECT_EQ(*next.get(table(number).key()), nullptr) << number;
    if (told_->is_done) {
      EXPECT_EQ(done->meant.entries + done->dependents.entries, 0u);
    }
    for (int number = kFirstAlone; number < kTables; ++number) EXPECT_TRUE(next.erase(table(number).key()).ok());
    const auto log = RemovalLog::read(root(), [](const Removal& one) {
      EXPECT_EQ(one.id, Id::of(one.key));
      return true;
    });
    ASSERT_TRUE(log.ok());
    EXPECT_LE(log->damaged, 1u + static_cast<unsigned>(checks_));
    ++checks_;
    told_.renew();
  }

  struct Told {
    std::atomic<bool> is_all_there{false}, has_begun{false}, is_done{false};
  };
  testing::SharedMemory<Told> told_;
  int checks_ = 0;
};

TEST(Kills, DuringInvalidateLeaveEntriesWholeAndTheRestOfACascadeToTheNextCall) {
  Invalidating deed;
  deed.kill(20240305);
  deed.expect_cleared();
}

/// Of all tables every other one is past its time when it is put; these are swept.
class Sweeping : public KilledCache {
 public:
  int turns() const override { return 2; }

  bool work(int turn) override {
    if (turn % 2 == 0) {
      for (int number = 0; number < kTables; ++number) {
        auto entry = std::make_shared<Entry>(*table(number).entry());
        if (is_past_its_time(number)) entry->facts.expires = std::chrono::system_clock::now() - std::chrono::hours(1);
        if (!tier_->put(entry)) return false;
        told_->is_there[static_cast<std::size_t>(number)] = !is_past_its_time(number);
      }
      return true;
    }
    const auto done = invalidate(*tier_, {.expired = true}, {.reason = RemovalReason::ttl_expired});
    return done && done->failed == 0 && !done->trouble && done->dependents.entries == 0;
  }

  void check() override {
    open_tier();
    for (int number = 0; number < kTables; ++number) {
      if (is_past_its_time(number)) {
        EXPECT_EQ(*tier_->get(table(number).key()), nullptr) << "past its time";
      }
    }
    const auto done = invalidate(*tier_, {.expired = true}, {.reason = RemovalReason::ttl_expired});
    ASSERT_TRUE(done.ok());
    EXPECT_FALSE(done->trouble);
    for (int number = 0; number < kTables; ++number) {
      if (is_past_its_time(number)) {
        EXPECT_FALSE(tier_->peek(table(number).key().id())->has_value()) << "left by the sweep";
      }
    }
    expect_kept_and_erase(told_->is_there);
    expect_no_trouble();
  }

 private:
  static bool is_past_its_time(int number) { return number % 2 == 0; }

  struct Told {
    TablesToldOf is_there{};
  };
  testing::SharedMemory<Told> told_;
};

TEST(Kills, DuringASweepLeaveWhatIsNotPastItsTime) {
  Sweeping deed;
  deed.kill(20240307);
  deed.expect_cleared();
}

}  // namespace
}  // namespace almanac::cache
