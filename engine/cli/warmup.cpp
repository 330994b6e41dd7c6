#include <almanac/warmup.hpp>

#include "context.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "warmup_json.hpp"

#include <almanac/cache/one_line.hpp>
#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iostream>
#include <optional>

namespace almanac::cli {
namespace {

constexpr std::chrono::milliseconds kShortestPause{1};
constexpr std::size_t kMostRounds = 1000;  // of --json: a service that runs for a year must not remember all of it

struct WarmupChoice {
  std::string catalog = "standard";
  std::string list;   // a file, or - for standard input; empty: the catalog
  std::string kind;
  std::string every;
  bool recompute = false;
  bool from_log = false;
  std::size_t top = 100;  // of --from-log
};

std::chrono::nanoseconds of_seconds(double value) { return std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * value)); }

struct Totals {
  std::size_t made = 0, found = 0, failed = 0, not_stored = 0;
};

Totals totals_of(const WarmupReport& report) {
  Totals sum;
  for (const auto& kind : report.kinds) {
    sum.made += kind.made;
    sum.found += kind.found;
    sum.failed += kind.failed;
    sum.not_stored += kind.not_stored;
  }
  return sum;
}

/// "3 made, 1 found", and what went wrong, if anything did.
std::string counts(const Totals& sum) {
  std::string text = fmt::format("{} made, {} found", sum.made, sum.found);
  if (sum.failed > 0) text += fmt::format(", {} failed", sum.failed);
  if (sum.not_stored > 0) text += fmt::format(", {} not stored", sum.not_stored);
  return text;
}

int exit_code_of(const WarmupReport& report) {
  if (totals_of(report).not_stored > 0) return kEnvironment;
  return report.failures.empty() ? kDone : kFoundWrong;
}

void print_failures(const WarmupReport& report) {
  for (const std::string& failure : report.failures) fmt::print(stderr, "almanac: {}\n", cache::one_line(failure));
}

void print_report(Context& context, const WarmupReport& report) {
  Table table({"kind", ">requests", ">artifacts", ">made", ">found", ">failed", ">not stored", ">time"});
  for (const auto& kind : report.kinds) {
    table.add({kind.kind, fmt::format("{}", kind.requests), fmt::format("{}", kind.artifacts), fmt::format("{}", kind.made),
               fmt::format("{}", kind.found), fmt::format("{}", kind.failed),
               fmt::format("{}", kind.not_stored), format_duration(of_seconds(kind.seconds))});
  }
  fmt::print("{}", table.text());
  print_failures(report);
  const Totals sum = totals_of(report);
  context.note(sum.made + sum.not_stored == 0 && report.failures.empty() && !report.interrupted
                   ? fmt::format("nothing to make: all {} artifacts are there ({})", sum.found, format_duration(of_seconds(report.seconds)))
                   : fmt::format("{}, in {}{}", counts(sum), format_duration(of_seconds(report.seconds)),
                                 report.interrupted ? ", interrupted" : ""));
}

/// What processes have asked for, as it was counted.
Catalog used_catalog(Context& context, const WarmupChoice& choice) {
  std::size_t passed_over = 0;
  Catalog catalog = Catalog::most_used(cache::read_statistics(context.disk().root()), choice.top, &passed_over);
  if (catalog.items.empty() && passed_over == 0) context.note("nothing was used yet, as far as the cache's statistics know");
  if (passed_over > 0) {
    context.note(fmt::format("{} key{} cannot be made here: of users' own tables, earlier versions, or other hosts", passed_over, passed_over == 1 ? "" : "s"));
  }
  return catalog;
}

Catalog read_catalog(Context& context, const WarmupChoice& choice) {
  Catalog catalog = choice.from_log ? used_catalog(context, choice)
                    : choice.list.empty() ? Catalog::named(choice.catalog)
                    : choice.list == "-" ? Catalog::read_list(std::cin, "standard input")
                                         : Catalog::load_list(choice.list);
  if (!choice.kind.empty()) {
    const Recipe& wanted = RecipeRegistry::builtin().at(choice.kind);
    std::erase_if(catalog.items, [&](const Catalog::Item& item) { return item.recipe != &wanted; });
  }
  return catalog;
}

