#include "context.hpp"
#include "exit_code.hpp"
#include "table.hpp"

#include <fmt/format.h>

namespace almanac::cli {

void add_config(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("config", "Every setting, its value and where it came from");
  command->callback([&context, &action] {
    action = [&context] {
      const Config config = context.config();
      if (context.json) {
        Json document = Json::object();
        for (const Config::Setting& setting : config.settings()) {
          document[setting.name] = {{"value", setting.value}, {"source", setting.source}, {"help", setting.help}};
        }
        context.print(document);
      } else {
        Table table({"setting", "value", "from", "meaning"});
        for (const Config::Setting& setting : config.settings()) {
          table.add({setting.name, setting.value, setting.source, setting.help});
        }
        fmt::print("{}", table.text());
      }
      return kDone;
    };
  });
}

}  // namespace almanac::cli
