#include "context.hpp"
#include "entries.hpp"
#include "exit_code.hpp"
#include "table.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

namespace almanac::cli {

void add_ls(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("ls", "The artifacts on disk");
  auto kind = std::make_shared<std::string>();
  command->add_option("kind", *kind, "Only this kind")->type_name("KIND");
  command->callback([&context, &action, kind] {
    action = [&context, kind] {
      const std::vector<cache::EntryInfo> entries = entries_of(context, *kind);
      if (context.json) {
        Json list = Json::array();
        for (const cache::EntryInfo& entry : entries) list.push_back(describe(entry));
        context.print(list);
        return kDone;
      }
      Table table({"id", ">size", ">cost", "created", "key"});
      std::uint64_t bytes = 0;
      std::chrono::nanoseconds cost{0};
      for (const cache::EntryInfo& entry : entries) {
        bytes += entry.stored_bytes;
        cost += entry.facts.cost;
        table.add({entry.key.id().hex(), format_size(entry.stored_bytes), format_duration(entry.facts.cost),
                   utc(entry.facts.created), entry.key.text()});
      }
      if (!table.empty()) fmt::print("{}", table.text());
      context.note(fmt::format("{} artifacts, {}, {} to compute, in {}", entries.size(), format_size(bytes),
                               format_duration(cost), context.disk().root().string()));
      return kDone;
    };
  });
}

}  // namespace almanac::cli
