#include "array_memory.hpp"
#include "checksum.hpp"
#include "compression/packed_bytes.hpp"
#include "expiry.hpp"
#include "load_model.hpp"
#include "memory_footprint.hpp"
#include "mutex.hpp"

#include <almanac/cache/tiers.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

/// An entry whose arrays are packed; what is small of it stays as it is.
struct PackedEntry {
  struct PackedArray {
    std::string name;
    Type type;
    std::vector<std::int64_t> shape;
    std::uint64_t bytes = 0;
    std::uint64_t checksum = 0;
    std::vector<std::byte> packed;
  };
  Key key;
  EntryFacts facts;
  Attributes attributes;
  std::vector<PackedArray> arrays;
  std::uint64_t footprint = 0;
};
using PackedPtr = std::shared_ptr<const PackedEntry>;

/// What does not shrink is not tried again and again.
class GivingUp {
 public:
  bool is_worth_a_try(const std::string& kind) {
    const auto found = in_a_row_.find(kind);
    return found == in_a_row_.end() || found->second < kInARow || ++found->second % kNowAndThen == 0;
  }
  void shrank(const std::string& kind) { in_a_row_.erase(kind); }
  void did_not(const std::string& kind) { ++in_a_row_[kind]; }

 private:
  static constexpr std::uint64_t kInARow = 8, kNowAndThen = 64;
  std::map<std::string, std::uint64_t, std::less<>> in_a_row_;
};

class CompressedMemoryTier final : public Tier {
 public:
  explicit CompressedMemoryTier(const CompressedMemoryOptions& options) : options_(options), books_(make_policy(options.policy)) {}

  std::string_view name() const noexcept override { return "compressed"; }
  bool is_fed_by_demotion() const noexcept override { return true; }
  Result<EntryPtr> get(const Key& key) override;
  Result<std::optional<EntryInfo>> peek(const Key& key) override;
  Result<EntryPtr> put(const EntryPtr& entry) override;
  Result<EntryPtr> replace(const EntryPtr& entry) override;
  Result<bool> erase(const Key& key) override { return drop(key.id(), &key) != nullptr; }
  std::uint64_t erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant) override;
  TierStats stats() const override;

 private:
  PackedPtr find(const Key& key, bool is_use);
  PackedPtr pack(const EntryPtr& entry);
  EntryPtr unpack(const PackedEntry& packed);
  /// Takes it out; `key`, if given, has to be its own. Nothing ← it was not there.
  PackedPtr drop(const Id& id, const Key* key);
  enum class Mode { first_wins, replace };
  /// Puts it in place of what is there, if the policy lets it in. Gives what stays in its place as it is: it reaches as far.
  PackedPtr keep(PackedPtr packed, Mode mode, std::uint64_t generation);
  std::uint64_t generation();

  const CompressedMemoryOptions options_;
  LoadModel decompressing_;
  std::atomic<std::uint64_t> hits_{0}, misses_{0}, puts_{0}, evictions_{0}, corruptions_{0};
  mutable Mutex mutex_;
  std::unordered_map<Id, PackedPtr> held_ ALMANAC_GUARDED_BY(mutex_);
  std::unique_ptr<EvictionPolicy> books_ ALMANAC_GUARDED_BY(mutex_);
  GivingUp giving_up_ ALMANAC_GUARDED_BY(mutex_);
  std::uint64_t bytes_ ALMANAC_GUARDED_BY(mutex_) = 0;
  std::uint64_t generation_ ALMANAC_GUARDED_BY(mutex_) = 0;  // raised by whatever takes something away: what was begun before is not kept
};

PackedPtr CompressedMemoryTier::find(const Key& key, bool is_use) {
  PackedPtr expired;  // let go of without the lock
  const MutexLock lock(mutex_);
  const auto found = held_.find(key.id());
  if (found == held_.end() || found->second->key != key) return nullptr;
  if (!is_expired(found->second->facts)) {
    if (is_use) books_->hit(key.id());
    return found->second;
  }
  expired = std::move(found->second);
  bytes_ -= expired->footprint;
  books_->erase(key.id());
  held_.erase(found);
  return nullptr;
}

