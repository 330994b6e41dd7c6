#include "context.hpp"
#include "removing.hpp"

namespace almanac::cli {
namespace {

struct ClearOptions {
  std::string kind;
  std::vector<std::string> parameters;
  bool all = false;
  bool yes = false;
};

int clear(Context& context, const ClearOptions& options) {
  if (options.all == !options.kind.empty()) throw InputError("clear: name a KIND, or --all");
  RemovalChoice choice{.command = "clear", .yes = options.yes};
  choice.asks_of_one = options.parameters.empty();
  if (options.parameters.empty()) {
    choice.selection.kind = options.kind;
  } else {
    const Recipe& recipe = RecipeRegistry::builtin().at(options.kind);
    choice.selection.ids = {recipe.request(recipe.parse(parameter_texts(options.parameters))).key.id()};
  }
  return remove_chosen(context, choice);
}

}  // namespace

void add_clear(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("clear", "Remove artifacts from the disk, and what was made from them");
  auto options = std::make_shared<ClearOptions>();
  command->add_option("kind", options->kind, "All of this kind, or with parameters one artifact")->type_name("KIND");
  command->add_option("parameters", options->parameters, "name=value …")->type_name("name=value");
  command->add_flag("--all", options->all, "Everything");
  command->add_flag("--yes,-y", options->yes, "Do not ask");
  command->callback([&context, &action, options] { action = [&context, options] { return clear(context, *options); }; });
}

}  // namespace almanac::cli
