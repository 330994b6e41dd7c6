#include <almanac/cache/tiers.hpp>

#include "memory_shard.hpp"

#include <array>
#include <atomic>
#include <limits>
#include <thread>
#include <type_traits>
#include <utility>

namespace almanac::cache {
namespace {

constexpr std::size_t kShards = 32;
constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

bool has_expired(const Entry& entry) {
  return entry.facts.expires && *entry.facts.expires <= std::chrono::system_clock::now();
}

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
  constexpr std::uint64_t kOrderNode = 64;    // a std::set node with its value
  std::uint64_t bytes = sizeof(Entry) + sizeof(Slot) + sizeof(Id) + kOrderNode + 6 * kAllocation + 2 * 32;
  bytes += DoorLock::doors() * (2 * alignof(OwnCount) + kAllocation);
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
  void let_go(Removed removed) noexcept;
  bool evict_one();
  void make_room(Reservation& space, std::uint64_t bytes);

  const std::uint64_t budget_;
  mutable std::array<Shard, kShards> shards_;

  /// Bytes of all shards, reserved before an entry goes in, so that the sum never exceeds the budget.
  std::atomic<std::uint64_t> bytes_{0};

  /// Orders uses. It counts the puts: a put stamps 2·epoch, a hit 2·epoch + 1, so that hits share a line they do not
  /// write. Hits between the same two puts tie.
  std::atomic<std::uint64_t> epoch_{0};
};

void MemoryTier::let_go(Removed removed) noexcept {
  const std::uint64_t bytes = removed.bytes;
  removed = {};
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

Result<EntryPtr> MemoryTier::get(const Key& key) {
  Shard& shard = shard_of(key.id());
  {
    DoorPass pass(shard.lock);
    Slot* slot = shard.find(key);
    if (slot && !has_expired(*slot->entry)) {
      const std::uint64_t now = 2 * epoch_.load(std::memory_order_relaxed) + 1;
      if (slot->used.load(std::memory_order_relaxed) < now) slot->used.store(now, std::memory_order_relaxed);
      ++pass.door().hits;
      EntryPtr& ours = slot->handed_out[pass.number()];
      if (!ours) ours = OwnCount::of(slot->entry);
      return ours;
    }
    ++pass.door().misses;
    if (!slot) return EntryPtr();
  }
  Removed expired;
  {
    const DoorsClosed closed(shard.lock);
    const Slot* slot = shard.find(key);
    if (slot && has_expired(*slot->entry)) expired = shard.take(key.id());
  }
  let_go(std::move(expired));
  return EntryPtr();
}

Result<std::optional<EntryInfo>> MemoryTier::peek(const Key& key) {
  EntryPtr entry;
  std::uint64_t bytes = 0;
  {
    Shard& shard = shard_of(key.id());
    const DoorPass pass(shard.lock);
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
      const DoorsClosed closed(shard.lock);
      const auto found = shard.slots.find(entry->key.id());
      if (found != shard.slots.end()) {
        const Entry& held = *found->second.entry;
        if (held.key == entry->key && coverage_of(held.artifact.attributes()) >= coverage && !has_expired(held)) {
          present = found->second.entry;
        } else {
          replaced = shard.take(entry->key.id());
        }
      }
      if (!present && reserved) {
        Slot& slot = shard.slots[entry->key.id()];
        slot.entry = entry;
        slot.bytes = bytes;
        shard.place(slot, next_put());
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
      const DoorsClosed closed(shard.lock);
      const auto found = shard.slots.find(entry->key.id());
      const std::uint64_t freed = found == shard.slots.end() ? 0 : found->second.bytes;
      if (!has_place) {
        replaced = shard.take(entry->key.id());
      } else if (space.bytes() + freed < bytes) {
        missing = bytes - freed - space.bytes();
        if (freed > 0) shard.place(found->second, next_put());  // the last to make room for its own successor
      } else {
        Slot& slot = shard.slots[entry->key.id()];
        replaced = {std::exchange(slot.entry, entry), space.bytes() + freed - bytes, std::exchange(slot.handed_out, {})};
        space.keep();
        slot.bytes = bytes;
        shard.place(slot, next_put());
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
    const DoorsClosed closed(shard.lock);
    const Slot* oldest = shard.oldest();
    if (oldest && oldest->placed < least) {
      least = oldest->placed;
      victim = &shard;
    }
  }
  if (!victim) return false;
  Removed removed;
  {
    const DoorsClosed closed(victim->lock);
    const Slot* oldest = victim->oldest();
    if (!oldest) return true;  // somebody was faster: look again
    removed = victim->take(oldest->entry->key.id());
    ++victim->evictions;
  }
  let_go(std::move(removed));
  return true;
}

Result<bool> MemoryTier::erase(const Key& key) {
  Removed removed;
  {
    Shard& shard = shard_of(key.id());
    const DoorsClosed closed(shard.lock);
    if (!shard.find(key)) return false;
    removed = shard.take(key.id());
  }
  let_go(std::move(removed));
  return true;
}

TierStats MemoryTier::stats() const {
  TierStats sum;
  for (Shard& shard : shards_) {
    const DoorsClosed closed(shard.lock);
    sum.hits += closed.hits();
    sum.misses += closed.misses();
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
