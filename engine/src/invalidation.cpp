#include <almanac/cache/invalidation.hpp>

#include <almanac/engine.hpp>

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

namespace almanac {
namespace {

/// What of an invalidation is in this process's memory. The disk goes first: a look-up in between promotes what it finds there.
class InMemory {
 public:
  InMemory(Engine& engine, const cache::Selection& selection) : engine_(engine), selection_(selection) { look(); }

  /// Ids of what is meant. What was made from it may be on disk where it is not.
  const std::vector<cache::Id>& meant() const noexcept { return meant_; }

  void is_gone(const cache::Id& id) {
    if (holds_any_) gone_.insert(id);
  }

  /// Removes what is meant, what is gone from the disk, and what was made from either. Gives what of it nobody knew of.
  cache::RemovalSum erase() {
    cache::RemovalSum alone;
    std::uint64_t erased = 0;
    do {
      erased = engine_.cache().erase_if([&](const cache::Key& key, const cache::EntryFacts& facts) {
        const auto is_gone = [this](const cache::Id& id) { return gone_.contains(id); };
        const bool was_on_disk = is_gone(key.id());
        if (!was_on_disk && !is_meant(key, facts) && std::ranges::none_of(facts.dependencies, is_gone)) return false;
        if (!was_on_disk) {
          ++alone.entries;
          alone.cost += facts.cost;
        }
        return gone_.insert(key.id()), true;
      });
    } while (erased > 0);
    return alone;
  }

 private:
  void look() {
    engine_.cache().erase_if([this](const cache::Key& key, const cache::EntryFacts& facts) {
      holds_any_ = true;
      if (is_meant(key, facts)) meant_.push_back(key.id());
      return false;
    });
  }

  /// When something in memory was last used nobody writes down; it follows the disk there.
  bool is_meant(const cache::Key& key, const cache::EntryFacts& facts) const {
    if (selection_.unused_for || !selection_.holds(key, facts, now_)) return false;
    if (selection_.tag.empty()) return true;
    cache::DiskTier* const disk = engine_.disk();
    if (disk == nullptr) return false;
    const auto tagged = disk->has_tag(selection_.tag, key.id());
    return tagged && *tagged;
  }

  Engine& engine_;
  const cache::Selection& selection_;
  const std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
  bool holds_any_ = false;
  std::vector<cache::Id> meant_;
  std::unordered_set<cache::Id> gone_;
};

}  // namespace

cache::Invalidated Engine::invalidate(const cache::Selection& selection, cache::InvalidationOptions options) {
  cache().flush();  // what is on its way to the disk would come in after us
  InMemory memory(*this, selection);
  cache::Invalidated done;
  if (disk() != nullptr && !disk()->problem()) {
    options.parents.insert(options.parents.end(), memory.meant().begin(), memory.meant().end());
    options.visit = [&memory, visit = std::move(options.visit)](const cache::EntryInfo& entry, cache::RemovalReason reason) {
      memory.is_gone(entry.key.id());
      if (visit) visit(entry, reason);
    };
    auto removed = cache::invalidate(*disk(), selection, options);
    if (!removed) {
      if (removed.error().code == cache::ErrorCode::invalid_argument) throw InputError(removed.error().message);
      throw EnvironmentError(removed.error().message);
    }
    done = *std::move(removed);
  }
  if (options.dry_run) return done;
  const cache::RemovalSum alone = memory.erase();
  if (disk() == nullptr) done.meant = alone;
  return done;
}

}  // namespace almanac