PackedPtr CompressedMemoryTier::drop(const Id& id, const Key* key) {
  const MutexLock lock(mutex_);
  ++generation_;
  const auto found = held_.find(id);
  if (found == held_.end() || (key != nullptr && found->second->key != *key)) return nullptr;
  PackedPtr dropped = std::move(found->second);
  bytes_ -= dropped->footprint;
  books_->erase(id);
  held_.erase(found);
  return dropped;
}

PackedPtr CompressedMemoryTier::pack(const EntryPtr& entry) {
  const std::uint64_t raw = entry->artifact.bytes();
  if (raw < options_.threshold || is_expired(entry->facts)) return nullptr;
  const bool is_made_sooner = entry->facts.cost.count() > 0 && entry->facts.cost <= decompressing_.predict(raw);
  if (is_made_sooner) return nullptr;
  const std::string kind(entry->key.kind());
  {
    const MutexLock lock(mutex_);
    if (!giving_up_.is_worth_a_try(kind)) return nullptr;
  }
  auto packed = std::make_shared<PackedEntry>(PackedEntry{entry->key, entry->facts, entry->artifact.attributes(), {}, 0});
  packed->footprint = sizeof(PackedEntry) + footprint_of(*entry) - raw;
  for (const Array& array : entry->artifact.arrays()) {
    const std::span bytes(array.data(), array.bytes());
    auto small = pack_bytes(bytes, size_of(array.type()), options_.least_saving);
    if (!small) {
      const MutexLock lock(mutex_);
      giving_up_.did_not(kind);
      return nullptr;
    }
    packed->footprint += sizeof(PackedEntry::PackedArray) + small->capacity();
    packed->arrays.push_back({array.name(), array.type(), array.shape(), array.bytes(), checksum64(bytes), *std::move(small)});
  }
  const MutexLock lock(mutex_);
  giving_up_.shrank(kind);
  return packed;
}

EntryPtr CompressedMemoryTier::unpack(const PackedEntry& packed) {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Array> arrays;
  for (const auto& array : packed.arrays) {
    const auto memory = allocate_aligned(static_cast<std::size_t>(array.bytes));
    if (!memory && array.bytes > 0) return nullptr;
    const std::span to(memory.get(), static_cast<std::size_t>(array.bytes));
    if (!unpack_bytes(array.packed, size_of(array.type), to) || checksum64(to) != array.checksum) {
      corruptions_.fetch_add(1, std::memory_order_relaxed);
      drop(packed.key.id(), &packed.key);
      return nullptr;
    }
    arrays.emplace_back(array.name, array.type, array.shape, array.bytes > 0 ? memory.get() : nullptr, memory);
  }
  auto entry = std::make_shared<const Entry>(Entry{packed.key, Artifact(std::move(arrays), packed.attributes), packed.facts});
  decompressing_.learn(entry->artifact.bytes(), std::chrono::steady_clock::now() - begin);
  return entry;
}

std::uint64_t CompressedMemoryTier::generation() {
  const MutexLock lock(mutex_);
  return generation_;
}

