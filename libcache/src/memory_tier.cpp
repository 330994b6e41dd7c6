#include <almanac/cache/tiers.hpp>

#include "evicted_keys.hpp"
#include "array_memory.hpp"
#include "expiry.hpp"
#include "memory_footprint.hpp"
#include "memory_room.hpp"
#include "memory_shard.hpp"
#include "mutex.hpp"
#include "policy/ranked_books.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

constexpr std::size_t kShards = 32;
constexpr std::chrono::nanoseconds kLeastCost{1000};  // what an entry is worth whose cost nobody measured
/// What is freed lies about in the allocator's arenas, one for each few threads, and would be half of the budget once more.
constexpr std::uint64_t kFreedBeforeReturned = 16'000'000;
constexpr int kMostRounds = 64;                        // of marks, before somebody has to leave
constexpr std::chrono::nanoseconds kBetweenBudgets = std::chrono::seconds(1);

/// Worth whatever has to leave for it.
constexpr Standing kForemost{.bytes = 1, .cost = std::chrono::nanoseconds::max(), .hits = 1 << 20};

bool has_expired(const Entry& entry) { return is_expired(entry.facts); }

Candidate candidate_of(const Entry& entry, std::uint64_t bytes) {
  return {entry.key.id(), bytes, std::max(entry.facts.cost, kLeastCost), entry.facts.expires};
}

class MemoryTier final : public Tier {
 public:
  explicit MemoryTier(const MemoryOptions& options)
      : accounts_{{options.budget_bytes}, {options.max_entries}}, books_(options.policy), demoted_(options.demoted),
        budget_(options.budget) {}

  std::string_view name() const noexcept override { return "memory"; }
  Result<EntryPtr> get(const Key& key) override;
  Result<std::optional<EntryInfo>> peek(const Key& key) override;
  Result<EntryPtr> put(const EntryPtr& entry) override;
  Result<EntryPtr> replace(const EntryPtr& entry) override;
  Result<bool> erase(const Key& key) override;
  std::uint64_t erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant) override;
  TierStats stats() const override;
  bool counts_uses() const noexcept override { return true; }
  void take_uses(const VisitUse& visit) override ALMANAC_EXCLUDES(gone_lock_);

 private:
  // Shards by the high half of the id, buckets by the low half: the two are independent.
  Shard& shard_of(const Id& id) noexcept { return shards_[id.high % kShards]; }

  std::uint64_t next_put() noexcept { return 2 * (epoch_.fetch_add(1, std::memory_order_relaxed) + 1); }

  /// Whether it fits at all, and is not past its time.
  bool has_place(const Entry& entry, std::uint64_t bytes) const {
    return bytes <= accounts_.bytes.budget && accounts_.entries.budget > 0 && !has_expired(entry);
  }
  void follow_budget();
  Standing stand(const Entry& entry, std::uint64_t bytes) ALMANAC_EXCLUDES(books_lock_);
  void enter(const Id& id, const Standing& standing) ALMANAC_EXCLUDES(books_lock_);
  void sign_off(const Id& id, Removed removed) ALMANAC_EXCLUDES(books_lock_);
  void let_go(Removed removed) noexcept;
  void remember_uses(const Removed& removed) noexcept ALMANAC_EXCLUDES(gone_lock_);
  bool make_room(Reservation& space, Shortage room, const Standing& newcomer, const Id& id);
  void demote(const Id& victim, std::uint64_t arrival) noexcept;
  bool evict(Shortage shortage, const Standing& newcomer, const Id& id) ALMANAC_EXCLUDES(books_lock_);

  Accounts accounts_;
  mutable std::array<Shard, kShards> shards_;

  /// Orders uses. It counts the puts: a put stamps 2·epoch, a hit 2·epoch + 1, so that hits share a line they do not
  /// write. Hits between the same two puts tie.
  std::atomic<std::uint64_t> epoch_{0};

  /// Who is to leave. An entry is in its shard first and in the books then, and leaves them in any order: the books may name
  /// one that is gone, which frees nothing, and every one that is there gets into them.
  Mutex books_lock_;
  RankedBooks books_ ALMANAC_GUARDED_BY(books_lock_);
  const std::function<void(const EntryPtr&)> demoted_;
  std::atomic<std::uint64_t> freed_{0};  // by what made room

  const std::function<std::uint64_t(std::uint64_t)> budget_;
  std::atomic<std::int64_t> budget_asked_{std::numeric_limits<std::int64_t>::min() / 2};  ///< when, of the steady clock

  EvictedKeys evicted_;
  std::atomic<std::uint64_t> would_have_hit_{0};

  /// Uses of what is not here any more, for who asks for uses; kept as soon as somebody has asked once.
  struct Gone {
    Key key;
    std::uint64_t uses;
    std::chrono::nanoseconds cost;
    std::uint64_t bytes;
  };
  static constexpr std::size_t kMostGone = 4096;
  std::atomic<bool> are_uses_told_{false};
  Mutex gone_lock_;
  std::vector<Gone> gone_ ALMANAC_GUARDED_BY(gone_lock_);
};

