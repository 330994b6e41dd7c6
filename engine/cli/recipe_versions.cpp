#include "recipe_versions.hpp"

#include "entries.hpp"
#include "json_list.hpp"
#include "table.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace almanac::cli {
namespace {

constexpr std::size_t kMostProducers = 100;  // told of one version

/// What is there of one version of one recipe.
struct OfVersion {
  std::uint64_t artifacts = 0, bytes = 0;
  std::chrono::nanoseconds cost{0};
  std::set<std::string> producers{};
  std::optional<std::chrono::system_clock::time_point> newest{};

  void add(const cache::EntryInfo& entry) {
    ++artifacts;
    bytes += entry.stored_bytes;
    cost += entry.facts.cost;
    if (producers.size() < kMostProducers) producers.insert(entry.facts.producer.version);
    newest = std::max(newest.value_or(entry.facts.created), entry.facts.created);
  }
};
using Versions = std::map<std::pair<std::string, int>, OfVersion>;

/// Whether this build makes that version; nullopt: no recipe of it does.
std::optional<bool> is_current(const std::string& kind, int version) {
  const Recipe* recipe = RecipeRegistry::builtin().find(kind);
  return recipe == nullptr ? std::nullopt : std::optional(recipe->version() == version);
}

Versions look_at_versions(Context& context, const std::string& kind) {
  Versions versions;
  for_each_entry(context, kind, [&](const cache::EntryInfo& entry) {
    versions[{std::string(entry.key.kind()), entry.key.version()}].add(entry);
    return true;
  });
  // Beside old ones stands what is made now, though nothing of it is there yet.
  for (const auto& recipe : RecipeRegistry::builtin().recipes()) {
    const std::string name(recipe->kind());
    const auto any = versions.lower_bound({name, 0});
    if (any != versions.end() && any->first.first == name) versions[{name, recipe->version()}];
  }
  return versions;
}

}  // namespace

void print_recipe_versions(Context& context, const std::string& kind) {
  const Versions versions = look_at_versions(context, kind);
  if (context.json) {
    JsonList list(context);
    for (const auto& [name, of] : versions) {
      const auto current = is_current(name.first, name.second);
      list.add({{"kind", name.first},
                {"version", name.second},
                {"current", current ? Json(*current) : Json()},
                {"artifacts", of.artifacts},
                {"bytes", of.bytes},
                {"cost", seconds(of.cost)},
                {"producers", of.producers},
                {"newest", of.newest ? Json(utc(*of.newest)) : Json()}});
    }
    return;
  }
  Table table({"kind", ">version", "current", ">artifacts", ">size", ">cost", "newest", "made by"});
  std::uint64_t old = 0;
  for (const auto& [name, of] : versions) {
    const auto current = is_current(name.first, name.second);
    if (current && !*current) old += of.artifacts;
    table.add({name.first, fmt::format("{}", name.second), !current ? "?" : *current ? "yes" : "no", fmt::format("{}", of.artifacts),
               format_size(of.bytes), format_duration(of.cost), of.newest ? utc(*of.newest) : "",
               fmt::format("{}", fmt::join(of.producers, " "))});
  }
  if (!table.empty()) fmt::print("{}", table.text());
  if (old > 0) context.note(fmt::format("{} of other versions than this build makes; almanac invalidate KIND --recipe-version N removes them", old));
}

}  // namespace almanac::cli
