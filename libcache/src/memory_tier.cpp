#include <almanac/cache/tiers.hpp>

#include "mutex.hpp"

#include <array>
#include <atomic>
#include <limits>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace almanac::cache {
namespace {

constexpr std::size_t kShards = 32;
constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

bool has_expired(const Entry& entry) {
  return entry.facts.expires && *entry.facts.expires <= std::chrono::system_clock::now();
}

/// One entry in its shard, threaded on the shard's list from the most to the least recently used.
struct Slot {
  EntryPtr entry;
  std::uint64_t bytes = 0;
  std::uint64_t used = 0;  ///< see MemoryTier::epoch_
  Slot* newer = nullptr;
  Slot* older = nullptr;
};

std::uint64_t bytes_of(const Attribute& attribute) {
  return std::visit(
      [](const auto& value) -> std::uint64_t {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) {
          return 0;
        } else {
          return value.size() * sizeof(value[0]);
        }
      },
      attribute);
}

/// What an entry takes: its arrays, its texts, and the blocks that hold it together. An array that shows
/// part of a larger block counts what it shows.
std::uint64_t footprint(const Entry& entry) {
  constexpr std::uint64_t kAllocation = 16;   // the allocator's own, a block
  constexpr std::uint64_t kMapNode = 48;      // a std::map node besides its value
  std::uint64_t bytes = sizeof(Entry) + sizeof(Slot) + sizeof(Id) + 6 * kAllocation + 2 * 32;
  bytes += entry.key.text().size();
  bytes += entry.facts.producer.version.size() + entry.facts.producer.instruction_set.size();
  bytes += entry.facts.host_binding.size() + entry.facts.dependencies.size() * sizeof(Id);
  for (const Array& array : entry.artifact.arrays()) {
    bytes += sizeof(Array) + array.name().size() + array.shape().size() * sizeof(std::int64_t) + 3 * kAllocation;
  }
  for (const auto& [name, value] : entry.artifact.attributes()) {
    bytes += kMapNode + sizeof(name) + sizeof(value) + name.size() + bytes_of(value) + kAllocation;
  }
  return bytes + entry.artifact.bytes();
}

struct alignas(64) Shard {
  Mutex mutex;
  std::unordered_map<Id, Slot> slots ALMANAC_GUARDED_BY(mutex);
  Slot* newest ALMANAC_GUARDED_BY(mutex) = nullptr;
  Slot* oldest ALMANAC_GUARDED_BY(mutex) = nullptr;
  std::uint64_t hits ALMANAC_GUARDED_BY(mutex) = 0;
  std::uint64_t misses ALMANAC_GUARDED_BY(mutex) = 0;
  std::uint64_t puts ALMANAC_GUARDED_BY(mutex) = 0;
  std::uint64_t evictions ALMANAC_GUARDED_BY(mutex) = 0;

  void link(Slot& slot) ALMANAC_REQUIRES(mutex) {
    slot.newer = nullptr;
    slot.older = newest;
    (newest ? newest->newer : oldest) = &slot;
    newest = &slot;
  }

  void unlink(Slot& slot) ALMANAC_REQUIRES(mutex) {
    (slot.newer ? slot.newer->older : newest) = slot.older;
    (slot.older ? slot.older->newer : oldest) = slot.newer;
  }

  void use(Slot& slot, std::uint64_t stamp) ALMANAC_REQUIRES(mutex) {
    slot.used = stamp;
    if (newest == &slot) return;
    unlink(slot);
    link(slot);
  }

  /// The slot that holds exactly this key, or nullptr.
  Slot* find(const Key& key) ALMANAC_REQUIRES(mutex) {
    const auto found = slots.find(key.id());
    if (found == slots.end() || found->second.entry->key.text() != key.text()) return nullptr;
    return &found->second;
  }
};

/// An entry on its way out. It is let go of, and its bytes counted as free, after the shard's lock: the
/// memory behind an artifact may be a mapping or have a deleter of its own.
struct Removed {
  EntryPtr entry;
  std::uint64_t bytes = 0;
};

