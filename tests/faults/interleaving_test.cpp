// Between any two system calls of an operation on a place, the process is killed, or somebody else does something to the
// same place, or both. No committed entry is lost, none is wrong, and nobody gets an error.

#include <almanac/cache/invalidation.hpp>
#include <almanac/cache/tiers.hpp>

#include "at_length.hpp"
#include "cache/sample_entry.hpp"
#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"
#include "system_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using testing::Call;
using testing::SeenCall;
using testing::SystemCalls;

const Key kKey = sample_key(1);

/// Says what it reaches: whatever is found must.
EntryPtr entry_of(std::int64_t coverage) { return sample_entry(kKey, static_cast<double>(coverage), 100, coverage); }

std::int64_t reach_of(const EntryPtr& entry) { return entry ? coverage_of(entry->artifact.attributes()) : 0; }

bool is_right(const EntryPtr& entry) {
  return !entry || identical(entry->artifact, entry_of(reach_of(entry))->artifact);
}

class Place {
 public:
  Place() { DiskTier({.root = outside()}).put(entry_of(7)).ok(); }

  fs::path root() const { return folder_ / "cache"; }
  fs::path outside() const { return folder_ / "outside"; }
  fs::path path() const { return DiskTier({.root = root()}).path_of(kKey.id()); }
  fs::path given() const { return DiskTier({.root = outside()}).path_of(kKey.id()); }
  void clear() const { fs::remove_all(root()); }

  /// But for those of a ledger, which go with the next cleaning.
  std::vector<fs::path> leftovers() const { return testing::leftovers_in(root() / "objects"); }

 private:
  const testing::TemporaryFolder folder_{testing::quickest_place()};
};

/// What there is in the beginning.
struct Scene {
  std::string name;
  std::int64_t held;  ///< how far an entry reaches that is committed, 0: there is none
  std::function<void(const Place&)> set;
};

void hold(const Place& place, std::int64_t coverage) { ASSERT_TRUE(DiskTier({.root = place.root()}).put(entry_of(coverage)).ok()); }

void damage(const fs::path& file) {
  fs::permissions(file, fs::perms::owner_all);
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(100);
  bytes.put('!');
}

