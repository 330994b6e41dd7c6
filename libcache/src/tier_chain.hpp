#pragma once

#include "load_model.hpp"
#include "warnings.hpp"

#include <almanac/cache/metrics.hpp>
#include <almanac/cache/tier.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::cache {

/// True when the entry reaches far enough.
inline bool reaches(const EntryPtr& entry, std::int64_t coverage) noexcept {
  return entry && (coverage <= 0 || coverage_of(entry->artifact.attributes()) >= coverage);
}

/// The one that reaches farther; `a` when neither does.
EntryPtr farther(EntryPtr a, EntryPtr b) noexcept;

/// The tiers from the nearest to the farthest, as one place. A tier that fails, or throws, is counted, warned
/// of once a cause, and passed over. How long loading takes from each tier but memory is learned from its hits.
/// Threads: thread-safe; holds no lock.
class TierChain {
 public:
  TierChain(std::vector<std::unique_ptr<Tier>> tiers, Warnings& warnings);

  std::size_t size() const noexcept { return stages_.size(); }
  std::string_view name(std::size_t index) const noexcept { return stages_[index].name; }

  /// What this tier alone has; nullptr: nothing.
  EntryPtr get(std::size_t index, const Key& key);

  struct Found {
    EntryPtr entry;         ///< nullptr: nobody has it
    std::size_t index = 0;  ///< of the tier that had it
  };

  /// The nearest entry that reaches far enough, from tier `first` on. What reaches less far is left in
  /// `prior` if it is the farthest so far.
  Found look(const Key& key, std::int64_t coverage, std::size_t first, EntryPtr& prior);

  /// The same, for looking again: reads headers first, which no tier counts as a miss, and arrays only
  /// where they are of use.
  Found look_again(const Key& key, std::int64_t coverage, std::size_t first, std::size_t last, EntryPtr& prior);

  /// Puts what was found in tier `index` into those before it. Gives what to hand out.
  EntryPtr promote(EntryPtr entry, std::size_t index) { return put_before(std::move(entry), index); }

  /// Puts it into every tier, the farthest first: if another process was faster there, its entry is what the nearer
  /// tiers get and what is handed out, bit for bit.
  EntryPtr store(EntryPtr entry) { return put_before(std::move(entry), size()); }

  struct Stored {
    EntryPtr entry;           ///< to hand out
    bool passed_by = false;   ///< not every tier was given it
  };

  /// The same, but into a tier beyond memory only where `cost` exceeds `factor` times what loading it from there will
  /// probably take, or where an entry is there already, which this one may reach beyond. Factor 0: everywhere.
  Stored store_if_worthwhile(EntryPtr entry, std::chrono::nanoseconds cost, double factor);

  /// Puts it into every tier in place of what is there, the farthest first; what that gives back is what the nearer get.
  /// Nothing is erased before: whoever dies on the way leaves the one or the other in each.
  EntryPtr replace(EntryPtr entry);

  /// What is known from headers: the nearest of those that reach farthest.
  std::optional<EntryInfo> peek(const Key& key);

  /// Removes it everywhere; true if any had it.
  bool erase(const Key& key);

  std::map<std::string, TierStats, std::less<>> stats() const;

 private:
  struct Stage {
    std::unique_ptr<Tier> tier;
    std::string_view name;
    std::unique_ptr<LoadModel> loading;  ///< nullptr: memory, which has it at once
    std::unique_ptr<std::atomic<std::uint64_t>> errors = std::make_unique<std::atomic<std::uint64_t>>(0);
  };

  /// The call's value; `otherwise` ← it failed, which is taken note of.
  template <class T, class Call>
  T ask(std::size_t index, std::string_view what, T otherwise, Call&& call);
  void note(std::size_t index, std::string_view what, const Error& error);
  EntryPtr put(std::size_t index, EntryPtr entry);
  EntryPtr put_before(EntryPtr entry, std::size_t end);
  bool is_worthwhile(std::size_t index, const Entry& entry, std::chrono::nanoseconds cost, double factor);

  std::vector<Stage> stages_;
  Warnings& warnings_;
};

}  // namespace almanac::cache
