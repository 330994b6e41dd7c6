#include <almanac/cache/invalidation.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <unordered_map>
#include <utility>

namespace almanac::cache {
namespace {

constexpr std::size_t kMostIds = 1 << 20;    // gathered before they are removed
constexpr std::size_t kMostUnlogged = 64;    // removals that a kill may cost the log
constexpr int kMostLooks = 4;                // at a place whose file is replaced under our eyes

/// One entry was made from another.
struct Edge {
  Id parent, child;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

/// One invalidation: a pass that sees who is meant and who was made from whom; then the cascades, what was made from others
/// before what it was made from; then the rest of what is meant.
class Invalidating {
 public:
  Invalidating(DiskTier& disk, const Selection& selection, const InvalidationOptions& options)
      : disk_(disk), log_(disk.root()), selection_(selection), options_(options) {}
  ~Invalidating() { write_log(0); }
  Invalidating(const Invalidating&) = delete;
  Invalidating& operator=(const Invalidating&) = delete;

  Result<Invalidated> run() {
    if (!selection_.tag.empty()) {
      if (const auto tagged = disk_.has_tag(selection_.tag, Id{}); !tagged) return tagged.error();
    }
    // What a process was killed on while it was taken away would come back after us.
    if (!options_.dry_run) disk_.clear_leftovers();
    if (const Status looked = look(true); !looked) return looked.error();
    find_cascades();
    for (const Id& id : cascades_) remove(id, true);
    while (!is_stopped()) {
      const std::uint64_t before = report_.meant.entries;
      for (const Id& id : meant_) {
        if (is_stopped()) break;
        if (!fates_.contains(id)) remove(id, false);
      }
      if (!is_full_ || report_.meant.entries == before) break;
      if (const Status looked = look(false); !looked) return looked.error();
    }
    return std::move(report_);
  }

 private:
  /// What is known of an entry that is in a cascade.
  enum class Fate { open, gone, stays };

  bool is_stopped() {
    if (!report_.interrupted && options_.stop && options_.stop()) report_.interrupted = true;
    return report_.interrupted;
  }

  void note(const Error& error) {
    if (!report_.trouble) report_.trouble = error;
  }

  bool is_meant(const EntryInfo& entry) {
    if (!selection_.holds(entry, now_)) return false;
    if (selection_.tag.empty()) return true;
    const auto tagged = disk_.has_tag(selection_.tag, entry.key.id());
    if (!tagged) note(tagged.error());
    return tagged && *tagged;
  }

  /// Gathers what is meant, some at a time; the first pass sees everything, and who was made from whom.
  Status look(bool first) {
    const std::uint64_t errors = disk_.stats().errors;
    meant_.clear();
    is_full_ = false;
    const Status listed = disk_.for_each([&](const EntryInfo& entry) {
      if (is_stopped()) return false;
      if (first) {
        for (const Id& parent : entry.facts.dependencies) edges_.push_back({parent, entry.key.id()});
      }
      if (options_.dry_run) {
        if (is_meant(entry)) take_note(entry, true);
      } else if (!is_full_ && is_meant(entry)) {
        meant_.push_back(entry.key.id());
        is_full_ = meant_.size() == kMostIds;
      }
      return first || !is_full_;
    });
    if (disk_.stats().errors != errors) note({ErrorCode::io, "some folders of the cache cannot be listed"});
    return listed;
  }

  std::span<const Edge> edges_from(const Id& parent) const {
    const auto first = std::ranges::lower_bound(edges_, parent, {}, &Edge::parent);
    return {first, std::ranges::upper_bound(first, edges_.end(), parent, {}, &Edge::parent)};
  }

  /// Whether an entry that others were made from goes. One that is asked for by its id goes whether it is there or not.
  bool is_doomed(const Id& id) {
    if (std::ranges::find(options_.parents, id) != options_.parents.end()) return true;
    if (std::ranges::find(selection_.ids, id) != selection_.ids.end()) {
      Selection rest = selection_;
      rest.ids.clear();
      if (rest.is_everything()) return true;
    }
    const auto entry = disk_.peek(id);
    if (!entry) note(entry.error());
    return entry && *entry && is_meant(**entry);
  }

