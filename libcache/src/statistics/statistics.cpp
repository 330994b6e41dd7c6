#include <almanac/cache/statistics.hpp>

#include "statistics/saturated.hpp"

#include <algorithm>
#include <iterator>

namespace almanac::cache {
namespace {

void add_day(DayCounts& sum, const DayCounts& more) noexcept {
  sum.requests = saturated_sum(sum.requests, more.requests);
  sum.hits = saturated_sum(sum.hits, more.hits);
  sum.bytes = saturated_sum(sum.bytes, more.bytes);
  sum.saved = saturated_sum(sum.saved, more.saved);
  if (more.surveyed >= sum.surveyed) {
    sum.surveyed = more.surveyed;
    sum.held_entries = more.held_entries;
    sum.held_bytes = more.held_bytes;
  }
}

void add_key(UsedKey& sum, const UsedKey& more) {
  if (sum.text.empty()) sum.text = more.text;
  if (sum.text != more.text) return;  // two keys of one id: the first one stays
  sum.uses = saturated_sum(sum.uses, more.uses);
  sum.computed = std::max(sum.computed, more.computed);
  sum.coverage = std::max(sum.coverage, more.coverage);
  if (more.last_use < sum.last_use) return;
  sum.last_use = more.last_use;
  sum.cost = more.cost;
  sum.bytes = more.bytes;
}

}  // namespace

KindMetrics Statistics::all_kinds() const {
  KindMetrics sum;
  for (const auto& [name, kind] : kinds) cache::add(sum, kind);
  return sum;
}

void Statistics::add(const Statistics& more) {
  for (const auto& [name, kind] : more.kinds) cache::add(kinds[name], kind);
  for (const auto& [name, tier] : more.tiers) cache::add(tiers[name], tier);
  for (const auto& [name, speed] : more.speeds) {
    if (const auto there = speeds.find(name); there == speeds.end() || there->second.learned <= speed.learned) speeds[name] = speed;
  }
  for (const auto& [number, day] : more.days) add_day(days[number], day);
  for (const auto& [id, key] : more.used) add_key(used[id], key);
  processes = saturated_sum(processes, more.processes);
  uptime = saturated_sum(uptime, more.uptime);
  since = std::min(since, more.since);
  until = std::max(until, more.until);
  keep_within_bounds();
}

void Statistics::keep_within_bounds() {
  while (days.size() > kMostDays) days.erase(days.begin());
  if (kinds.size() > kMostKinds) {
    std::vector<std::pair<std::uint64_t, std::string>> by_requests;
    for (const auto& [name, kind] : kinds) by_requests.emplace_back(requests_of(kind), name);
    std::ranges::sort(by_requests, std::greater<>());
    for (std::size_t place = kMostKinds; place < by_requests.size(); ++place) kinds.erase(by_requests[place].second);
  }
  if (used.size() <= kMostKeys) return;
  // What is of no worth any more makes room for what comes: a quarter at once.
  std::vector<std::pair<double, Id>> by_worth;
  for (const auto& [id, key] : used) by_worth.emplace_back(key.worth(), id);
  const auto kept = by_worth.begin() + static_cast<std::ptrdiff_t>(kMostKeys - kMostKeys / 4);
  std::ranges::nth_element(by_worth, kept, std::greater<>());
  for (auto at = kept; at != by_worth.end(); ++at) used.erase(at->second);
}

std::vector<const UsedKey*> Statistics::by_worth() const {
  std::vector<const UsedKey*> all;
  for (const auto& [id, key] : used) all.push_back(&key);
  std::ranges::sort(all, [](const UsedKey* a, const UsedKey* b) {
    return a->worth() != b->worth() ? a->worth() > b->worth() : a->text < b->text;
  });
  return all;
}

}  // namespace almanac::cache
