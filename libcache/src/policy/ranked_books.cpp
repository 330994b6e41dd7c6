#include "policy/ranked_books.hpp"

#include <algorithm>
#include <utility>

namespace almanac::cache {

Standing RankedBooks::standing_of(const Candidate& newcomer, std::uint64_t arrival) {
  Standing standing{.bytes = newcomer.bytes, .cost = newcomer.cost, .hits = 1, .came = arrival, .used = arrival};
  if (newcomer.expires) standing.expires = *newcomer.expires;
  if (history_) {
    standing.hits += history_->count(newcomer.id);
    history_->remember(newcomer.id, standing.hits);
  }
  return standing;
}

RankedBooks::Answer RankedBooks::propose(const Standing& newcomer, Shortage shortage, std::vector<Id>& leaving, const Id& spared) const {
  leaving.clear();
  const double rank = rank_of(policy_, newcomer, level_.value());
  std::uint64_t bytes = 0;
  for (auto next = order_.begin(); bytes < shortage.bytes || leaving.size() < shortage.entries; ++next) {
    if (next == order_.end()) return Answer::too_few;
    if (next->id == spared) continue;
    if (history_ && next->rank > rank) return Answer::refuse;
    bytes += held_.find(next->id)->second.standing.bytes;
    leaving.push_back(next->id);
  }
  return Answer::leave;
}

void RankedBooks::insert(const Id& id, const Standing& standing) {
  if (history_) history_->make_fit(held_.size() + 1);
  const auto [held, is_new] = held_.try_emplace(id);
  if (!is_new && held->second.standing.came > standing.came) return;
  held->second.standing = standing;
  if (history_) held->second.standing.hits = std::max<std::uint64_t>(standing.hits, history_->count(id));
  place(id, held->second);
}

bool RankedBooks::use(const Id& id, std::uint64_t hits, std::uint64_t used) {
  const auto held = held_.find(id);
  if (held == held_.end()) return false;
  held->second.standing.hits += hits;
  held->second.standing.used = std::max(held->second.standing.used, used);
  place(id, held->second);
  return true;
}

std::optional<Standing> RankedBooks::evict(const Id& id) {
  const auto held = held_.find(id);
  if (held == held_.end()) return std::nullopt;
  const Standing standing = held->second.standing;
  level_.evicted(held->second.position.rank, held_.size());
  remove(held);
  return standing;
}

bool RankedBooks::erase(const Id& id, std::uint64_t arrival) {
  const auto held = held_.find(id);
  if (held == held_.end() || (arrival != 0 && held->second.standing.came != arrival)) return false;
  remove(held);
  return true;
}

/// No memory is asked for but for the first time.
void RankedBooks::place(const Id& id, Held& held) {
  const bool by_arrival = policy_ == Policy::fifo || policy_ == Policy::ttl;
  const Position position{rank_of(policy_, held.standing, level_.value()), by_arrival ? held.standing.came : held.standing.used, id};
  if (auto node = order_.extract(held.position)) {
    node.value() = position;
    order_.insert(std::move(node));
  } else {
    order_.insert(position);
  }
  held.position = position;
}

void RankedBooks::remove(Books::iterator held) {
  if (history_) history_->remember(held->first, held->second.standing.hits);
  order_.erase(held->second.position);
  held_.erase(held);
}

}  // namespace almanac::cache
