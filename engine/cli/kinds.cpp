#include "context.hpp"
#include "exit_code.hpp"
#include "parameter_table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace almanac::cli {
namespace {

Json describe_recipe(const Recipe& recipe) {
  return {{"kind", recipe.kind()},         {"version", recipe.version()},   {"summary", recipe.summary()},
          {"accuracy", recipe.accuracy()}, {"portable", recipe.portable()}, {"parameters", describe(recipe.parameters())}};
}

void print_recipe(const Recipe& recipe) {
  std::cout << fmt::format("{} (version {}, {})\n  {}\n  accuracy: {}\n{}\n", recipe.kind(), recipe.version(),
                           recipe.portable() ? "portable" : "bound to the host", recipe.summary(), recipe.accuracy(),
                           parameter_table(recipe.parameters()));
}

}  // namespace

void add_kinds(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("kinds", "What can be computed and kept, with all parameters");
  command->callback([&context, &action] {
    action = [&context] {
      const auto recipes = RecipeRegistry::builtin().recipes();
      if (context.json) {
        Json list = Json::array();
        for (const auto& recipe : recipes) list.push_back(describe_recipe(*recipe));
        context.print(list);
      } else {
        for (const auto& recipe : recipes) print_recipe(*recipe);
      }
      return kDone;
    };
  });
}

}  // namespace almanac::cli
