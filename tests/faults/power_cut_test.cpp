// Durable mode: what was put is there after a power cut at any moment. The system calls of real operations are
// recorded; a model of a disk gives what each cut may leave; each is made as a real folder, and opened.

#include "cut_recording.hpp"

#include "cache/sample_entry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using testing::Call;
using testing::SeenCall;

constexpr std::size_t kSamples = 12;  ///< of what luck may leave of a file

/// A key whose entry lies in the same folder as that of `other`, or in another one.
Key key_beside(const Key& other, bool same_folder) {
  for (int number = 1;; ++number) {
    const Key key = sample_key(number, "beside");
    if ((key.id().high >> 56 == other.id().high >> 56) == same_folder) return key;
  }
}

void expect_all_well(const std::string& name, const Recording& recording, std::size_t samples = kSamples) {
  const Recording::Replayed replayed = recording.replay(samples);
  EXPECT_EQ(replayed.bad(), 0u) << replayed.lost << " lost, " << replayed.wrong << " wrong, " << replayed.broken << " broken; the first: " << replayed.first;
  EXPECT_GT(replayed.tried, recording.calls().size() / 4) << "hardly anything was tried";
  ::testing::Test::RecordProperty("states", static_cast<int>(replayed.tried));
  std::cout << name << ": " << recording.calls().size() << " calls, " << replayed.states << " states, " << replayed.tried << " of them different\n";
}

TEST(PowerCut, ThePutInANewFolderIsThereOrNot) {
  Recording recording;
  recording.put(sample_entry(sample_key(1), 1));
  expect_all_well("first put", recording);
}

TEST(PowerCut, PutsBesideOthersLoseNone) {
  const Key first = sample_key(1);
  Recording recording;
  recording.put(sample_entry(first, 1));
  recording.put(sample_entry(key_beside(first, true), 2));
  recording.put(sample_entry(key_beside(first, false), 3, 3000));
  expect_all_well("three puts", recording);
}

TEST(PowerCut, ALongerArtifactTakesThePlaceOfAShorterOneInOneStep) {
  Recording recording;
  recording.put(sample_entry(sample_key(1), 1, 4, 4));
  recording.put(sample_entry(sample_key(1), 2, 2000, 2000));
  recording.open();
  recording.put(sample_entry(sample_key(1), 3, 3000, 3000));
  expect_all_well("growth", recording);
}

TEST(PowerCut, ReplacingIsOneStep) {
  Recording recording;
  recording.put(sample_entry(sample_key(1), 1));
  const EntryPtr other = sample_entry(sample_key(1), 2);
  recording.step(other, [&](DiskTier& tier) { EXPECT_TRUE(tier.replace(other).ok()); });
  expect_all_well("replace", recording);
}

TEST(PowerCut, WhatTakesThePlaceOfADamagedEntryStays) {
  Recording recording;
  const EntryPtr entry = sample_entry(sample_key(1), 1);
  recording.put(entry);
  recording.put(sample_entry(key_beside(entry->key, true), 2));
  recording.damage(entry);
  recording.open();
  recording.step(entry, [&](DiskTier& tier) {
    EXPECT_EQ(*tier.get(entry->key), nullptr);
    EXPECT_TRUE(tier.put(entry).ok());
  });
  expect_all_well("healing", recording);
}

TEST(PowerCut, AnImportedEntryIsThereOrNot) {
  Recording recording;
  const testing::TemporaryFolder elsewhere(testing::quickest_place());
  DiskTier other({.root = elsewhere / "cache"});
  const auto import = [&](const EntryPtr& entry) {
    EXPECT_TRUE(other.put(entry).ok());
    recording.step(entry, [&](DiskTier& tier) { EXPECT_TRUE(tier.import_entry(other.path_of(entry->key.id())).ok()); });
  };
  import(sample_entry(sample_key(1), 1, 4, 4));
  import(sample_entry(sample_key(1), 2, 2000, 2000));
  expect_all_well("import", recording);
}

// Four keys, in everything that happens to entries, and each cut finds all of them as they were or as they become.
TEST(PowerCut, ALongHistoryLosesNothingOnTheWay) {
  Recording recording;
  std::mt19937 random(20240301);
  const auto below = [&random](int end) { return std::uniform_int_distribution(0, end - 1)(random); };
  std::map<int, EntryPtr> held;
  std::int64_t coverage = 0;
  for (int step = 0; step < 12; ++step) {
    const int number = below(4);
    coverage += 1 + below(500);
    const EntryPtr next = sample_entry(sample_key(number), step, coverage, coverage);
    EntryPtr& known = held[number];
    const int what = known ? below(5) : 0;
    if (what == 1) {
      recording.step(next, [&](DiskTier& tier) { EXPECT_TRUE(tier.replace(next).ok()); });
    } else if (what == 2) {
      recording.damage(known);
      recording.open();
      recording.step(next, [&](DiskTier& tier) {
        EXPECT_EQ(*tier.get(next->key), nullptr);
        EXPECT_TRUE(tier.put(next).ok());
      });
    } else if (what == 3) {
      recording.erase(known);
      known = nullptr;
      continue;
    } else {
      recording.put(next);
    }
    known = next;
  }
  expect_all_well("a long history", recording, 8);
}

