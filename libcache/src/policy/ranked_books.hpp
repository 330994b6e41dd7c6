#pragma once

#include "policy/frequency_history.hpp"
#include "policy/ranking.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace almanac::cache {

/// The books of any policy: what differs is the rank, and whether there are a history and an admission. Its steps are apart,
/// so that uses that somebody noted elsewhere can be entered where they matter: a rank only rises by them, so whoever has the
/// lowest one in the books, and no uses to enter, has the lowest of all.
/// Threads: one caller at a time
class RankedBooks {
 public:
  explicit RankedBooks(Policy policy) : policy_(policy) {
    if (policy == Policy::gdsf) history_.emplace();
  }

  Policy policy() const noexcept { return policy_; }
  std::size_t size() const noexcept { return held_.size(); }
  bool holds(const Id& id) const { return held_.contains(id); }

  /// A newcomer as it stands at its arrival; asking is noted in the history.
  Standing standing_of(const Candidate& newcomer, std::uint64_t arrival);

  enum class Answer { leave, refuse, too_few };
  /// Who would have to leave for it, the lowest first, but for `spared`. Refuse: one of them ranks above it, where the policy
  /// minds. Nothing changes.
  Answer propose(const Standing& newcomer, Shortage shortage, std::vector<Id>& leaving, const Id& spared) const;

  /// Takes it in, in place of what came earlier under this id; not where what is there came later. What became known of it
  /// since it arrived counts.
  void insert(const Id& id, const Standing& standing);

  /// It was used so often, the last time then. False: it is not held.
  bool use(const Id& id, std::uint64_t hits, std::uint64_t used);

  /// Takes it out, to make room. Gives how it stood; nothing: it is not held.
  std::optional<Standing> evict(const Id& id);

  /// Takes it out for another reason, if it came then; 0: whenever it came.
  bool erase(const Id& id, std::uint64_t arrival = 0);

 private:
  struct Position {
    double rank = 0;
    std::uint64_t since = 0;
    Id id{};
    friend bool operator<(const Position& a, const Position& b) noexcept {
      return std::tie(a.rank, a.since, a.id) < std::tie(b.rank, b.since, b.id);
    }
  };
  struct Held {
    Standing standing;
    Position position;
  };
  using Books = std::unordered_map<Id, Held>;

  void place(const Id& id, Held& held);
  void remove(Books::iterator held);

  const Policy policy_;
  Books held_;
  std::set<Position> order_;
  RisingLevel level_;
  std::optional<FrequencyHistory> history_;
};

}  // namespace almanac::cache
