// Durable mode: what was put is there after a power cut at any moment. The system calls of real operations are
// recorded; a model of a disk gives what each cut may leave; each is made as a real folder, and opened.

#include <almanac/cache/tiers.hpp>

#include "cache/sample_entry.hpp"
#include "crash_model.hpp"
#include "engine/temporary_folder.hpp"
#include "system_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using testing::Call;
using testing::CrashModel;
using testing::DiskState;
using testing::SeenCall;
using testing::SystemCalls;

/// What may be found under a key.
struct Allowed {
  std::vector<Artifact> artifacts;
  bool may_miss = true;
};
using Expectations = std::map<std::string, std::pair<EntryPtr, Allowed>>;

/// What was done to a cache, call by call, and what a power cut may make of it.
class Recording {
 public:
  Recording() : watched_(folder_ / "disk") {
    fs::create_directory(watched_);
    open();
  }

  fs::path root() const { return watched_ / "cache"; }
  const fs::path& watched() const { return watched_; }
  DiskTier& tier() { return *tier_; }
  /// Opens the cache anew, as another process would.
  void open(bool durable = true) {
    const Watched watched(*this);
    tier_ = std::make_unique<DiskTier>(DiskOptions{.root = root(), .durable = durable});
  }

  /// Does what leads from what is known under a key to `entry`: on the way the old or the new is found, and afterwards
  /// only the new.
  void step(const EntryPtr& entry, const std::function<void(DiskTier&)>& work) {
    auto& known = expectations_.try_emplace(entry->key.text(), entry, Allowed{}).first->second;
    known.second.artifacts.push_back(entry->artifact);
    expect();
    {
      const Watched watched(*this);
      work(*tier_);
    }
    known.second = {{entry->artifact}, false};
    expect();
  }
  void put(const EntryPtr& entry) {
    step(entry, [&](DiskTier& tier) { EXPECT_TRUE(tier.put(entry).ok()); });
  }

  /// The same by somebody who does not care: after a power cut what he did may be there, whole or not, or be missing.
  void careless_put(const EntryPtr& entry) {
    expectations_.try_emplace(entry->key.text(), entry, Allowed{{entry->artifact}, true});
    expect();
    const Watched watched(*this);
    EXPECT_TRUE(tier_->put(entry).ok());
    is_careless_ = true;
  }

  /// Turns a byte of the entry, on the medium itself: from now on it may be missed.
  void damage(const EntryPtr& entry) {
    const fs::path file = tier_->path_of(entry->key.id());
    const auto at = fs::file_size(file) - 1;
    fs::permissions(file, fs::perms::owner_all);
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(bytes.get());
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(static_cast<char>(byte ^ 0x10));
    damages_[calls_.size()] = {file, at};
    expectations_.at(entry->key.text()).second.may_miss = true;
    expect();
  }

  const std::vector<SeenCall>& calls() const { return calls_; }

  /// What was found out by replaying.
  struct Replayed {
    std::size_t states = 0, tried = 0;
    std::size_t lost = 0, wrong = 0, broken = 0;
    std::string first;  ///< what is wrong with the first that is
    std::size_t bad() const { return lost + wrong + broken; }
  };

