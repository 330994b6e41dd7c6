#pragma once

#include "door_lock.hpp"

#include <almanac/cache/tier.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <unordered_map>
#include <utility>

namespace almanac::cache {

/// Gives memory in whole cache lines.
template <class T>
struct LineAllocator {
  static constexpr std::align_val_t kLine{64};
  using value_type = T;

  LineAllocator() = default;
  template <class Other>
  LineAllocator(const LineAllocator<Other>&) noexcept {}

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(bytes(count), kLine)); }
  void deallocate(T* memory, std::size_t) noexcept { ::operator delete(memory, kLine); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }

 private:
  static constexpr std::size_t bytes(std::size_t count) noexcept { return (count * sizeof(T) + 63) / 64 * 64; }
};

/// A second owner of an entry, with a reference count of its own, and how often it was handed out, on a cache line of their own.
struct OwnCount {
  EntryPtr entry;
  std::uint64_t hits = 0;  ///< that are not in the books yet

  static std::shared_ptr<OwnCount> of(const EntryPtr& entry) {
    return std::allocate_shared<OwnCount>(LineAllocator<OwnCount>{}, OwnCount{entry});
  }
};

/// What is handed out at each door: counting its owners, and hits, is then no matter between cores. Made at the door's first
/// hit, and touched under that door, or with all of them closed.
using HandedOut = std::array<std::shared_ptr<OwnCount>, DoorLock::kMostDoors>;

/// What hits have left at an entry since it was last looked at.
struct Marks {
  std::uint64_t hits = 0;
  std::uint64_t used = 0;
};

/// An entry on its way out. It is let go of, and its room counted as free, after the shard's lock: the
/// memory behind an artifact may be a mapping or have a deleter of its own.
struct Removed {
  EntryPtr entry;
  std::uint64_t bytes = 0;             ///< to be free
  std::uint64_t entries = 0;
  HandedOut handed_out{};
  std::uint64_t arrival = 0;
  Marks marks{};
  std::uint64_t uses = 0;              ///< that nobody was told of yet
};

/// One entry in its shard.
struct Slot {
  EntryPtr entry;
  std::atomic<std::uint64_t> used{0};  ///< when, as MemoryTier::epoch_ counts; hits write it, and only where it changes
  HandedOut handed_out;
  std::uint64_t bytes = 0;
  std::uint64_t arrival = 0;           ///< by which the books tell this stay from others under its id
  std::uint64_t uses = 0;              ///< besides the hits at the doors, that nobody was told of yet
  std::uint64_t told = 0;              ///< of the hits at the doors

  Marks take_marks() noexcept {
    Marks marks{.used = used.load(std::memory_order_relaxed)};
    for (const auto& door : handed_out) {
      if (door) marks.hits += std::exchange(door->hits, 0);
    }
    uses += marks.hits - std::exchange(told, 0);
    return marks;
  }

  /// How often it was used since this was asked last. The marks stay.
  std::uint64_t take_uses() noexcept {
    std::uint64_t hits = 0;
    for (const auto& door : handed_out) {
      if (door) hits += door->hits;
    }
    const std::uint64_t before = std::exchange(told, hits);
    return std::exchange(uses, 0) + hits - before;
  }

  /// Takes in an entry that came then. Gives what was there; an empty slot gives nothing.
  Removed exchange(EntryPtr newcomer, std::uint64_t its_bytes, std::uint64_t came) noexcept {
    const Marks marks = take_marks();
    Removed removed{std::exchange(entry, std::move(newcomer)), std::exchange(bytes, its_bytes), 1, std::exchange(handed_out, {}),
                    std::exchange(arrival, came), marks, std::exchange(uses, 0)};
    used.store(came, std::memory_order_relaxed);
    return removed;
  }
};

/// A part of the memory tier. A hit changes nothing in it but marks; who is to leave is found in the books of the tier.
struct Shard {
  DoorLock lock;
  std::unordered_map<Id, Slot> slots ALMANAC_GUARDED_BY(lock);
  std::uint64_t puts ALMANAC_GUARDED_BY(lock) = 0;
  std::uint64_t evictions ALMANAC_GUARDED_BY(lock) = 0;

  /// The slot that holds exactly this key, or nullptr.
  Slot* find(const Key& key) ALMANAC_THREAD_SAFETY(requires_shared_capability(lock)) {
    const auto found = slots.find(key.id());
    if (found == slots.end() || found->second.entry->key.text() != key.text()) return nullptr;
    return &found->second;
  }

  /// Takes it out, if it came then; 0: whenever it came.
  Removed take(const Id& id, std::uint64_t arrival = 0) ALMANAC_REQUIRES(lock) {
    const auto found = slots.find(id);
    if (found == slots.end() || (arrival != 0 && found->second.arrival != arrival)) return {};
    Removed removed = found->second.exchange({}, 0, 0);
    slots.erase(found);
    return removed;
  }
};

}  // namespace almanac::cache