PackedPtr CompressedMemoryTier::keep(PackedPtr packed, Mode mode, std::uint64_t generation) {
  const Id id = packed->key.id();
  std::vector<PackedPtr> leaving;  // let go of without the lock
  std::vector<Id> victims;
  const MutexLock lock(mutex_);
  if (mode == Mode::first_wins && generation != generation_) return nullptr;
  if (const auto found = held_.find(id); found != held_.end()) {
    const PackedEntry& there = *found->second;
    const bool is_as_good = there.key == packed->key && !is_expired(there.facts) && coverage_of(there.attributes) >= coverage_of(packed->attributes);
    if (mode == Mode::first_wins && is_as_good) return found->second;
    bytes_ -= there.footprint;
    books_->erase(id);
    leaving.push_back(std::move(found->second));
    held_.erase(found);
  }
  if (packed->footprint > options_.budget_bytes) return nullptr;
  const std::uint64_t room = options_.budget_bytes - packed->footprint;
  const Shortage shortage{bytes_ > room ? bytes_ - room : 0, 0};
  if (!books_->admit({id, packed->footprint, packed->facts.cost, packed->facts.expires}, shortage, victims)) return nullptr;
  for (const Id& victim : victims) {
    const auto found = held_.find(victim);
    bytes_ -= found->second->footprint;
    leaving.push_back(std::move(found->second));
    held_.erase(found);
  }
  evictions_.fetch_add(victims.size(), std::memory_order_relaxed);
  puts_.fetch_add(1, std::memory_order_relaxed);
  bytes_ += packed->footprint;
  held_.emplace(id, std::move(packed));
  return nullptr;
}

Result<EntryPtr> CompressedMemoryTier::get(const Key& key) {
  const PackedPtr packed = find(key, true);
  EntryPtr entry = packed ? unpack(*packed) : nullptr;
  (entry ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  return entry;
}

Result<std::optional<EntryInfo>> CompressedMemoryTier::peek(const Key& key) {
  const PackedPtr packed = find(key, false);
  if (!packed) return std::optional<EntryInfo>();
  EntryInfo info{packed->key, packed->facts, packed->attributes, {}, packed->footprint, {}, {}};
  for (const auto& array : packed->arrays) info.arrays.push_back({array.name, array.type, array.shape, array.bytes, array.packed.size()});
  return std::optional<EntryInfo>(std::move(info));
}

Result<EntryPtr> CompressedMemoryTier::put(const EntryPtr& entry) {
  if (!entry) return Error{ErrorCode::invalid_argument, "compressed: put of no entry"};
  std::uint64_t begun = generation();
  PackedPtr present = find(entry->key, false);
  if (present && coverage_of(present->attributes) < coverage_of(entry->artifact.attributes())) {
    drop(entry->key.id(), &entry->key);
    begun = generation();
    present = nullptr;
  }
  if (!present) {
    if (PackedPtr packed = pack(entry)) present = keep(std::move(packed), Mode::first_wins, begun);
  }
  EntryPtr there = present ? unpack(*present) : nullptr;
  return there ? there : entry;
}

Result<EntryPtr> CompressedMemoryTier::replace(const EntryPtr& entry) {
  if (!entry) return Error{ErrorCode::invalid_argument, "compressed: replace by no entry"};
  if (PackedPtr packed = pack(entry)) {
    keep(std::move(packed), Mode::replace, 0);
  } else {
    drop(entry->key.id(), nullptr);
  }
  return entry;
}

std::uint64_t CompressedMemoryTier::erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant) {
  std::vector<PackedPtr> all;
  {
    const MutexLock lock(mutex_);
    ++generation_;
    for (const auto& [id, packed] : held_) all.push_back(packed);
  }
  std::uint64_t erased = 0;
  for (const PackedPtr& packed : all) {
    if (is_meant(packed->key, packed->facts) && drop(packed->key.id(), &packed->key)) ++erased;
  }
  return erased;
}

TierStats CompressedMemoryTier::stats() const {
  TierStats stats;
  stats.hits = hits_;
  stats.misses = misses_;
  stats.puts = puts_;
  stats.evictions = evictions_;
  stats.corruptions = corruptions_;
  const MutexLock lock(mutex_);
  stats.entries = held_.size();
  stats.bytes = bytes_;
  return stats;
}

}  // namespace

std::unique_ptr<Tier> make_compressed_memory_tier(const CompressedMemoryOptions& options) {
  return std::make_unique<CompressedMemoryTier>(options);
}

}  // namespace almanac::cache