void MemoryTier::take_uses(const VisitUse& visit) {
  are_uses_told_.store(true, std::memory_order_relaxed);
  std::vector<Gone> gone;
  {
    const MutexLock lock(gone_lock_);
    gone.swap(gone_);
  }
  for (const Gone& one : gone) visit(one.key, one.uses, one.cost, one.bytes);
  std::vector<std::pair<EntryPtr, std::uint64_t>> used;
  for (Shard& shard : shards_) {
    {
      const DoorsClosed closed(shard.lock);
      used.reserve(shard.slots.size());
      for (auto& [id, slot] : shard.slots) {
        if (const std::uint64_t uses = slot.take_uses(); uses > 0) used.emplace_back(slot.entry, uses);
      }
    }
    for (const auto& [entry, uses] : used) visit(entry->key, uses, entry->facts.cost, entry->artifact.bytes());
    used.clear();
  }
}

void MemoryTier::remember_uses(const Removed& removed) noexcept try {
  if (!removed.entry || removed.uses == 0 || !are_uses_told_.load(std::memory_order_relaxed)) return;
  Gone gone{removed.entry->key, removed.uses, removed.entry->facts.cost, removed.entry->artifact.bytes()};
  const MutexLock lock(gone_lock_);
  if (gone_.size() < kMostGone) gone_.push_back(std::move(gone));
} catch (const std::exception&) {  // no memory: not told
}

/// One of those who put asks for the budget, now and then. Those that it leaves no room leave first.
void MemoryTier::follow_budget() {
  if (!budget_) return;
  const std::int64_t now = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  std::int64_t asked = budget_asked_.load(std::memory_order_relaxed);
  if (now - asked < kBetweenBudgets.count() || !budget_asked_.compare_exchange_strong(asked, now, std::memory_order_relaxed)) return;
  Account& bytes = accounts_.bytes;
  bytes.budget.store(budget_(bytes.taken.load(std::memory_order_relaxed)), std::memory_order_relaxed);
  for (int round = 0; round < kMostRounds && bytes.excess() > 0; ++round) evict({bytes.excess(), 0}, kForemost, Id{});
}

Standing MemoryTier::stand(const Entry& entry, std::uint64_t bytes) {
  const std::uint64_t arrival = next_put();
  const MutexLock lock(books_lock_);
  return books_.standing_of(candidate_of(entry, bytes), arrival);
}

/// What there is no memory to enter does not stay: nobody would ever find that it is to leave.
void MemoryTier::enter(const Id& id, const Standing& standing) {
  try {
    const MutexLock lock(books_lock_);
    books_.insert(id, standing);
  } catch (...) {
    Removed removed;
    {
      Shard& shard = shard_of(id);
      const DoorsClosed closed(shard.lock);
      removed = shard.take(id, standing.came);
    }
    sign_off(id, std::move(removed));
    throw;
  }
}

/// It is out of its shard: so it is of the books, with what hits had left at it, and then its memory is free.
void MemoryTier::sign_off(const Id& id, Removed removed) {
  if (removed.entry) {
    const MutexLock lock(books_lock_);
    if (removed.marks.hits > 0) books_.use(id, removed.marks.hits, removed.marks.used);
    books_.erase(id, removed.arrival);
  }
  let_go(std::move(removed));
}