/// Bytes taken out of the budget for an entry on its way in; given back unless it got there.
class Reservation {
 public:
  explicit Reservation(std::atomic<std::uint64_t>& total) noexcept : total_(total) {}
  ~Reservation() { total_.fetch_sub(bytes_, std::memory_order_relaxed); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// Takes `bytes` more, at most the budget; false when there is not that much left.
  bool take(std::uint64_t bytes, std::uint64_t budget) noexcept {
    std::uint64_t taken = total_.load(std::memory_order_relaxed);
    do {
      if (taken > budget - bytes) return false;
    } while (!total_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
    bytes_ += bytes;
    return true;
  }
  std::uint64_t bytes() const noexcept { return bytes_; }
  void keep() noexcept { bytes_ = 0; }

 private:
  std::atomic<std::uint64_t>& total_;
  std::uint64_t bytes_ = 0;
};

class MemoryTier final : public Tier {
 public:
  explicit MemoryTier(std::uint64_t budget) : budget_(budget) {}

  std::string_view name() const noexcept override { return "memory"; }
  Result<EntryPtr> get(const Key& key) override;
  Result<std::optional<EntryInfo>> peek(const Key& key) override;
  Result<EntryPtr> put(const EntryPtr& entry) override;
  Result<EntryPtr> replace(const EntryPtr& entry) override;
  Result<bool> erase(const Key& key) override;
  TierStats stats() const override;

 private:
  // Shards by the high half of the id, buckets by the low half: the two are independent.
  Shard& shard_of(const Id& id) noexcept { return shards_[id.high % kShards]; }

  std::uint64_t next_put() noexcept { return 2 * (epoch_.fetch_add(1, std::memory_order_relaxed) + 1); }
  static Removed take(Shard& shard, const Id& id) ALMANAC_REQUIRES(shard.mutex);
  void let_go(Removed removed) noexcept;
  bool evict_one();
  void make_room(Reservation& space, std::uint64_t bytes);

  const std::uint64_t budget_;
  mutable std::array<Shard, kShards> shards_;

  /// Bytes of all shards, reserved before an entry goes in, so that the sum never exceeds the budget.
  std::atomic<std::uint64_t> bytes_{0};

  /// Orders uses between shards; within one, the list is exact. It counts the puts: a put stamps 2·epoch, a
  /// hit 2·epoch + 1, so that hits share a line they do not write. Hits between the same two puts tie.
  std::atomic<std::uint64_t> epoch_{0};
};

Removed MemoryTier::take(Shard& shard, const Id& id) {
  const auto found = shard.slots.find(id);
  if (found == shard.slots.end()) return {};
  shard.unlink(found->second);
  Removed removed{std::move(found->second.entry), found->second.bytes};
  shard.slots.erase(found);
  return removed;
}

void MemoryTier::let_go(Removed removed) noexcept {
  removed.entry.reset();
  bytes_.fetch_sub(removed.bytes, std::memory_order_relaxed);
}

Result<EntryPtr> MemoryTier::get(const Key& key) {
  Shard& shard = shard_of(key.id());
  Removed expired;
  {
    const MutexLock lock(shard.mutex);
    Slot* slot = shard.find(key);
    if (slot && !has_expired(*slot->entry)) {
      shard.use(*slot, 2 * epoch_.load(std::memory_order_relaxed) + 1);
      ++shard.hits;
      return slot->entry;
    }
    ++shard.misses;
    if (!slot) return EntryPtr();
    expired = take(shard, key.id());
  }
  let_go(std::move(expired));
  return EntryPtr();
}

Result<std::optional<EntryInfo>> MemoryTier::peek(const Key& key) {
  EntryPtr entry;
  std::uint64_t bytes = 0;
  {
    Shard& shard = shard_of(key.id());
    const MutexLock lock(shard.mutex);
    const Slot* slot = shard.find(key);
    if (!slot || has_expired(*slot->entry)) return std::optional<EntryInfo>();
    entry = slot->entry;
    bytes = slot->bytes;
  }
  EntryInfo info{entry->key, entry->facts, entry->artifact.attributes(), {}, bytes, {}, {}};
  for (const Array& array : entry->artifact.arrays()) {
    info.arrays.push_back({array.name(), array.type(), array.shape(), array.bytes()});
  }
  return std::optional<EntryInfo>(std::move(info));
}

Result<EntryPtr> MemoryTier::put(const EntryPtr& entry) {
  if (!entry) return Error{ErrorCode::invalid_argument, "memory: put of no entry"};
  const std::uint64_t bytes = footprint(*entry);
  if (bytes > budget_ || has_expired(*entry)) return entry;
  const std::int64_t coverage = coverage_of(entry->artifact.attributes());
  Shard& shard = shard_of(entry->key.id());

  // What gives way to this entry goes first; then space; then, since the lock was free meanwhile, a second look.
  Reservation space(bytes_);
  for (bool reserved = false;; reserved = true) {
    Removed replaced;
    EntryPtr present;
    {
      const MutexLock lock(shard.mutex);
      const auto found = shard.slots.find(entry->key.id());
      if (found != shard.slots.end()) {
        const Entry& held = *found->second.entry;
        if (held.key == entry->key && coverage_of(held.artifact.attributes()) >= coverage && !has_expired(held)) {
          present = found->second.entry;
        } else {
          replaced = take(shard, entry->key.id());
        }
      }
      if (!present && reserved) {
        Slot& slot = shard.slots[entry->key.id()];
        slot.entry = entry;
        slot.bytes = bytes;
        slot.used = next_put();
        shard.link(slot);
        ++shard.puts;
        space.keep();
      }
    }
    let_go(std::move(replaced));
    if (present) return present;
    if (reserved) return entry;
    make_room(space, bytes);
  }
}

/// The entry that is there gives its space to the new one in the step that changes them, so only what is missing is
/// reserved, and nobody finds neither.
Result<EntryPtr> MemoryTier::replace(const EntryPtr& entry) {
  if (!entry) return Error{ErrorCode::invalid_argument, "memory: replace by no entry"};
  const std::uint64_t bytes = footprint(*entry);
  const bool has_place = bytes <= budget_ && !has_expired(*entry);
  Shard& shard = shard_of(entry->key.id());
  Reservation space(bytes_);
  for (;;) {
    Removed replaced;
    std::uint64_t missing = 0;
    {
      const MutexLock lock(shard.mutex);
      const auto found = shard.slots.find(entry->key.id());
      const std::uint64_t freed = found == shard.slots.end() ? 0 : found->second.bytes;
      if (!has_place) {
        replaced = take(shard, entry->key.id());
      } else if (space.bytes() + freed < bytes) {
        missing = bytes - freed - space.bytes();
        if (freed > 0) shard.use(found->second, next_put());  // the last to make room for its own successor
      } else {
        Slot& slot = shard.slots[entry->key.id()];
        if (slot.entry) shard.unlink(slot);
        replaced = {std::exchange(slot.entry, entry), space.bytes() + freed - bytes};
        space.keep();
        slot.bytes = bytes;
        slot.used = next_put();
        shard.link(slot);
        ++shard.puts;
      }
    }
    let_go(std::move(replaced));
    if (missing == 0) return entry;
    make_room(space, missing);
  }
}

/// Evicts until `bytes` more are reserved.
void MemoryTier::make_room(Reservation& space, std::uint64_t bytes) {
  while (!space.take(bytes, budget_)) {
    // Nothing to evict: all is reserved by other threads about to put their entries in, which waits for nobody.
    if (!evict_one()) std::this_thread::yield();
  }
}

/// Removes the least recently used entry of all shards; false when there is none.
bool MemoryTier::evict_one() {
  Shard* victim = nullptr;
  std::uint64_t least = kNone;
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    if (shard.oldest && shard.oldest->used < least) {
      least = shard.oldest->used;
      victim = &shard;
    }
  }
  if (!victim) return false;
  Removed removed;
  {
    const MutexLock lock(victim->mutex);
    if (!victim->oldest) return true;  // somebody was faster: look again
    removed = take(*victim, victim->oldest->entry->key.id());
    ++victim->evictions;
  }
  let_go(std::move(removed));
  return true;
}

Result<bool> MemoryTier::erase(const Key& key) {
  Removed removed;
  {
    Shard& shard = shard_of(key.id());
    const MutexLock lock(shard.mutex);
    if (!shard.find(key)) return false;
    removed = take(shard, key.id());
  }
  let_go(std::move(removed));
  return true;
}

TierStats MemoryTier::stats() const {
  TierStats sum;
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    sum.hits += shard.hits;
    sum.misses += shard.misses;
    sum.puts += shard.puts;
    sum.evictions += shard.evictions;
    sum.entries += shard.slots.size();
  }
  sum.bytes = bytes_.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace

std::unique_ptr<Tier> make_memory_tier(std::uint64_t budget_bytes) { return std::make_unique<MemoryTier>(budget_bytes); }

}  // namespace almanac::cache
