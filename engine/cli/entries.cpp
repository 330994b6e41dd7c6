#include "entries.hpp"

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

}  // namespace almanac::cli
