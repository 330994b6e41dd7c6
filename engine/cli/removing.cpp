#include "removing.hpp"

#include "entries.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "rewarming.hpp"
#include "table.hpp"
#include "warmup_json.hpp"

#include <almanac/cache/one_line.hpp>
#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <utility>

namespace almanac::cli {
namespace {

constexpr std::size_t kMostListed = 10'000;  // of what a dry run finds; the rest is counted

std::string amount_of(const cache::RemovalSum& sum) {
  return fmt::format("{} artifact{}, {}", sum.entries, sum.entries == 1 ? "" : "s", format_size(sum.bytes));
}

cache::RemovalSum all_of(const cache::Invalidated& done) {
  return {done.meant.entries + done.dependents.entries, done.meant.bytes + done.dependents.bytes, done.meant.cost + done.dependents.cost};
}

/// "3 artifacts, 24 kB (2 s to make anew), 1 of them made from the others"
std::string account_of(const cache::Invalidated& done) {
  const cache::RemovalSum all = all_of(done);
  std::string text = amount_of(all);
  if (all.entries > 0) text += fmt::format(" ({} to make anew)", format_duration(all.cost));
  if (done.dependents.entries > 0) text += fmt::format(", {} of them made from others that go", done.dependents.entries);
  return text;
}

/// Asks on a terminal; elsewhere only --yes will do.
bool is_confirmed(const RemovalChoice& choice, const cache::Invalidated& foreseen) {
  if (isatty(STDIN_FILENO) != 1) {
    throw InputError(fmt::format("{}: would remove {}; not asked on a terminal: add --yes", choice.command, account_of(foreseen)));
  }
  fmt::print(stderr, "Remove {}? [y/N] ", account_of(foreseen));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// What would go, as far as it is shown.
class Foreseen {
 public:
  void add(const cache::EntryInfo& entry, cache::RemovalReason reason) {
    if (listed_.size() < kMostListed) listed_.emplace_back(cache::Removal::of(entry, reason));
  }

  void show(Context& context, const cache::Invalidated& sums) const {
    if (context.json) {
      Json list = Json::array();
      for (const cache::Removal& one : listed_) {
        list.push_back({{"id", one.id.hex()}, {"key", one.key}, {"bytes", one.bytes}, {"cost", seconds(one.cost)}, {"reason", to_string(one.reason)}});
      }
      const cache::RemovalSum all = all_of(sums);
      context.print({{"removed", 0},
                     {"would_remove", all.entries},
                     {"bytes", all.bytes},
                     {"cost", seconds(all.cost)},
                     {"dependents", sums.dependents.entries},
                     {"artifacts", list}});
      return;
    }
    Table table({"id", ">size", ">cost", "reason", "key"});
    for (const cache::Removal& one : listed_) {
      table.add({one.id.hex(), format_size(one.bytes), format_duration(one.cost), std::string(to_string(one.reason)), one.key});
    }
    if (!table.empty()) fmt::print("{}", table.text());
    const std::size_t more = all_of(sums).entries - listed_.size();
    context.note(fmt::format("would remove {}{}", account_of(sums), more > 0 ? fmt::format("; {} more than are listed", more) : ""));
  }

 private:
  std::vector<cache::Removal> listed_;
};

WarmupReport make_again(Context& context, const Rewarming& rewarming) {
  const compute::FftPlanningScope only_we_plan;
  Progress progress(!context.quiet);
  WarmupReport report = warm_up(context.engine(), rewarming.catalog(),
                                {.progress =
                                     [&](const WarmupProgress& at) {
                                       progress.at(static_cast<double>(at.done) / static_cast<double>(at.all), at.label);
                                     },
                                 .stop = interrupt_requested});
  progress.clear();
  return report;
}

/// Says what became of it; gives the exit code.
int tell(Context& context, const WarmupReport& report, std::size_t unknown) {
  std::size_t made = 0, not_stored = 0;
  for (const auto& kind : report.kinds) {
    made += kind.made + kind.found;
    not_stored += kind.not_stored;
  }
  for (const std::string& failure : report.failures) fmt::print(stderr, "almanac: {}\n", cache::one_line(failure));
  std::string line = fmt::format("made again: {} artifact{}", made, made == 1 ? "" : "s");
  if (!report.failures.empty()) line += fmt::format(", {} failed", report.failures.size());
  if (not_stored > 0) line += fmt::format(", {} not stored", not_stored);
  if (unknown > 0) line += fmt::format("; {} that cannot be made here (of other programs, versions or hosts)", unknown);
  if (!context.json) context.note(line);
  return not_stored > 0 ? kEnvironment : report.failures.empty() ? kDone : kFoundWrong;
}

/// A kind that nobody has ever heard of is a slip of the pen.
void expect_known_kind(Context& context, const std::string& kind) {
  if (!kind.empty()) for_each_entry(context, kind, [](const cache::EntryInfo&) { return false; });
}

}  // namespace

int remove_chosen(Context& context, const RemovalChoice& choice) {
  Engine& engine = (context.disk(), context.engine());
  const auto cannot_see_all = [](const cache::Invalidated& done) { return done.trouble && done.failed == 0; };
  if (choice.dry_run || !choice.yes) {
    Foreseen list;
    const cache::Invalidated foreseen = engine.invalidate(
        choice.selection, {.reason = choice.reason, .dry_run = true, .visit = [&list](const cache::EntryInfo& entry, cache::RemovalReason why) { list.add(entry, why); }});
    if (foreseen.meant.entries == 0) expect_known_kind(context, choice.selection.kind);
    if (choice.dry_run) {
      list.show(context, foreseen);
      if (cannot_see_all(foreseen)) throw EnvironmentError(foreseen.trouble->message);
      return kDone;
    }
    const std::uint64_t all = all_of(foreseen).entries;
    if ((all > 1 || (all == 1 && choice.asks_of_one)) && !is_confirmed(choice, foreseen)) {
      if (context.json) context.print({{"removed", 0}, {"bytes", 0}, {"cost", 0.0}, {"dependents", 0}});
      if (!context.json) context.note("nothing removed");
      return kDone;
    }
  }
  watch_for_interrupt();
  Rewarming rewarming;
  const cache::Invalidated done = engine.invalidate(choice.selection, {.reason = choice.reason,
                                                                       .visit =
                                                                           [&](const cache::EntryInfo& entry, cache::RemovalReason) {
                                                                             if (choice.rewarm) rewarming.add(entry);
                                                                           },
                                                                       .stop = interrupt_requested});
  if (choice.yes && done.meant.entries == 0) expect_known_kind(context, choice.selection.kind);
  const cache::RemovalSum all = all_of(done);
  if (!context.json) context.note(fmt::format("removed {}", account_of(done)));

  int code = kDone;
  bool interrupted = done.interrupted;
  Json document = {{"removed", all.entries}, {"bytes", all.bytes}, {"cost", seconds(all.cost)}, {"dependents", done.dependents.entries}};
  if (choice.rewarm && !interrupted) {
    const WarmupReport report = make_again(context, rewarming);
    code = tell(context, report, rewarming.unknown());
    interrupted = report.interrupted;
    document["rewarmed"] = describe(report);
    document["not_remade"] = rewarming.unknown();
  }
  if (done.trouble) throw EnvironmentError(fmt::format("{}; removed otherwise: {}", done.trouble->message, amount_of(all)));
  if (context.json) context.print(document);
  if (interrupted) throw Interrupted();
  return code;
}

std::chrono::nanoseconds age_of(std::string_view option, std::string_view text) {
  const auto age = parse_duration(text);
  if (!age) throw InputError(fmt::format("{} = '{}': must be a duration with its unit: 30d, 12h, 90s …", option, text));
  return *age;
}

}  // namespace almanac::cli
