#include "cut_recording.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <set>

namespace almanac::cache {

namespace fs = std::filesystem;
using testing::CrashModel;
using testing::DiskState;
using testing::SeenCall;
using testing::SystemCalls;

/// Sees what is done while it lives, and adds it to what was recorded.
class Recording::Watched {
 public:
  explicit Watched(Recording& recording) : recording_(recording), seen_(recording.disk_, {}, SystemCalls::Data::kept) {}
  ~Watched() {
    const std::uint64_t before = recording_.handles_;
    for (SeenCall call : seen_.seen()) {
      if (call.handle != 0) call.handle += before;
      recording_.handles_ = std::max(recording_.handles_, call.handle);
      recording_.calls_.push_back(std::move(call));
    }
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  Recording& recording_;
  SystemCalls seen_;
};

Recording::Recording() : disk_(folder_ / "disk") {
  fs::create_directory(disk_);
  open();
}

void Recording::open(bool durable) {
  const Watched watched(*this);
  tier_ = std::make_unique<DiskTier>(DiskOptions{.root = disk_ / "cache", .durable = durable});
}

void Recording::step(const EntryPtr& entry, const std::function<void(DiskTier&)>& work) {
  Allowed& allowed = known_[entry->key.text()];
  allowed.last = entry;
  allowed.artifacts.push_back(entry->artifact);
  expect();
  {
    const Watched watched(*this);
    work(*tier_);
  }
  allowed = {entry, {entry->artifact}, false};
  expect();
}

void Recording::put(const EntryPtr& entry) {
  step(entry, [&](DiskTier& tier) { EXPECT_TRUE(tier.put(entry).ok()); });
}

void Recording::erase(const EntryPtr& entry) {
  known_.at(entry->key.text()).may_miss = true;
  expect();
  const Watched watched(*this);
  EXPECT_TRUE(tier_->erase(entry->key).ok());
}

void Recording::careless_put(const EntryPtr& entry) {
  known_[entry->key.text()] = {entry, {entry->artifact}, true};
  is_careless_ = true;
  expect();
  open(false);
  {
    const Watched watched(*this);
    EXPECT_TRUE(tier_->put(entry).ok());
  }
  open();
}

void Recording::damage(const EntryPtr& entry) {
  const fs::path file = tier_->path_of(entry->key.id());
  const auto at = fs::file_size(file) - 1;
  fs::permissions(file, fs::perms::owner_all);
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(bytes.get());
  bytes.seekp(static_cast<std::streamoff>(at));
  bytes.put(static_cast<char>(byte ^ CrashModel::kDamage));
  damages_[calls_.size()] = {file, at};
  known_.at(entry->key.text()).may_miss = true;
  expect();
}

Recording::Replayed Recording::replay(std::size_t samples, const Change& change) const {
  std::vector<std::size_t> order(calls_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (change) change(order);

  Replayed result;
  std::mt19937 random(20240229);
  std::set<std::string> seen;
  CrashModel model(disk_, [](const std::string& name) { return name.ends_with(".h5"); });
  auto damage = damages_.begin();
  const auto cut_before = [&](std::size_t number) {
    const auto expected = std::prev(expected_.upper_bound(number));
    const std::string when = std::to_string(expected->first) + '\n';
    model.each_state(samples, random, [&](const DiskState& state) {
      ++result.states;
      if (!seen.insert(when + state.fingerprint()).second) return;
      ++result.tried;
      check(state, expected->second, result);
    });
  };
  for (const std::size_t number : order) {
    for (; damage != damages_.end() && damage->first <= number; ++damage) model.damage(damage->second.first, damage->second.second);
    model.apply(calls_[number]);
    cut_before(number + 1);
  }
  cut_before(calls_.size());  // whatever was left out
  return result;
}

/// Opens a tier on what is left, and looks whether all is well.
void Recording::check(const DiskState& state, const Expectations& expectations, Replayed& result) const {
  const fs::path left = folder_ / "left";
  fs::create_directory(left);
  state.make(left);
  const auto complain = [&](std::size_t& count, const std::string& what) {
    ++count;
    if (result.first.empty()) result.first = what + "\non the disk is:\n" + state.fingerprint();
  };
  const auto is_allowed = [](const EntryPtr& entry, const Allowed& allowed) {
    return std::ranges::any_of(allowed.artifacts, [&](const Artifact& one) { return identical(entry->artifact, one); });
  };
  {
    DiskTier tier({.root = left / "cache"});
    for (const auto& [text, allowed] : expectations) {
      const auto found = tier.get(allowed.last->key);
      if (!found) {
        complain(result.broken, "cannot look for " + text + ": " + found.error().message);
      } else if (!*found) {
        if (!allowed.may_miss) complain(result.lost, "lost: " + text);
      } else if (!is_allowed(*found, allowed)) {
        complain(result.wrong, "wrong: " + text);
      }
    }
    // Arrays may be whole while the structure around them is not: get() has no use for it, validate() sees it.
    if (is_careless_ && !tier.validate(true, {})) complain(result.broken, "cannot validate");
    for (const auto& [text, allowed] : expectations) {
      const auto put = tier.put(allowed.last);
      const auto found = tier.get(allowed.last->key);
      if (!put || !found || !*found) {
        complain(result.broken, "not healed: " + text + (put ? "" : ": " + put.error().message));
      } else if (!is_allowed(*found, allowed)) {
        complain(result.wrong, "wrong after it was put again: " + text);
      }
    }
    const auto findings = tier.validate(false, {});
    if (!findings || !findings->empty()) {
      complain(result.broken, "validate: " + (findings ? findings->front().path.string() + ": " + findings->front().message : findings.error().message));
    }
  }
  fs::remove_all(left);
}

}  // namespace almanac::cache
