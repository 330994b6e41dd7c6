#include "context.hpp"
#include "exit_code.hpp"
#include "table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace almanac::cli {
namespace {

Json describe_recipe(const Recipe& recipe) {
  Json parameters = Json::array();
  for (const Parameter& parameter : recipe.parameters()) {
    parameters.push_back({{"name", parameter.name},
                          {"type", to_string(parameter.type)},
                          {"default", parameter.default_text.empty() ? Json() : Json(parameter.default_text)},
                          {"range", parameter.range},
                          {"choices", parameter.choices},
                          {"help", parameter.help}});
  }
  return {{"kind", recipe.kind()},         {"version", recipe.version()},   {"summary", recipe.summary()},
          {"accuracy", recipe.accuracy()}, {"portable", recipe.portable()}, {"parameters", parameters}};
}

void print_recipe(const Recipe& recipe) {
  fmt::print("{} (version {}, {})\n  {}\n  accuracy: {}\n", recipe.kind(), recipe.version(),
             recipe.portable() ? "portable" : "bound to the host", recipe.summary(), recipe.accuracy());
  Table table({"  parameter", "type", "default", "allowed", "meaning"});
  for (const Parameter& parameter : recipe.parameters()) {
    table.add({"  " + parameter.name, std::string(to_string(parameter.type)),
               parameter.default_text.empty() ? "(needed)" : parameter.default_text,
               parameter.choices.empty() ? parameter.range : fmt::format("{}", fmt::join(parameter.choices, " ")),
               parameter.help});
  }
  fmt::print("{}\n", table.text());
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
