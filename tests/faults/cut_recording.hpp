#pragma once

#include "crash_model.hpp"
#include "system_calls.hpp"

#include <almanac/cache/tiers.hpp>

#include "engine/temporary_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace almanac::cache {

/// What was done to a disk tier in durable mode, system call by system call, what is known of its keys after each, and
/// what a power cut may make of it.
class Recording {
 public:
  /// Opens a tier in a folder that is not there yet.
  Recording();

  /// Opens the tier anew, as another process would.
  void open(bool durable = true);

  /// Does what leads from what is known under a key to `entry`: on the way the old or the new is found, and afterwards
  /// only the new.
  void step(const EntryPtr& entry, const std::function<void(DiskTier&)>& work);
  void put(const EntryPtr& entry);

  /// Afterwards it may be found or missed: nobody relies on its being gone.
  void erase(const EntryPtr& entry);

  /// A put by a tier that is not durable: after a power cut its entry may be there, whole or not, or be missing.
  void careless_put(const EntryPtr& entry);

  /// Turns a byte of the entry, on the medium itself: from now on it may be missed.
  void damage(const EntryPtr& entry);

  const std::vector<testing::SeenCall>& calls() const { return calls_; }

  /// What was found out by replaying.
  struct Replayed {
    std::size_t states = 0, tried = 0;            ///< given by the model; different ones among them, which were opened
    std::size_t lost = 0, wrong = 0, broken = 0;  ///< not there; not what was put; not to be used or healed
    std::string first;                            ///< the first of these
    std::size_t bad() const { return lost + wrong + broken; }
  };

  /// The numbers of the calls in the order in which they are replayed, to be changed.
  using Change = std::function<void(std::vector<std::size_t>& order)>;

  /// Cuts the power after each call, makes each state that the model gives, and opens a tier on it.
  Replayed replay(std::size_t samples, const Change& change = {}) const;

 private:
  /// What may be found under a key.
  struct Allowed {
    EntryPtr last;  ///< put again to heal it
    std::vector<Artifact> artifacts{};
    bool may_miss = true;
  };
  using Expectations = std::map<std::string, Allowed>;
  class Watched;

  /// From the next call on, what is known holds.
  void expect() { expected_[calls_.size()] = known_; }
  void check(const testing::DiskState& state, const Expectations& expectations, Replayed& result) const;

  const testing::TemporaryFolder folder_{testing::quickest_place()};
  const std::filesystem::path disk_;
  std::unique_ptr<DiskTier> tier_;
  std::vector<testing::SeenCall> calls_;
  std::uint64_t handles_ = 0;
  bool is_careless_ = false;
  Expectations known_;
  std::map<std::size_t, Expectations> expected_{{0, {}}};                         ///< from that call on
  std::map<std::size_t, std::pair<std::filesystem::path, std::uint64_t>> damages_;  ///< before that call
};

}  // namespace almanac::cache
