#include "context.hpp"
#include "counts_text.hpp"
#include "entries.hpp"
#include "exit_code.hpp"
#include "table.hpp"

#include <almanac/cache/statistics.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <map>

namespace almanac::cli {
namespace {

struct StatsChoice {
  std::string kind;
  bool prometheus = false;
  bool reset = false;
};

struct KindSum {
  std::uint64_t artifacts = 0, bytes = 0;
  std::chrono::nanoseconds cost{0};
};

struct Held {
  std::map<std::string, KindSum, std::less<>> kinds;
  KindSum all;
};

/// What is on disk now; seen whole, it is noted for the trend that `doctor` tells.
Held survey(Context& context, const std::string& kind) {
  Held held;
  const bool is_whole = for_each_entry(context, kind, [&](const cache::EntryInfo& entry) {
    for (KindSum* sum : {&held.kinds[std::string(entry.key.kind())], &held.all}) {
      ++sum->artifacts;
      sum->bytes += entry.stored_bytes;
      sum->cost += entry.facts.cost;
    }
    return true;
  });
  if (is_whole && kind.empty() && held.all.artifacts > 0) {
    cache::note_survey(context.disk().root(), held.all.artifacts, held.all.bytes);
  }
  return held;
}

Json describe_sum(const KindSum& sum) { return {{"artifacts", sum.artifacts}, {"bytes", sum.bytes}, {"cost", seconds(sum.cost)}}; }

std::string table_of(const Held& held) {
  Table table({"kind", ">artifacts", ">size", ">cost"});
  const auto add = [&](const std::string& name, const KindSum& sum) {
    table.add({name, fmt::format("{}", sum.artifacts), format_size(sum.bytes), format_duration(sum.cost)});
  };
  for (const auto& [name, sum] : held.kinds) add(name, sum);
  add("all", held.all);
  return table.text();
}

int reset(Context& context) {
  if (!cache::forget_statistics(context.disk().root())) {
    throw EnvironmentError(fmt::format("cannot remove all statistics in {}", (context.disk().root() / "statistics").string()));
  }
  if (context.json) context.print({{"forgotten", true}});
  context.note("what was counted is forgotten; what is stored stays");
  return kDone;
}

int stats(Context& context, const StatsChoice& choice) {
  if (choice.reset) return reset(context);
  const std::string root = context.disk().root().string();
  if (choice.prometheus) {
    if (context.json) throw InputError("stats --prometheus is no JSON: leave out --json");
    survey(context, {});
    fmt::print("{}", cache::prometheus_text(cache::read_statistics(root)));
    return kDone;
  }
  const Held held = survey(context, choice.kind);
  const cache::Statistics counted = cache::read_statistics(root);
  if (context.json) {
    Json kinds = Json::object();
    for (const auto& [name, sum] : held.kinds) kinds[name] = describe_sum(sum);
    context.print({{"cache_dir", root}, {"kinds", kinds}, {"total", describe_sum(held.all)}, {"counted", describe(counted, choice.kind)}});
    return kDone;
  }
  fmt::print("{}", table_of(held));
  if (const std::string text = text_of(counted, choice.kind); !text.empty()) {
    fmt::print("\n{}", text);
    context.note(fmt::format("counted from {} to {} in {} process{}, open for {}", utc(counted.since), utc(counted.until), counted.processes,
                             counted.processes == 1 ? "" : "es", format_duration(counted.uptime)));
  }
  context.note(fmt::format("in {}", root));
  return kDone;
}

}  // namespace

void add_stats(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("stats", "What the cache on disk holds, by kind, and what all processes have counted: hits, times, savings");
  auto choice = std::make_shared<StatsChoice>();
  auto* kind = command->add_option("kind", choice->kind, "Only this kind")->type_name("KIND");
  auto* prometheus = command->add_flag("--prometheus", choice->prometheus, "The counts in the text format of Prometheus")->excludes(kind);
  command->add_flag("--reset", choice->reset, "Forget what was counted; what is stored stays")->excludes(kind)->excludes(prometheus);
  command->callback([&context, &action, choice] { action = [&context, choice] { return stats(context, *choice); }; });
}

}  // namespace almanac::cli
