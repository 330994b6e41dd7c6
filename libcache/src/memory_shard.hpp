#pragma once

#include "door_lock.hpp"

#include <almanac/cache/tier.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

namespace almanac::cache {

/// A second owner of an entry, with a reference count of its own, on a cache line of its own.
struct alignas(64) OwnCount {
  EntryPtr entry;

  static EntryPtr of(const EntryPtr& entry) {
    return EntryPtr(std::make_shared<const OwnCount>(OwnCount{entry}), entry.get());
  }
};

/// One entry in its shard.
struct Slot {
  EntryPtr entry;
  std::atomic<std::uint64_t> used{0};  ///< when, as MemoryTier::epoch_ counts; hits write it, and only where it changes
  /// What is handed out at each door: counting its owners then is no matter between cores. Made at the door's first hit,
  /// and touched under that door, or with all of them closed.
  std::array<EntryPtr, DoorLock::kMostDoors> handed_out;
  std::uint64_t bytes = 0;
  std::uint64_t placed = 0;            ///< the use that it stands in its shard's order by
};

/// An entry on its way out. It is let go of, and its bytes counted as free, after the shard's lock: the
/// memory behind an artifact may be a mapping or have a deleter of its own.
struct Removed {
  EntryPtr entry;
  std::uint64_t bytes = 0;
  std::array<EntryPtr, DoorLock::kMostDoors> handed_out{};
};

/// A part of the memory tier: entries, and the order they were used in. A hit changes neither: it leaves its time, and
/// who looks for the oldest brings the order up to date as far as it matters.
struct Shard {
  DoorLock lock;
  std::unordered_map<Id, Slot> slots ALMANAC_GUARDED_BY(lock);
  std::set<std::pair<std::uint64_t, Slot*>> order ALMANAC_GUARDED_BY(lock);
  std::uint64_t puts ALMANAC_GUARDED_BY(lock) = 0;
  std::uint64_t evictions ALMANAC_GUARDED_BY(lock) = 0;

  /// The slot that holds exactly this key, or nullptr.
  Slot* find(const Key& key) ALMANAC_THREAD_SAFETY(requires_shared_capability(lock)) {
    const auto found = slots.find(key.id());
    if (found == slots.end() || found->second.entry->key.text() != key.text()) return nullptr;
    return &found->second;
  }

  /// Moves it to where `stamp` belongs. No memory is asked for but for the first time.
  void place(Slot& slot, std::uint64_t stamp) ALMANAC_REQUIRES(lock) {
    if (auto node = order.extract({slot.placed, &slot})) {
      node.value().first = stamp;
      order.insert(std::move(node));
    } else {
      order.emplace(stamp, &slot);
    }
    slot.placed = stamp;
    slot.used.store(stamp, std::memory_order_relaxed);
  }

  /// The one that was not used for longest, or nullptr.
  Slot* oldest() ALMANAC_REQUIRES(lock) {
    while (!order.empty()) {
      Slot* const first = order.begin()->second;
      const std::uint64_t used = first->used.load(std::memory_order_relaxed);
      if (used <= first->placed) return first;
      place(*first, used);
    }
    return nullptr;
  }

  Removed take(const Id& id) ALMANAC_REQUIRES(lock) {
    const auto found = slots.find(id);
    if (found == slots.end()) return {};
    Slot& slot = found->second;
    order.erase({slot.placed, &slot});
    Removed removed{std::move(slot.entry), slot.bytes, std::move(slot.handed_out)};
    slots.erase(found);
    return removed;
  }
};

}  // namespace almanac::cache