  /// All that goes because of others, and those, each behind what was made from it.
  void find_cascades() {
    std::ranges::sort(edges_);
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());  // clang 14 cannot read std::ranges::unique
    struct Step {
      Id id;
      std::size_t next = 0;  // of its edges
    };
    std::vector<Step> path;
    for (std::size_t at = 0; at < edges_.size() && !is_stopped(); ++at) {
      const Id root = edges_[at].parent;
      if ((at > 0 && edges_[at - 1].parent == root) || fates_.contains(root) || !is_doomed(root)) continue;
      fates_.emplace(root, Fate::open);
      path.push_back({root});
      while (!path.empty()) {
        const auto edges = edges_from(path.back().id);
        if (path.back().next == edges.size()) {
          cascades_.push_back(path.back().id);
          path.pop_back();
          continue;
        }
        const Id child = edges[path.back().next++].child;
        if (fates_.emplace(child, Fate::open).second) path.push_back({child});
      }
    }
  }

  bool has_child_that_stays(const Id& id) const {
    return std::ranges::any_of(edges_from(id), [this](const Edge& edge) {
      const auto fate = fates_.find(edge.child);
      return fate != fates_.end() && fate->second == Fate::stays;
    });
  }

  void stays(const Id& id, bool in_cascade) {
    ++report_.failed;
    if (in_cascade) fates_[id] = Fate::stays;
  }

  RemovalReason reason_of(bool meant) const { return meant ? options_.reason : RemovalReason::dependency; }

  void take_note(const EntryInfo& entry, bool meant) {
    (meant ? report_.meant : report_.dependents).add(entry);
    if (options_.visit) options_.visit(entry, reason_of(meant));
  }

  /// Removes what is in this place, if it goes; `in_cascade`: it does, meant or not.
  void remove(const Id& id, bool in_cascade) {
    if (in_cascade && is_stopped()) {
      fates_[id] = Fate::stays;
      return;
    }
    for (int attempt = 0; attempt < kMostLooks; ++attempt) {
      const auto entry = disk_.peek(id);
      if (!entry) {
        note(entry.error());
        return stays(id, in_cascade);
      }
      const bool meant = *entry && is_meant(**entry);
      if (!*entry || (!meant && !in_cascade)) break;
      if (in_cascade && has_child_that_stays(id)) return stays(id, true);
      if (options_.dry_run) {
        if (!meant) take_note(**entry, meant);
        break;
      }
      const auto removed = disk_.remove(**entry, reason_of(meant), &unlogged_);
      if (!removed) {
        note(removed.error());
        return stays(id, in_cascade);
      }
      if (*removed) {
        write_log(kMostUnlogged);
        take_note(**entry, meant);
        break;
      }
    }
    if (in_cascade) fates_[id] = Fate::gone;
  }

  void write_log(std::size_t most_unlogged) {
    if (unlogged_.size() < most_unlogged || unlogged_.empty()) return;
    log_.append(unlogged_);
    unlogged_.clear();
  }

  DiskTier& disk_;
  const RemovalLog log_;
  const Selection& selection_;
  const InvalidationOptions& options_;
  const std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
  Invalidated report_;
  std::vector<Id> meant_;
  bool is_full_ = false;                     // there are more that are meant
  std::vector<Edge> edges_;                  // by parent, once they are sorted
  std::unordered_map<Id, Fate> fates_;
  std::vector<Id> cascades_;                 // in the order they go
  std::vector<Removal> unlogged_;
};

}  // namespace

void RemovalSum::add(const EntryInfo& entry) {
  ++entries;
  if (__builtin_add_overflow(bytes, entry.stored_bytes, &bytes)) bytes = std::numeric_limits<std::uint64_t>::max();
  const std::int64_t more = std::max<std::int64_t>(entry.facts.cost.count(), 0);
  cost = cost.count() > cost.max().count() - more ? cost.max() : cost + std::chrono::nanoseconds(more);
}

Result<Invalidated> invalidate(DiskTier& disk, const Selection& selection, const InvalidationOptions& options) {
  return Invalidating(disk, selection, options).run();
}

}  // namespace almanac::cache