void MemoryTier::let_go(Removed removed) noexcept {
  const std::uint64_t bytes = removed.bytes, entries = removed.entries;
  remember_uses(removed);
  removed = {};
  accounts_.bytes.give_back(bytes);
  accounts_.entries.give_back(entries);
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
      std::shared_ptr<OwnCount>& ours = slot->handed_out[pass.number()];
      if (!ours) ours = OwnCount::of(slot->entry);
      EntryPtr found(ours, slot->entry.get());
      ++ours->hits;
      return found;
    }
    ++pass.door().misses;
    if (!slot && evicted_.take(key.id())) would_have_hit_.fetch_add(1, std::memory_order_relaxed);
    if (!slot) return EntryPtr();
  }
  Removed expired;
  {
    const DoorsClosed closed(shard.lock);
    const Slot* slot = shard.find(key);
    if (slot && has_expired(*slot->entry)) expired = shard.take(key.id());
  }
  sign_off(key.id(), std::move(expired));
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
  follow_budget();
  const std::uint64_t bytes = footprint_of(*entry);
  if (!has_place(*entry, bytes)) return entry;
  const std::int64_t coverage = coverage_of(entry->artifact.attributes());
  const Id& id = entry->key.id();
  Shard& shard = shard_of(id);

  // What gives way to this entry goes first; then space; then, since the lock was free meanwhile, a second look.
  Reservation space(accounts_);
  std::optional<Standing> standing;
  for (;;) {
    Removed replaced;
    EntryPtr present;
    {
      const DoorsClosed closed(shard.lock);
      const auto found = shard.slots.find(id);
      if (found != shard.slots.end()) {
        const Entry& held = *found->second.entry;
        if (held.key == entry->key && coverage_of(held.artifact.attributes()) >= coverage && !has_expired(held)) {
          present = found->second.entry;
        } else {
          replaced = shard.take(id);
        }
      }
      if (!present && standing) {
        shard.slots[id].exchange(entry, bytes, standing->came);
        ++shard.puts;
        space.keep();
      }
    }
    sign_off(id, std::move(replaced));
    if (present) return present;
    if (standing) {
      enter(id, *standing);
      return entry;
    }
    standing = stand(*entry, bytes);
    if (!make_room(space, {bytes, 1}, *standing, id)) return entry;
  }
}

/// The entry that is there gives its space to the new one in the step that changes them, so only what is missing is
/// reserved, and nobody finds neither; unless the new one has no place, or the policy gives it none.
Result<EntryPtr> MemoryTier::replace(const EntryPtr& entry) {
  if (!entry) return Error{ErrorCode::invalid_argument, "memory: replace by no entry"};
  follow_budget();
  const std::uint64_t bytes = footprint_of(*entry);
  const Id& id = entry->key.id();
  Shard& shard = shard_of(id);
  bool comes_in = has_place(*entry, bytes);
  const Standing standing = stand(*entry, bytes);
  Reservation space(accounts_);
  for (;;) {
    Removed replaced;
    Shortage missing;
    {
      const DoorsClosed closed(shard.lock);
      const auto found = shard.slots.find(id);
      const bool is_there = found != shard.slots.end();
      const std::uint64_t freed = is_there ? found->second.bytes : 0;
      const Shortage room = space.room();
      if (!comes_in) {
        replaced = shard.take(id);
      } else if (room.bytes + freed < bytes || (!is_there && room.entries == 0)) {
        missing = {bytes > freed ? bytes - freed : 0, is_there ? 0u : 1u};
      } else {
        Slot& slot = shard.slots[id];
        replaced = slot.exchange(entry, bytes, standing.came);
        replaced.bytes = room.bytes + freed - bytes;
        replaced.entries = room.entries + (is_there ? 1 : 0) - 1;
        ++shard.puts;
        space.keep();
      }
    }
    const bool is_done = missing.bytes == 0 && missing.entries == 0;
    sign_off(id, std::move(replaced));
    if (is_done) {
      if (comes_in) enter(id, standing);
      return entry;
    }
    space.give_back();  // nobody waits for room who has taken some
    comes_in = make_room(space, missing, standing, id);
  }
}

/// Evicts until there is room, and takes it. False: the newcomer is not worth what would have to leave.
bool MemoryTier::make_room(Reservation& space, Shortage room, const Standing& newcomer, const Id& id) {
  for (;;) {
    if (room.bytes > accounts_.bytes.budget.load(std::memory_order_relaxed)) return false;  // it became smaller
    const Shortage missing = space.take(room);
    if (missing.bytes == 0 && missing.entries == 0) return true;
    if (!evict(missing, newcomer, id)) return false;
  }
}

