#include <almanac/warmup.hpp>

#include "context.hpp"
#include "data_folder.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace almanac::cli {
namespace {

struct WarmupChoice {
  std::filesystem::path catalog;
  std::string kind;
  bool recompute = false;
};

std::chrono::nanoseconds of_seconds(double value) { return std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * value)); }

void print_report(Context& context, const WarmupReport& report) {
  Table table({"kind", ">requests", ">artifacts", ">made", ">found", ">failed", ">not stored", ">time"});
  std::size_t made = 0, found = 0, not_stored = 0;
  for (const auto& kind : report.kinds) {
    made += kind.made;
    found += kind.found;
    not_stored += kind.not_stored;
    table.add({kind.kind, fmt::format("{}", kind.requests), fmt::format("{}", kind.artifacts), fmt::format("{}", kind.made),
               fmt::format("{}", kind.found), fmt::format("{}", kind.failed),
               fmt::format("{}", kind.not_stored), format_duration(of_seconds(kind.seconds))});
  }
  fmt::print("{}", table.text());
  for (const std::string& failure : report.failures) fmt::print(stderr, "almanac: {}\n", failure);
  context.note(made + not_stored == 0 && report.failures.empty() && !report.interrupted
                   ? fmt::format("nothing to make: all {} artifacts are there ({})", found, format_duration(of_seconds(report.seconds)))
                   : fmt::format("{} made, {} found, in {}", made, found, format_duration(of_seconds(report.seconds))));
}

Json describe_report(const WarmupReport& report) {
  Json kinds = Json::object();
  for (const auto& kind : report.kinds) {
    kinds[kind.kind] = {{"requests", kind.requests}, {"artifacts", kind.artifacts}, {"made", kind.made},
                        {"found", kind.found},       {"failed", kind.failed},       {"not_stored", kind.not_stored}, {"seconds", kind.seconds}};
  }
  return {{"kinds", kinds}, {"failures", report.failures}, {"seconds", report.seconds}, {"interrupted", report.interrupted}};
}

int warmup(Context& context, const WarmupChoice& choice) {
  Catalog catalog = Catalog::load(choice.catalog.empty() ? data_file("catalogs/standard.toml") : choice.catalog);
  if (!choice.kind.empty()) {
    const Recipe& wanted = RecipeRegistry::builtin().at(choice.kind);
    std::erase_if(catalog.items, [&](const Catalog::Item& item) { return item.recipe != &wanted; });
  }
  const compute::FftPlanningScope only_we_plan;
  watch_for_interrupt();
  Progress progress(!context.quiet);
  const WarmupReport report = warm_up(context.engine(), catalog,
                                      {.recompute = choice.recompute,
                                       .progress =
                                           [&](const WarmupProgress& at) {
                                             progress.at(static_cast<double>(at.done) / static_cast<double>(at.all), at.label);
                                           },
                                       .stop = interrupt_requested});
  progress.clear();
  if (context.json) {
    context.print(describe_report(report));
  } else {
    print_report(context, report);
  }
  if (report.interrupted) throw Interrupted();
  const bool all_kept = std::ranges::all_of(report.kinds, [](const auto& kind) { return kind.not_stored == 0; });
  if (!all_kept) return kEnvironment;
  return report.failures.empty() ? kDone : kFoundWrong;
}

}  // namespace

void add_warmup(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("warmup", "Make ready what a catalog names");
  auto choice = std::make_shared<WarmupChoice>();
  command->add_option("catalog", choice->catalog, "Catalog file (default: the standard one)")->type_name("CATALOG.toml");
  command->add_option("--kind", choice->kind, "Only this kind")->type_name("KIND");
  command->add_flag("--recompute", choice->recompute, "Make everything anew");
  command->callback([&context, &action, choice] { action = [&context, choice] { return warmup(context, *choice); }; });
}

}  // namespace almanac::cli