/// What a process leaves that is killed when it has taken the entry from its place and not put it back.
void take_away_and_die(const Place& place) {
  hold(place, 4);
  const pid_t child = ::fork();
  if (child == 0) {
    SystemCalls calls(place.root());
    calls.before_each([&](const SeenCall& call) {
      if (call.call != Call::open || (call.flags & O_CREAT) == 0) return;
      fs::rename(place.path(), call.path);
      ::_exit(0);
    });
    DiskTier({.root = place.root()}).replace(entry_of(4)).ok();
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
}

const std::vector<Scene> kScenes = {
    {"nothing", 0, [](const Place&) {}},
    {"an entry", 4, [](const Place& place) { hold(place, 4); }},
    {"damage", 0, [](const Place& place) { hold(place, 4), damage(place.path()); }},
    {"a folder", 0, [](const Place& place) { fs::create_directories(place.path() / "inside"); }},
    {"a leftover", 4, take_away_and_die},
};

/// What is done to the place. Gives how far the entry reaches that is there for sure when it has ended; -1: an error.
struct Deed {
  std::string name;
  std::function<std::int64_t(DiskTier&, const Place&)> run;
  bool may_shrink = false, may_remove = false;
};

std::int64_t acknowledged(const Result<EntryPtr>& stored) { return stored && is_right(*stored) ? reach_of(*stored) : -1; }

const Deed kGet{"get", [](DiskTier& tier, const Place&) { return acknowledged(tier.get(kKey)); }};
const Deed kPut{"put", [](DiskTier& tier, const Place&) { return acknowledged(tier.put(entry_of(6))); }};
const Deed kGrow{"grow", [](DiskTier& tier, const Place&) { return acknowledged(tier.put(entry_of(8))); }};
const Deed kReplace{"replace", [](DiskTier& tier, const Place&) { return acknowledged(tier.replace(entry_of(5))); }, true};
const Deed kErase{"erase", [](DiskTier& tier, const Place&) { return tier.erase(kKey).ok() ? 0 : -1; }, true, true};
const Deed kImport{"import", [](DiskTier& tier, const Place& place) -> std::int64_t {
                     const auto imported = tier.import_entry(place.given());
                     return imported ? coverage_of(imported->entry.attributes) : -1;
                   }};
const Deed kValidate{"validate", [](DiskTier& tier, const Place&) -> std::int64_t { return tier.validate(true, {}).ok() ? 0 : -1; }};
const Deed kClear{"clearing away", [](DiskTier& tier, const Place&) -> std::int64_t { return tier.maintain({.max_entries = 0}).ok() ? 0 : -1; },
                  true, true};
const Deed kInvalidate{"invalidate", [](DiskTier& tier, const Place&) -> std::int64_t {
                         const auto done = invalidate(tier, {.kind = "sample"}, {});
                         return done && done->failed == 0 && !done->trouble ? 0 : -1;
                       }, true, true};
/// Where another has the turn of cleaning and nobody knows yet what is held, it passes by.
const Deed kPutUnderABudget{"put under a budget", [](DiskTier&, const Place& place) -> std::int64_t {
                              DiskTier tier({.root = place.root(), .budget = {.max_entries = 5}});
                              const auto stored = tier.put(entry_of(6));
                              const auto there = tier.peek(kKey);
                              return !stored || !there ? -1 : *there ? acknowledged(stored) : 0;
                            }};

const std::vector<Deed> kDeeds = {kGet, kPut, kGrow, kReplace, kErase, kImport, kValidate, kClear, kInvalidate, kPutUnderABudget};

/// Calls that change names; between others, nobody can tell the difference.
bool changes_names(const SeenCall& call) {
  switch (call.call) {
    case Call::link:
    case Call::rename:
    case Call::renameat2:
    case Call::unlink:
    case Call::mkdir: return true;
    case Call::open: return (call.flags & O_CREAT) != 0;
    default: return false;
  }
}

/// What a child has to tell, whether it lives or not.
struct Told {
  std::int64_t by_deed = 0, by_other = 0;  ///< -1: an error
  bool has_ended = false;
};

/// Runs a deed in a process of its own; before its call number `at` (of all, or of those that change names) another deed is
/// done, and after so many more it is killed.
struct Plan {
  const Deed& deed;
  const Deed* other = nullptr;
  int other_at = 0;
  int killed_after = -1;  ///< -1: never
  bool every_call = false;
};

void carry_out(const Place& place, const Plan& plan, Told& told) {
  DiskTier tier({.root = place.root()});
  SystemCalls calls(place.root());
  int number = 0, after = 0;
  bool is_done = plan.other == nullptr;
  calls.before_each([&](const SeenCall& call) {
    if (!plan.every_call && !changes_names(call)) return;
    if (!is_done && number++ == plan.other_at) {
      is_done = true;
      DiskTier other({.root = place.root()});
      told.by_other = plan.other->run(other, place);
    }
    if (is_done && plan.killed_after >= 0 && after++ == plan.killed_after) ::_exit(0);
  });
  told.by_deed = plan.deed.run(tier, place);
  told.has_ended = true;
  if (!is_done) told.by_other = -2;  // it has fewer calls
}

class Interleaving : public ::testing::Test {
 protected:
  /// False: the deed had fewer calls than that.
  bool try_out(const Scene& scene, const Plan& plan) {
    const std::string title = plan.deed.name + " on " + scene.name + (plan.other ? ", " + plan.other->name + " before call " + std::to_string(plan.other_at) : "") +
                              (plan.killed_after >= 0 ? ", killed " + std::to_string(plan.killed_after) + " calls later" : "");
    SCOPED_TRACE(title);
    place_.clear();
    scene.set(place_);
    told_.renew();
    if (plan.killed_after >= 0) {
      const pid_t child = ::fork();
      if (child == 0) {
        carry_out(place_, plan, *told_);
        ::_exit(0);
      }
      int status = 0;
      ::waitpid(child, &status, 0);
      EXPECT_EQ(status, 0);
    } else {
      carry_out(place_, plan, *told_);
    }
    if (told_->by_other == -2) return false;
    ++tried_;
    expect_nothing_lost(scene, plan);
    return !told_->has_ended || plan.killed_after < 0;
  }

  void expect_nothing_lost(const Scene& scene, const Plan& plan) {
    EXPECT_GE(told_->by_deed, 0) << "an error";
    EXPECT_GE(told_->by_other, 0) << "an error of " << plan.other->name;
    const bool may_shrink = plan.deed.may_shrink || (plan.other && plan.other->may_shrink);
    const bool may_remove = plan.deed.may_remove || (plan.other && plan.other->may_remove);
    const std::int64_t least = std::max({scene.held, told_->by_deed, told_->by_other});

    // A process that comes later.
    DiskTier next({.root = place_.root()});
    const auto found = next.get(kKey);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_TRUE(is_right(*found));
    EXPECT_TRUE(*found || least == 0 || may_remove) << "lost";
    // Who needs more than it has found stores it, and finds what was swapped out of the place at that moment.
    const auto farthest = next.put(entry_of(1));
    ASSERT_TRUE(farthest.ok()) << farthest.error().message;
    EXPECT_TRUE(may_shrink || reach_of(*farthest) >= least) << "lost: " << least;
    const auto stored = next.put(entry_of(9));
    EXPECT_TRUE(stored.ok() && reach_of(*stored) == 9);
    EXPECT_TRUE(next.validate(false, {})->empty());
    EXPECT_EQ(place_.leftovers(), std::vector<fs::path>());
    EXPECT_EQ(next.stats().errors, 0u);
  }

  Place place_;
  testing::SharedMemory<Told> told_;
  int tried_ = 0;
};

const std::vector<Scene> kScenesOfThree = testing::at_length() ? kScenes : std::vector<Scene>{kScenes[1], kScenes[2], kScenes[4]};
const std::vector<Deed> kOthers = testing::at_length() ? kDeeds : std::vector<Deed>{kGrow, kErase};

TEST_F(Interleaving, KilledBetweenAnyTwoCallsNothingIsLost) {
  for (const Scene& scene : kScenes) {
    for (const Deed& deed : kDeeds) {
      for (int call = 0; try_out(scene, {.deed = deed, .killed_after = call, .every_call = true}); ++call) {
        if (HasFailure()) return;
      }
    }
  }
  std::cout << tried_ << " kills\n";
}

TEST_F(Interleaving, WhateverOthersDoBetweenAnyTwoCallsNothingIsLost) {
  for (const Scene& scene : kScenes) {
    for (const Deed& deed : kDeeds) {
      for (const Deed& other : kOthers) {
        for (int call = 0; try_out(scene, {.deed = deed, .other = &other, .other_at = call, .every_call = true}); ++call) {
          if (HasFailure()) return;
        }
      }
    }
  }
  std::cout << tried_ << " interleavings\n";
}

TEST_F(Interleaving, KilledAfterOthersDidSomethingNothingIsLost) {
  for (const Scene& scene : kScenesOfThree) {
    for (const Deed& deed : {kGet, kPut, kReplace, kImport, kValidate, kPutUnderABudget}) {
      for (const Deed& other : kOthers) {
        for (int at = 0; try_out(scene, {.deed = deed, .other = &other, .other_at = at}); ++at) {
          for (int call = 0; try_out(scene, {.deed = deed, .other = &other, .other_at = at, .killed_after = call}); ++call) {
            if (HasFailure()) return;
          }
        }
      }
    }
  }
  std::cout << tried_ << " kills and interleavings\n";
}

}  // namespace
}  // namespace almanac::cache