/// Takes out those that the books say are to leave, but for what is there under the newcomer's own id. False: it is not worth
/// them. Looking for them goes on until none was used since the books last heard of it: each look hears of some, and the
/// uses of one entry are heard of once, however many they are.
bool MemoryTier::evict(Shortage shortage, const Standing& newcomer, const Id& id) {
  std::vector<Id> leaving;
  std::vector<Marks> marks;
  std::vector<std::pair<Id, std::uint64_t>> victims;
  for (int round = 1; victims.empty(); ++round) {
    RankedBooks::Answer answer;
    {
      const MutexLock lock(books_lock_);
      answer = books_.propose(newcomer, shortage, leaving, id);
    }
    if (answer == RankedBooks::Answer::refuse) return false;
    if (answer == RankedBooks::Answer::too_few) {
      // The rest is on its way out, or reserved by others about to put their entries in, who wait for nobody.
      std::this_thread::yield();
      return true;
    }
    marks.clear();
    bool was_used = false;
    for (const Id& candidate : leaving) {
      Shard& shard = shard_of(candidate);
      const DoorsClosed closed(shard.lock);
      const auto found = shard.slots.find(candidate);
      marks.push_back(found == shard.slots.end() ? Marks{} : found->second.take_marks());
      was_used = was_used || marks.back().hits > 0;
    }
    const MutexLock lock(books_lock_);
    for (std::size_t place = 0; place < leaving.size(); ++place) {
      if (marks[place].hits > 0) books_.use(leaving[place], marks[place].hits, marks[place].used);
    }
    if (was_used && round < kMostRounds) continue;
    victims.reserve(leaving.size());  // those that have left the books must be let go of
    for (const Id& victim : leaving) {
      if (const auto standing = books_.evict(victim)) victims.emplace_back(victim, standing->came);
    }
    if (victims.empty()) return true;  // others were faster: look again at what is missing
  }
  for (const auto& [victim, arrival] : victims) {
    if (demoted_) demote(victim, arrival);
    Removed removed;
    {
      Shard& shard = shard_of(victim);
      const DoorsClosed closed(shard.lock);
      removed = shard.take(victim, arrival);
      if (removed.entry) ++shard.evictions;
    }
    if (removed.entry) evicted_.note(victim);
    const std::uint64_t bytes = removed.bytes;
    let_go(std::move(removed));
    const std::uint64_t before = freed_.fetch_add(bytes, std::memory_order_relaxed);
    if (before / kFreedBeforeReturned != (before + bytes) / kFreedBeforeReturned) return_free_memory();
  }
  return true;
}

/// While it is still here: who erases it meanwhile erases first here, and then where it goes.
void MemoryTier::demote(const Id& victim, std::uint64_t arrival) noexcept try {
  EntryPtr leaving;
  {
    Shard& shard = shard_of(victim);
    const DoorsClosed closed(shard.lock);
    const auto found = shard.slots.find(victim);
    if (found != shard.slots.end() && found->second.arrival == arrival) leaving = found->second.entry;
  }
  if (leaving) demoted_(leaving);
} catch (...) {
  // No memory: it is not kept there.
}

Result<bool> MemoryTier::erase(const Key& key) {
  Removed removed;
  {
    Shard& shard = shard_of(key.id());
    const DoorsClosed closed(shard.lock);
    if (!shard.find(key)) return false;
    removed = shard.take(key.id());
  }
  sign_off(key.id(), std::move(removed));
  return true;
}

std::uint64_t MemoryTier::erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant) {
  std::uint64_t erased = 0;
  for (Shard& shard : shards_) {
    std::vector<std::pair<EntryPtr, std::uint64_t>> held;
    {
      const DoorsClosed closed(shard.lock);
      held.reserve(shard.slots.size());
      for (const auto& [id, slot] : shard.slots) held.emplace_back(slot.entry, slot.arrival);
    }
    for (auto& [entry, arrival] : held) {
      if (!is_meant(entry->key, entry->facts)) continue;
      const Id id = entry->key.id();
      Removed removed;
      {
        const DoorsClosed closed(shard.lock);
        removed = shard.take(id, arrival);
      }
      if (removed.entry) ++erased;
      entry.reset();
      sign_off(id, std::move(removed));
    }
  }
  return erased;
}

TierStats MemoryTier::stats() const {
  TierStats sum;
  for (Shard& shard : shards_) {
    const DoorsClosed closed(shard.lock);
    sum.hits += closed.hits();
    sum.misses += closed.misses();
    sum.puts += shard.puts;
    sum.evictions += shard.evictions;
  }
  sum.would_have_hit = would_have_hit_.load(std::memory_order_relaxed);
  sum.entries = accounts_.entries.taken.load(std::memory_order_relaxed);
  sum.bytes = accounts_.bytes.taken.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace

std::unique_ptr<Tier> make_memory_tier(const MemoryOptions& options) { return std::make_unique<MemoryTier>(options); }

std::unique_ptr<Tier> make_memory_tier(std::uint64_t budget_bytes) { return make_memory_tier(MemoryOptions{.budget_bytes = budget_bytes}); }

}  // namespace almanac::cache