// Who finds the entry of a process that does not care about power cuts, and is told that it is stored, relies on it.
TEST(PowerCut, AnAdoptedEntryIsThereAsWell) {
  Recording recording;
  const EntryPtr entry = sample_entry(sample_key(1), 1);
  recording.careless_put(entry);
  recording.put(entry);
  expect_all_well("adoption", recording);
}

// ---- the model itself: what durable mode does is what keeps entries, and leaving any of it out is found

struct TwoPuts : Recording {
  TwoPuts() {
    put(sample_entry(sample_key(1), 1, 3000));
    put(sample_entry(key_beside(sample_key(1), false), 2, 3000));
  }
};

/// Leaves out every call that `is_left_out` says.
std::function<void(std::vector<std::size_t>&)> without(const Recording& recording, const std::function<bool(const SeenCall&)>& is_left_out) {
  return [&recording, is_left_out](std::vector<std::size_t>& order) {
    const auto left = std::erase_if(order, [&](std::size_t number) { return is_left_out(recording.calls()[number]); });
    EXPECT_GT(left, 0u) << "nothing was left out: this test tests nothing";
  };
}

TEST(PowerCutModel, FindsThatTheFileWasNotSynced) {
  const TwoPuts recording;
  const auto replayed = recording.replay(kSamples, without(recording, [](const SeenCall& call) { return call.call == Call::fdatasync; }));
  EXPECT_GT(replayed.lost, 0u);
  EXPECT_EQ(replayed.wrong, 0u) << "checksums tell a torn entry: " << replayed.first;
}

TEST(PowerCutModel, FindsThatTheFolderWasNotSynced) {
  const TwoPuts recording;
  const auto replayed = recording.replay(kSamples, without(recording, [](const SeenCall& call) {
    return call.call == Call::fsync && fs::path(call.path).parent_path().filename() == "objects";
  }));
  EXPECT_GT(replayed.lost, 0u);
  EXPECT_EQ(replayed.wrong, 0u) << replayed.first;
}

TEST(PowerCutModel, FindsThatTheFolderAboveWasNotSynced) {
  const TwoPuts recording;
  const auto replayed = recording.replay(kSamples, without(recording, [](const SeenCall& call) {
    return call.call == Call::fsync && fs::path(call.path).filename() == "objects";
  }));
  EXPECT_GT(replayed.lost, 0u);
}

TEST(PowerCutModel, FindsARenameBeforeTheSync) {
  Recording recording;
  recording.put(sample_entry(sample_key(1), 1, 4, 4));
  recording.put(sample_entry(sample_key(1), 2, 2000, 2000));
  const auto replayed = recording.replay(kSamples, [&](std::vector<std::size_t>& order) {
    const auto rename = std::ranges::find_if(order, [&](std::size_t number) {
      const SeenCall& call = recording.calls()[number];
      return (call.call == Call::rename || call.call == Call::renameat2) && call.to.ends_with(".h5");
    });
    ASSERT_NE(rename, order.end());
    auto sync = rename;
    while (recording.calls()[*sync].call != Call::fdatasync) ASSERT_NE(sync--, order.begin());
    std::rotate(sync, sync + 1, rename + 1);
  });
  EXPECT_GT(replayed.lost, 0u);
  EXPECT_EQ(replayed.wrong, 0u) << replayed.first;
}

// The order in which a file is written is of no account: what is torn shows no valid header or no valid array.
TEST(PowerCutModel, AHeaderThatIsWrittenFirstDoesNoHarm) {
  const TwoPuts recording;
  std::size_t moved = 0;
  const auto header_first = [&](std::vector<std::size_t>& order) {
    std::map<std::uint64_t, std::size_t> first_write;
    for (std::size_t at = 0; at < order.size(); ++at) {
      const SeenCall& call = recording.calls()[order[at]];
      if (call.call != Call::write) continue;
      const std::size_t first = first_write.try_emplace(call.handle, at).first->second;
      if (call.offset != 0 || first == at) continue;
      const auto place = [&order](std::size_t number) { return order.begin() + static_cast<std::ptrdiff_t>(number); };
      std::rotate(place(first), place(at), place(at + 1));
      ++moved;
    }
  };
  const auto replayed = recording.replay(kSamples, header_first);
  EXPECT_EQ(replayed.bad(), 0u) << replayed.first;
  EXPECT_EQ(moved, 2u);
}

}  // namespace
}  // namespace almanac::cache
