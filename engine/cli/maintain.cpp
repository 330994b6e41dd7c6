#include "context.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <almanac/cache/maintenance.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <optional>
#include <string>

namespace almanac::cli {
namespace {

struct MaintainChoice {
  std::string max_size, max_age, max_entries, report;
  bool check = false, dry_run = false;
};

/// Errors: InputError ← what was said is none of that kind.
template <class Value>
Value limit(const char* option, const std::string& text, const std::optional<Value>& value, const char* range) {
  if (value) return *value;
  throw InputError(fmt::format("{} = '{}': must be {}", option, text, range));
}

cache::MaintainOptions maintain_options(const MaintainChoice& choice) {
  cache::MaintainOptions options;
  options.dry_run = choice.dry_run || choice.check;
  if (!choice.max_size.empty()) options.max_bytes = limit("--max-size", choice.max_size, parse_size(choice.max_size), "a size such as 500MB");
  if (!choice.max_entries.empty()) {
    auto number = parse_integer(choice.max_entries);
    if (number && *number < 0) number.reset();
    options.max_entries = static_cast<std::uint64_t>(limit("--max-entries", choice.max_entries, number, "a whole number from 0 on"));
  }
  if (!choice.max_age.empty()) {
    const auto age = limit("--max-age", choice.max_age, parse_duration(choice.max_age), "a duration such as 30d");
    options.max_age = std::chrono::duration_cast<std::chrono::seconds>(age);
  }
  return options;
}

Json describe_sum(const cache::MaintainReport::Sum& sum) {
  return {{"artifacts", sum.entries}, {"bytes", sum.bytes}, {"cost", seconds(sum.cost)}};
}

Json describe_report(const cache::MaintainReport& report, const MaintainChoice& choice, const std::string& root) {
  return {{"cache_dir", root},
          {"time", utc(std::chrono::system_clock::now())},
          {"dry_run", choice.dry_run || choice.check},
          {"found", describe_sum(report.found)},
          {"expired", describe_sum(report.expired)},
          {"unused", describe_sum(report.unused)},
          {"evicted", describe_sum(report.evicted)},
          {"kept", describe_sum(report.kept)},
          {"leftovers", report.leftovers},
          {"quarantined", report.quarantined},
          {"failed", report.failed},
          {"trouble", report.trouble},
          {"over_budget", report.is_over_budget},
          {"busy", report.is_busy},
          {"interrupted", report.is_interrupted},
          {"work", report.has_work()}};
}

void print_report(Context& context, const cache::MaintainReport& report, bool would) {
  if (report.is_busy) {
    context.note("another process is clearing this cache at this moment: nothing was done");
    return;
  }
  Table table({"what", ">artifacts", ">size", ">cost"});
  const auto add = [&table](const char* what, const cache::MaintainReport::Sum& sum) {
    table.add({what, fmt::format("{}", sum.entries), format_size(sum.bytes), format_duration(sum.cost)});
  };
  add("found", report.found);
  add(would ? "would expire" : "expired", report.expired);
  add(would ? "unused, would go" : "unused, gone", report.unused);
  add(would ? "would be evicted" : "evicted", report.evicted);
  add(would ? "would be kept" : "kept", report.kept);
  fmt::print("{}", table.text());
  if (report.leftovers > 0) context.note(fmt::format("{} leftovers of processes that died cleared", report.leftovers));
  if (report.quarantined > 0) {
    context.note(fmt::format("{} files in quarantine {}", report.quarantined, would ? "would be removed" : "removed"));
  }
  if (report.is_over_budget) context.note("it is still above the limit: what is left is pinned, or was used just now, or cannot be removed");
}

int maintain(Context& context, const MaintainChoice& choice) {
  cache::MaintainOptions options = maintain_options(choice);
  cache::DiskTier& disk = context.disk();
  watch_for_interrupt();
  Progress progress(!context.quiet);
  options.progress = [&](double fraction) {
    progress.at(fraction, "looking at artifacts");
    return !interrupt_requested();
  };
  const auto report = disk.maintain(options);
  progress.clear();
  if (!report) throw EnvironmentError(report.error().message);

  const Json document = describe_report(*report, choice, disk.root().string());
  const bool is_report_printed = !choice.report.empty() && is_standard_output(choice.report);
  if (!choice.report.empty() && !is_report_printed) write_file(choice.report, document.dump(2) + "\n");
  if (context.json || is_report_printed) {
    context.print(document);
  } else {
    print_report(context, *report, options.dry_run);
  }
  if (report->is_interrupted) throw Interrupted();
  if (report->failed > 0) throw EnvironmentError(fmt::format("{} artifacts cannot be removed: {}", report->failed, report->trouble));
  return (choice.check && report->has_work()) || report->is_over_budget ? kFoundWrong : kDone;
}

}  // namespace

void add_maintain(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand(
      "maintain", "Clear away what is past its time, was long not used, or does not fit; exit code 1 if --check found something to do");
  auto choice = std::make_shared<MaintainChoice>();
  command->add_option("--max-size", choice->max_size, "Keep no more than this, what saves most for its bytes (default: max_disk)")->type_name("SIZE");
  command->add_option("--max-entries", choice->max_entries, "Keep no more artifacts than this (default: max_entries)")->type_name("N");
  command->add_option("--max-age", choice->max_age, "Keep nothing that was not used for longer, as 30d")->type_name("AGE");
  command->add_flag("--check", choice->check, "Change nothing; exit code 1 if there is something to do");
  command->add_flag("--dry-run", choice->dry_run, "Change nothing; say what would go");
  command->add_option("--report", choice->report, "Write what was done to this file, as JSON")->type_name("FILE");
  command->callback([&context, &action, choice] { action = [&context, choice] { return maintain(context, *choice); }; });
}

}  // namespace almanac::cli