WarmupReport make_round(Context& context, const Catalog& catalog, bool recompute) {
  Progress progress(!context.quiet);
  const WarmupReport report = warm_up(context.engine(), catalog,
                                      {.recompute = recompute,
                                       .progress =
                                           [&](const WarmupProgress& at) {
                                             progress.at(static_cast<double>(at.done) / static_cast<double>(at.all), at.label);
                                           },
                                       .stop = interrupt_requested});
  progress.clear();
  return report;
}

/// Ctrl-C is how it is meant to end: the exit code is that of the last whole round.
int repeat(Context& context, const Catalog& catalog, std::chrono::nanoseconds pause) {
  std::deque<WarmupReport> rounds;
  std::size_t count = 0;
  std::optional<int> code;
  do {
    rounds.push_back(make_round(context, catalog, false));
    if (rounds.size() > kMostRounds) rounds.pop_front();
    const WarmupReport& report = rounds.back();
    const Totals sum = totals_of(report);
    print_failures(report);
    context.note(fmt::format("round {}: {}, in {}{}", ++count, counts(sum), format_duration(of_seconds(report.seconds)),
                             report.interrupted ? ", interrupted" : ""));
    if (!report.interrupted) code = exit_code_of(report);
  } while (!wait_for_interrupt(pause));
  if (context.json) {
    Json last = Json::array();
    for (const WarmupReport& report : rounds) last.push_back(describe(report));
    context.print({{"count", count}, {"rounds", last}});
  }
  if (!code) throw Interrupted();
  return *code;
}

int warmup(Context& context, const WarmupChoice& choice) {
  std::optional<std::chrono::nanoseconds> pause;
  if (!choice.every.empty()) {
    pause = parse_duration(choice.every);
    if (!pause || *pause < kShortestPause) {
      throw InputError(fmt::format("--every {}: must be a duration of at least 1ms: 10min, 1.5h …", choice.every));
    }
  }
  const Catalog catalog = read_catalog(context, choice);
  const compute::FftPlanningScope only_we_plan;
  watch_for_interrupt();
  if (context.engine().disk() == nullptr) {
    context.warn("nothing is kept: there is no disk tier (enabled or disk is false; see almanac config)");
  }
  if (pause) return repeat(context, catalog, *pause);
  const WarmupReport report = make_round(context, catalog, choice.recompute);
  if (context.json) {
    context.print(describe(report));
  } else {
    print_report(context, report);
  }
  if (report.interrupted) throw Interrupted();
  return exit_code_of(report);
}

}  // namespace

void add_warmup(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("warmup", "Make ready what a catalog names");
  auto choice = std::make_shared<WarmupChoice>();
  auto* catalog = command->add_option("catalog", choice->catalog, "Catalog file, or standard (the default)")->type_name("CATALOG.toml");
  command->add_option("--list", choice->list, "A list in its place, one artifact a line: KIND name=value …; - is standard input")
      ->type_name("FILE")
      ->excludes(catalog);
  command->add_option("--kind", choice->kind, "Only this kind")->type_name("KIND");
  auto* from_log = command->add_flag("--from-log", choice->from_log, "What was used most and cost most, as the cache's statistics know, in place of a catalog")
                       ->excludes(catalog)
                       ->excludes(command->get_option("--list"));
  command->add_option("--top", choice->top, "Of --from-log no more than so many (100)")->type_name("N")->needs(from_log)->check(CLI::Range(1, 100'000));
  auto* recompute = command->add_flag("--recompute", choice->recompute, "Make everything anew");
  command
      ->add_option("--every", choice->every,
                   "Again and again with this pause, until Ctrl-C; exit code of the last whole round: 0, 1 with failures, 3 when not all was stored")
      ->type_name("DURATION")
      ->excludes(recompute);
  command->callback([&context, &action, choice] { action = [&context, choice] { return warmup(context, *choice); }; });
}

}  // namespace almanac::cli
