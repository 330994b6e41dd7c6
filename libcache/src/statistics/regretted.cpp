#include "statistics/regretted.hpp"

#include <almanac/cache/removal.hpp>

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <vector>

namespace almanac::cache {

void count_regretted(const Statistics& sum, std::span<Statistics> journals, const std::filesystem::path& root) {
  using Times = std::vector<std::chrono::system_clock::time_point>;
  std::unordered_map<Id, Times> evicted;
  const auto is_made_in = [&](const Id& id) {
    return std::ranges::any_of(journals, [&](const Statistics& journal) {
      const auto used = journal.used.find(id);
      return used != journal.used.end() && used->second.computed.time_since_epoch().count() > 0;
    });
  };
  (void)RemovalLog::read(root, [&](const Removal& removal) {
    if (removal.reason == RemovalReason::capacity && is_made_in(removal.id)) evicted[removal.id].push_back(removal.when);
    return true;
  });
  for (const auto& [id, times] : evicted) {
    std::vector<std::pair<std::chrono::system_clock::time_point, Statistics*>> made;
    for (Statistics& journal : journals) {
      const auto used = journal.used.find(id);
      if (used != journal.used.end() && used->second.computed.time_since_epoch().count() > 0) made.emplace_back(used->second.computed, &journal);
    }
    std::ranges::sort(made, {}, &decltype(made)::value_type::first);
    const auto known = sum.used.find(id);
    // Of a key that may have been dropped from a full list nobody knows when it was made before: then only what comes from now on counts.
    const bool may_be_forgotten = sum.used.size() >= Statistics::kMostKeys / 2;
    const auto never = may_be_forgotten ? sum.until : std::chrono::system_clock::time_point{};
    auto before = known == sum.used.end() ? never : known->second.computed;
    for (const auto& again : made) {
      const bool was_evicted = std::ranges::any_of(times, [&](auto time) { return time > before && time <= again.first; });
      before = std::max(before, again.first);
      if (!was_evicted) continue;
      const std::string& text = again.second->used.at(id).text;
      ++again.second->kinds[text.substr(0, text.find('@'))].would_have_hit;
    }
  }
}

}  // namespace almanac::cache