  /// Cuts the power after each call. `changed` may leave out a call, or put it elsewhere, and is given their numbers.
  Replayed replay(std::size_t samples = 6, const std::function<void(std::vector<std::size_t>&)>& changed = {}) const {
    std::vector<std::size_t> order(calls_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    if (changed) changed(order);

    Replayed result;
    std::mt19937 random(20240229);
    std::set<std::string> seen;
    CrashModel model(watched_);
    std::size_t reached = 0;  // every call before this one was made, or was left out
    auto damage = damages_.begin();
    const auto cut = [&] {
      const auto expected = std::prev(expected_.upper_bound(reached));
      model.each_state(samples, random, [&](const DiskState& state) {
        ++result.states;
        if (!seen.insert(std::to_string(std::distance(expected_.begin(), expected)) + '\n' + state.fingerprint()).second) return;
        ++result.tried;
        check(state, expected->second, result);
      });
    };
    for (const std::size_t number : order) {
      for (; damage != damages_.end() && damage->first <= number; ++damage) model.damage(damage->second.first, damage->second.second);
      model.apply(calls_[number]);
      reached = number + 1;
      cut();
    }
    reached = calls_.size();
    cut();
    return result;
  }

 private:
  /// Sees what is done while it lives, and adds it to what was recorded.
  class Watched {
   public:
    explicit Watched(Recording& recording) : recording_(recording), seen_(recording.watched_, {}, SystemCalls::Data::kept) {}
    ~Watched() {
      auto& calls = recording_.calls_;
      const std::uint64_t handles = recording_.handles_;
      for (SeenCall call : seen_.seen()) {
        if (call.handle != 0) call.handle += handles;
        recording_.handles_ = std::max(recording_.handles_, call.handle);
        calls.push_back(std::move(call));
      }
    }

   private:
    Recording& recording_;
    SystemCalls seen_;
  };

  void expect() { expected_[calls_.size()] = expectations_; }

  /// Opens a cache on what is left, and looks whether all is well.
  void check(const DiskState& state, const Expectations& expectations, Replayed& result) const {
    const fs::path disk = folder_ / "left";
    fs::create_directory(disk);
    state.make(disk);
    const auto complain = [&](std::size_t& count, const std::string& what) {
      ++count;
      if (result.first.empty()) result.first = what + "\non the disk is:\n" + state.fingerprint();
    };
    {
      DiskTier tier({.root = disk / "cache"});
      for (const auto& [text, known] : expectations) {
        const auto& [entry, allowed] = known;
        const auto found = tier.get(entry->key);
        if (!found) {
          complain(result.broken, "cannot look for " + text + ": " + found.error().message);
        } else if (!*found) {
          if (!allowed.may_miss) complain(result.lost, "lost: " + text);
        } else if (std::ranges::none_of(allowed.artifacts, [&](const Artifact& one) { return identical((*found)->artifact, one); })) {
          complain(result.wrong, "wrong: " + text);
        }
      }
      // Arrays may be whole while the structure around them is not: get() has no use for it, validate() sees it.
      if (is_careless_ && !tier.validate(true, {})) complain(result.broken, "cannot validate");
      for (const auto& [text, known] : expectations) {
        const auto put = tier.put(known.first);
        const auto found = tier.get(known.first->key);
        if (!put || !found || !*found) {
          complain(result.broken, "not healed: " + text + (put ? "" : ": " + put.error().message));
        } else if (!identical((*found)->artifact, known.first->artifact) &&
                   std::ranges::none_of(known.second.artifacts, [&](const Artifact& one) { return identical((*found)->artifact, one); })) {
          complain(result.wrong, "wrong after it was put again: " + text);
        }
      }
      const auto findings = tier.validate(false, {});
      if (!findings || !findings->empty()) {
        complain(result.broken, "validate: " + (findings ? findings->front().path.string() + ": " + findings->front().message : findings.error().message));
      }
    }
    fs::remove_all(disk);
  }

  const testing::TemporaryFolder folder_{testing::quickest_place()};
  const fs::path watched_;
  std::unique_ptr<DiskTier> tier_;
  std::vector<SeenCall> calls_;
  std::uint64_t handles_ = 0;
  bool is_careless_ = false;
  Expectations expectations_;
  std::map<std::size_t, Expectations> expected_{{0, {}}};  ///< from that call on
  std::map<std::size_t, std::pair<fs::path, std::uint64_t>> damages_;
};

/// A key whose entry lies in the same folder as that of `other`, or in another one.
Key key_beside(const Key& other, bool same_folder) {
  for (int number = 1;; ++number) {
    const Key key = sample_key(number, "beside");
    if ((key.id().high >> 56 == other.id().high >> 56) == same_folder) return key;
  }
}

void expect_all_well(const std::string& name, const Recording& recording) {
  const Recording::Replayed replayed = recording.replay();
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

// Who finds the entry of a process that does not care about power cuts, and is told that it is stored, relies on it.
TEST(PowerCut, AnAdoptedEntryIsThereAsWell) {
  Recording recording;
  recording.open(false);
  const EntryPtr entry = sample_entry(sample_key(1), 1);
  recording.careless_put(entry);
  recording.open();
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
  const auto replayed = recording.replay(6, without(recording, [](const SeenCall& call) { return call.call == Call::fdatasync; }));
  EXPECT_GT(replayed.lost, 0u);
  EXPECT_EQ(replayed.wrong, 0u) << "checksums tell a torn entry: " << replayed.first;
}

TEST(PowerCutModel, FindsThatTheFolderWasNotSynced) {
  const TwoPuts recording;
  const auto replayed = recording.replay(6, without(recording, [](const SeenCall& call) {
    return call.call == Call::fsync && fs::path(call.path).parent_path().filename() == "objects";
  }));
  EXPECT_GT(replayed.lost, 0u);
  EXPECT_EQ(replayed.wrong, 0u) << replayed.first;
}

TEST(PowerCutModel, FindsThatTheFolderAboveWasNotSynced) {
  const TwoPuts recording;
  const auto replayed = recording.replay(6, without(recording, [](const SeenCall& call) {
    return call.call == Call::fsync && fs::path(call.path).filename() == "objects";
  }));
  EXPECT_GT(replayed.lost, 0u);
}

TEST(PowerCutModel, FindsARenameBeforeTheSync) {
  Recording recording;
  recording.put(sample_entry(sample_key(1), 1, 4, 4));
  recording.put(sample_entry(sample_key(1), 2, 2000, 2000));
  const auto replayed = recording.replay(6, [&](std::vector<std::size_t>& order) {
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
  const auto replayed = recording.replay(6, header_first);
  EXPECT_EQ(replayed.bad(), 0u) << replayed.first;
  EXPECT_EQ(moved, 2u);
}

}  // namespace
}  // namespace almanac::cache
