#include "context.hpp"
#include "entries.hpp"
#include "exit_code.hpp"
#include "table.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <map>

namespace almanac::cli {
namespace {

struct KindSum {
  std::uint64_t artifacts = 0, bytes = 0;
  std::chrono::nanoseconds cost{0};
};

}  // namespace

void add_stats(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("stats", "What the cache on disk holds, by kind, and what computing it took");
  auto kind = std::make_shared<std::string>();
  command->add_option("kind", *kind, "Only this kind")->type_name("KIND");
  command->callback([&context, &action, kind] {
    action = [&context, kind] {
      std::map<std::string, KindSum, std::less<>> sums;
      KindSum all;
      for_each_entry(context, *kind, [&](const cache::EntryInfo& entry) {
        for (KindSum* sum : {&sums[std::string(entry.key.kind())], &all}) {
          ++sum->artifacts;
          sum->bytes += entry.stored_bytes;
          sum->cost += entry.facts.cost;
        }
        return true;
      });
      const std::string root = context.disk().root().string();
      if (context.json) {
        const auto describe_sum = [](const KindSum& sum) {
          return Json{{"artifacts", sum.artifacts}, {"bytes", sum.bytes}, {"cost", seconds(sum.cost)}};
        };
        Json kinds = Json::object();
        for (const auto& [name, sum] : sums) kinds[name] = describe_sum(sum);
        context.print({{"cache_dir", root}, {"kinds", kinds}, {"total", describe_sum(all)}});
        return kDone;
      }
      Table table({"kind", ">artifacts", ">size", ">cost"});
      const auto add = [&](const std::string& name, const KindSum& sum) {
        table.add({name, fmt::format("{}", sum.artifacts), format_size(sum.bytes), format_duration(sum.cost)});
      };
      for (const auto& [name, sum] : sums) add(name, sum);
      add("all", all);
      fmt::print("{}", table.text());
      context.note(fmt::format("in {}", root));
      return kDone;
    };
  });
}

}  // namespace almanac::cli
