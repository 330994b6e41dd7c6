#include "entries.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace almanac::cli {

bool for_each_entry(Context& context, std::string_view kind, const std::function<bool(const cache::EntryInfo&)>& visit) {
  bool any = false;
  const std::uint64_t errors = context.disk().stats().errors;
  const auto listed = context.disk().for_each([&](const cache::EntryInfo& entry) {
    if (!kind.empty() && entry.key.kind() != kind) return true;
    any = true;
    return visit(entry);
  });
  if (!listed) throw EnvironmentError(listed.error().message);
  if (!any && !kind.empty()) RecipeRegistry::builtin().at(kind);
  return context.disk().stats().errors == errors;
}

NamedEntry named_entry(const std::vector<std::string>& words) {
  NamedEntry named;
  const auto id = cache::Id::parse(words.front());
  if (words.size() == 1 && id.ok()) {
    named.id = *id;
    return named;
  }
  named.recipe = &RecipeRegistry::builtin().at(words.front());
  named.values = named.recipe->parse(parameter_texts({words.begin() + 1, words.end()}));
  named.request = named.recipe->request(named.values);
  named.id = named.request->key.id();
  return named;
}

FoundEntry find_entry(Context& context, const NamedEntry& named) {
  constexpr std::string_view kHowHealed = "it is made anew when it is next asked for by its parameters, or by almanac validate --repair";
  cache::DiskTier& disk = context.disk();
  const auto found = named.request ? disk.peek(named.request->key) : disk.peek(named.id);
  if (found.ok() && *found) return {*found, {}};
  const std::filesystem::path path = disk.path_of(named.id);
  std::error_code error;
  const bool is_there = std::filesystem::exists(std::filesystem::symlink_status(path, error));
  if (!found) {
    if (!is_there) throw EnvironmentError(found.error().message);
    return {std::nullopt, fmt::format("unreadable ({}), {}; {}", cache::to_string(found.error().code), found.error().message, kHowHealed)};
  }
  if (!is_there) return {std::nullopt, "not in the cache"};
  const auto header = disk.peek(named.id);
  if (header.ok() && *header) return {std::nullopt, fmt::format("expired, {}; {}", path.string(), kHowHealed)};
  return {std::nullopt, fmt::format("damaged, {} is no sound entry; {}", path.string(), kHowHealed)};
}

}  // namespace almanac::cli
