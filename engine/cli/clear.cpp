#include "context.hpp"
#include "entries.hpp"
#include "exit_code.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <utility>

namespace almanac::cli {
namespace {

struct ClearOptions {
  std::string kind;
  std::vector<std::string> parameters;
  bool all = false;
  bool yes = false;
};

struct Sum {
  std::uint64_t artifacts = 0, bytes = 0;

  void add(const cache::EntryInfo& entry) {
    ++artifacts;
    bytes += entry.stored_bytes;
  }
  std::string text() const { return fmt::format("{} artifact{}, {}", artifacts, artifacts == 1 ? "" : "s", format_size(bytes)); }
};

/// Asks on a terminal; elsewhere only --yes will do.
bool confirmed(const std::string& question) {
  if (isatty(STDIN_FILENO) != 1) throw InputError("clear: not asked on a terminal: add --yes");
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// Removes one entry and counts it, if it was there. Gives why it cannot be removed; empty: it is gone.
std::string remove(Context& context, const cache::EntryInfo& entry, Sum& removed) {
  const auto erased = context.disk().erase(entry.key);
  if (!erased) return erased.error().message;
  if (*erased) removed.add(entry);
  return "";
}

Sum remove_one(Context& context, const ClearOptions& options) {
  const Recipe& recipe = RecipeRegistry::builtin().at(options.kind);
  const cache::Key key = recipe.request(recipe.parse(parameter_texts(options.parameters))).key;
  const auto found = context.disk().peek(key);
  if (!found) throw EnvironmentError(found.error().message);
  Sum removed;
  const std::string trouble = *found ? remove(context, **found, removed) : "";
  if (!trouble.empty()) throw EnvironmentError(trouble);
  return removed;
}

/// Counts first, removes then: neither holds more than one entry. nullopt: the person did not want it.
/// Errors: EnvironmentError ← something that may be meant cannot be removed, or not be seen; all else is gone then.
std::optional<Sum> remove_all(Context& context, const ClearOptions& options) {
  Sum there, removed;
  const bool whole = for_each_entry(context, options.kind, [&](const cache::EntryInfo& entry) { return there.add(entry), true; });
  if (there.artifacts == 0 && whole) return removed;
  if (!options.yes && !confirmed(fmt::format("Remove {}?", there.text()))) return std::nullopt;
  // A folder that changes while it is listed may pass over some of its names: then it is listed again.
  std::string trouble;
  for (std::uint64_t before = 0; removed.artifacts < there.artifacts;) {
    trouble.clear();
    for_each_entry(context, {}, [&](const cache::EntryInfo& entry) {
      if (!options.kind.empty() && entry.key.kind() != options.kind) return true;
      std::string why_not = remove(context, entry, removed);
      if (trouble.empty()) trouble = std::move(why_not);
      return true;
    });
    if (std::exchange(before, removed.artifacts) == removed.artifacts) break;
  }
  if (trouble.empty() && !whole) trouble = "some folders of the cache cannot be listed";
  if (!trouble.empty()) throw EnvironmentError(fmt::format("{}; removed otherwise: {}", trouble, removed.text()));
  return removed;
}

int clear(Context& context, const ClearOptions& options) {
  if (options.all == !options.kind.empty()) throw InputError("clear: name a KIND, or --all");
  const std::optional<Sum> removed = options.parameters.empty() ? remove_all(context, options) : remove_one(context, options);
  if (context.json) context.print({{"removed", removed ? removed->artifacts : 0}, {"bytes", removed ? removed->bytes : 0}});
  if (!context.json) context.note(removed ? fmt::format("removed {}", removed->text()) : "nothing removed");
  return kDone;
}

}  // namespace

void add_clear(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("clear", "Remove artifacts from the disk");
  auto options = std::make_shared<ClearOptions>();
  command->add_option("kind", options->kind, "All of this kind, or with parameters one artifact")->type_name("KIND");
  command->add_option("parameters", options->parameters, "name=value …")->type_name("name=value");
  command->add_flag("--all", options->all, "Everything");
  command->add_flag("--yes,-y", options->yes, "Do not ask");
  command->callback([&context, &action, options] { action = [&context, options] { return clear(context, *options); }; });
}

}  // namespace almanac::cli
