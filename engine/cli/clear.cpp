#include "context.hpp"
#include "entries.hpp"
#include "exit_code.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

namespace almanac::cli {
namespace {

struct ClearOptions {
  std::string kind;
  std::vector<std::string> parameters;
  bool all = false;
  bool yes = false;
};

std::vector<cache::EntryInfo> selected(Context& context, const ClearOptions& options) {
  if (options.all == !options.kind.empty()) throw InputError("clear: name a KIND, or --all");
  if (options.parameters.empty()) return entries_of(context, options.kind);
  const Recipe& recipe = RecipeRegistry::builtin().at(options.kind);
  const cache::Key key = recipe.request(recipe.parse(parameter_texts(options.parameters))).key;
  const auto found = context.disk().peek(key);
  if (!found) throw EnvironmentError(found.error().message);
  return *found ? std::vector{**found} : std::vector<cache::EntryInfo>{};
}

/// Asks on a terminal; elsewhere only --yes will do.
bool confirmed(const std::string& question) {
  if (isatty(STDIN_FILENO) != 1) throw InputError("clear: not asked on a terminal: add --yes");
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int clear(Context& context, const ClearOptions& options) {
  const std::vector<cache::EntryInfo> entries = selected(context, options);
  std::uint64_t bytes = 0;
  for (const cache::EntryInfo& entry : entries) bytes += entry.stored_bytes;
  const std::string what = fmt::format("{} artifact{}, {}", entries.size(), entries.size() == 1 ? "" : "s", format_size(bytes));
  const bool one = !options.parameters.empty();
  std::uint64_t removed = 0;
  if (!entries.empty() && !one && !options.yes && !confirmed(fmt::format("Remove {}?", what))) {
    if (context.json) context.print({{"removed", removed}, {"bytes", 0}});
    context.note("nothing removed");
    return kDone;
  }
  for (const cache::EntryInfo& entry : entries) {
    const auto erased = context.disk().erase(entry.key);
    if (!erased) throw EnvironmentError(erased.error().message);
    removed += *erased ? 1 : 0;
  }
  if (context.json) {
    context.print({{"removed", removed}, {"bytes", bytes}});
  } else {
    context.note(fmt::format("removed {}", what));
  }
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
