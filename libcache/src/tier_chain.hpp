#pragma once

#include "load_model.hpp"
#include "warnings.hpp"

#include <almanac/cache/appraisal.hpp>
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

/// Under which terms an artifact is offered to the tiers.
struct Terms {
  const KindSettings& settings;              ///< of its kind
  bool by_name = false;                      ///< stored whatever it costs
  std::optional<std::chrono::nanoseconds> cost{};  ///< nullopt: nobody knows yet
  double reuse = 1;                          ///< of its kind
};

/// What is offered, as far as terms go by it.
struct Offer {
  const Key& key;
  std::uint64_t bytes = 0;
  std::int64_t coverage = 0;
};

/// The tiers from the nearest to the farthest, as one place. A tier that fails, or throws, is counted, warned
/// of once a cause, and passed over. How long loading takes from each tier but memory, and storing there, is learned from its use.
/// Threads: thread-safe; holds no lock.
class TierChain {
 public:
  /// `speeds`: what is known of them, by their names.
  TierChain(std::vector<std::unique_ptr<Tier>> tiers, Warnings& warnings, const std::map<std::string, TierSpeed, std::less<>>& speeds = {},
            std::chrono::nanoseconds cold_start = {});

  std::size_t size() const noexcept { return stages_.size(); }
  std::string_view name(std::size_t index) const noexcept { return stages_[index].name; }
  std::vector<std::string_view> names() const;

  /// Which tier this is the name of, as name() gave it; 0: none.
  std::size_t index_of(std::string_view name) const noexcept {
    for (std::size_t index = 0; index < stages_.size(); ++index) {
      if (stages_[index].name.data() == name.data()) return index;
    }
    return 0;
  }

  /// As Tier::counts_uses and, of all that do, Tier::take_uses.
  bool counts_uses(std::size_t index) const noexcept { return stages_[index].counts_uses; }
  void take_uses(const Tier::VisitUse& visit);

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

  /// Puts what was found in tier `index` into those before it where its kind is kept. Gives what to hand out.
  EntryPtr promote(EntryPtr entry, std::size_t index, const KindSettings& settings) {
    return put_before(std::move(entry), index, settings);
  }

  /// Puts it into every tier where its kind is kept, the farthest first: if another process was faster there, its entry is what the
  /// nearer tiers get and what is handed out, bit for bit.
  EntryPtr store(EntryPtr entry, const KindSettings& settings) { return put_before(std::move(entry), size(), settings); }

  struct Stored {
    EntryPtr entry;           ///< to hand out
    bool passed_by = false;   ///< not every tier was given it
  };
  enum class Part { all, memory, beyond };

  /// The same, but into those tiers alone, of all or a part of them, whose judgement of it says so.
  Stored store_by_terms(EntryPtr entry, const Terms& terms, Part part = Part::all);

  /// Whether a tier would be given it, and by which reckoning.
  Appraisal::InTier judge(std::size_t index, const Offer& offer, const Terms& terms);

  /// True where the nearest tier is memory, and others are behind it that are given something.
  bool has_memory_in_front() const noexcept;

  /// True where one of the tiers beyond memory is given artifacts that are kept so.
  bool is_shared(const KindSettings& settings) const noexcept;

  /// Puts it into every tier where its kind is kept in place of what is there, the farthest first; what that gives back is what the
  /// nearer get. Nothing is erased there before: whoever dies on the way leaves the one or the other in each. Elsewhere it is erased.
  EntryPtr replace(EntryPtr entry, const KindSettings& settings);

  /// What is known from headers: the nearest of those that reach farthest.
  std::optional<EntryInfo> peek(const Key& key);

  /// Removes it everywhere; true if any had it.
  bool erase(const Key& key);

  /// Removes all that is meant, where a tier is this process's own; gives how many.
  std::uint64_t erase_if(const std::function<bool(const Key&, const EntryFacts&)>& is_meant);

  /// What one tier knows of it, from its header.
  std::optional<EntryInfo> peek(std::size_t index, const Key& key);

  std::map<std::string, TierStats, std::less<>> stats() const;
  std::map<std::string, TierSpeed, std::less<>> speeds() const;

 private:
  struct Stage {
    std::unique_ptr<Tier> tier;
    std::string_view name;
    std::unique_ptr<LoadModel> loading, writing;  ///< nullptr: memory, which has it at once
    bool is_fed_by_demotion = false;
    bool counts_uses = false;
    std::unique_ptr<std::atomic<std::uint64_t>> errors = std::make_unique<std::atomic<std::uint64_t>>(0);
  };

  /// The call's value; `otherwise` ← it failed, which is taken note of.
  template <class T, class Call>
  T ask(std::size_t index, std::string_view what, T otherwise, Call&& call);
  void note(std::size_t index, std::string_view what, const Error& error);
  EntryPtr put(std::size_t index, EntryPtr entry);
  EntryPtr put_before(EntryPtr entry, std::size_t end, const KindSettings& settings);
  void give_way(std::size_t index, const Entry& entry);
  void erase_demoted(const Key& key);
  bool erase(std::size_t index, const Key& key);
  bool is_kept(std::size_t index, const KindSettings& settings) const noexcept;

  std::vector<Stage> stages_;
  Warnings& warnings_;
  const std::chrono::nanoseconds cold_start_;
};

}  // namespace almanac::cache
