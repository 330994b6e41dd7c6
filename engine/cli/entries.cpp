#include "entries.hpp"

#include <algorithm>

namespace almanac::cli {

std::vector<cache::EntryInfo> entries_of(Context& context, std::string_view kind) {
  std::vector<cache::EntryInfo> entries;
  const auto listed = context.disk().for_each([&](const cache::EntryInfo& entry) {
    if (kind.empty() || entry.key.kind() == kind) entries.push_back(entry);
    return true;
  });
  if (!listed) throw EnvironmentError(listed.error().message);
  if (entries.empty() && !kind.empty()) RecipeRegistry::builtin().at(kind);
  std::ranges::sort(entries, {}, [](const cache::EntryInfo& entry) -> const std::string& { return entry.key.text(); });
  return entries;
}

}  // namespace almanac::cli
