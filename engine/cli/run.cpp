#include "context.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "warmup_json.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/mission.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

namespace almanac::cli {
namespace {

struct RunOptions {
  std::filesystem::path mission;
  std::filesystem::path output;
  int jobs = 0;
  bool no_cache = false;
  bool recompute = false;
  bool dry_run = false;
  std::string warmup;
};

std::string duration_text(double value) {
  return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * value)));
}

/// "fractional_kernel disk, fft_wisdom 2 computed"
std::string sources_text(const CaseReport& report) {
  std::map<std::string, std::size_t> counts;
  for (const ArtifactUse& use : report.artifacts) ++counts[use.kind + " " + use.source];
  std::vector<std::string> parts;
  for (const auto& [what, count] : counts) parts.push_back(count == 1 ? what : fmt::format("{} ×{}", what, count));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// The value of one name in "history_used=direct, history_bound=3e-13"; "" where it is not there.
std::string finding(const CaseReport& report, std::string_view name) {
  const std::string mark = fmt::format(", {}=", name), findings = ", " + report.findings;
  const std::size_t at = findings.find(mark);
  if (at == std::string::npos) return "";
  return findings.substr(at + mark.size(), findings.find(", ", at + mark.size()) - at - mark.size());
}

/// "exponentials ±2e-12": how the past was summed, and what a sum may be off by, times the largest value in it.
std::string history_text(const CaseReport& report) {
  const std::string bound = finding(report, "history_bound");
  return finding(report, "history_used") + (bound.empty() ? "" : fmt::format(" ±{:.1g}", std::strtod(bound.c_str(), nullptr)));
}

/// "; case.h5 is of an earlier run", where there is one beside what this run has not done.
std::string earlier_text(const CaseReport& report) {
  if (report.earlier.empty()) return "";
  return fmt::format("; {} is of an earlier run", report.earlier.front().filename().string());
}

Json describe_case(const CaseReport& report) {
  Json artifacts = Json::array();
  for (const ArtifactUse& use : report.artifacts) {
    artifacts.push_back({{"key", use.key}, {"kind", use.kind}, {"source", use.source}, {"seconds", use.seconds}, {"cost", use.cost}});
  }
  Json files = Json::array();
  for (const auto& file : report.files) files.push_back(file.string());
  Json earlier = Json::array();
  for (const auto& file : report.earlier) earlier.push_back(file.string());
  return {{"case", report.name},
          {"status", to_string(report.status)},
          {"parameters", report.parameters},
          {"findings", report.findings},
          {"steps", report.steps},
          {"seconds", report.seconds},
          {"seconds_saved", report.seconds_saved},
          {"artifacts", artifacts},
          {"files", files},
          {"earlier_files", earlier},
          {"error", report.error.empty() ? Json() : Json(report.error)}};
}

void print_report(Context& context, const MissionReport& report, const RunOptions& options) {
  const bool tells_history =
      std::ranges::any_of(report.cases, [](const CaseReport& one) { return !history_text(one).empty(); });
  const auto row = [&](std::vector<std::string> cells, std::string history, std::string last) {
    if (tells_history) cells.push_back(std::move(history));
    cells.push_back(std::move(last));
    return cells;
  };
  Table table(row({"case", ">steps", ">time", ">saved"}, "history", "artifacts"));
  for (const CaseReport& one : report.cases) {
    table.add(row({one.name, fmt::format("{}", one.steps), duration_text(one.seconds), duration_text(one.seconds_saved)},
                  history_text(one), (one.error.empty() ? sources_text(one) : "failed: " + one.error) + earlier_text(one)));
  }
  fmt::print("{}", table.text());
  if (options.dry_run) {
    context.note(fmt::format("{}: {} cases, results would be in {}; nothing was computed or written", report.name, report.cases.size(),
                             options.output.string()));
    return;
  }
  context.note(fmt::format("{}: {} cases in {}, results in {}", report.name, report.cases.size(), duration_text(report.seconds),
                           options.output.string()));
}

/// What was made ready beside the mission; a failure there does not fail it.
void tell_warmup(Context& context, const WarmupReport& report) {
  std::size_t made = 0, found = 0, artifacts = 0;
  for (const auto& kind : report.kinds) {
    made += kind.made;
    found += kind.found;
    artifacts += kind.artifacts;
  }
  for (const std::string& failure : report.failures) fmt::print(stderr, "almanac: warm-up: {}\n", failure);
  context.note(fmt::format("warm-up: {} made, {} found of {}{}", made, found, artifacts,
                           report.interrupted ? "; the mission ended before the rest" : ""));
}

int run(Context& context, RunOptions options) {
  if (options.no_cache) context.settings["enabled"] = "false";
  const Mission mission = Mission::load(options.mission);
  Catalog warmup = options.warmup.empty() ? Catalog() : Catalog::named(options.warmup);
  if (options.output.empty()) options.output = std::filesystem::path("out") / options.mission.stem();
  const compute::FftPlanningScope only_we_plan;
  watch_for_interrupt();
  Progress progress(!context.quiet);
  const MissionReport report =
      mission.run(context.engine(), {.output = options.output,
                                     .jobs = options.jobs,
                                     .recompute = options.recompute,
                                     .dry_run = options.dry_run,
                                     .progress =
                                         [&](const MissionProgress& at) {
                                           progress.at(at.whole, fmt::format("case {} of {}: {}", at.case_index + 1, at.cases, at.case_name));
                                         },
                                     .stop = interrupt_requested,
                                     .warmup = std::move(warmup)});
  progress.clear();
  if (context.json) {
    Json cases = Json::array();
    for (const CaseReport& one : report.cases) cases.push_back(describe_case(one));
    context.print({{"mission", report.name},
                    {"output", options.output.string()},
                    {"dry_run", options.dry_run},
                    {"seconds", report.seconds},
                    {"interrupted", report.interrupted},
                    {"error", report.error.empty() ? Json() : Json(report.error)},
                    {"warmup", report.warmup ? describe(*report.warmup) : Json()},
                    {"cases", cases}});
  } else {
    print_report(context, report, options);
  }
  if (report.warmup) tell_warmup(context, *report.warmup);
  if (!report.error.empty()) fmt::print(stderr, "almanac: {}\n", report.error);
  if (report.interrupted) throw Interrupted();
  if (!report.error.empty()) return kEnvironment;
  return report.failed() ? kFoundWrong : kDone;
}

}  // namespace

void add_run(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("run", "Run a mission: every case of its sweep");
  auto options = std::make_shared<RunOptions>();
  command->add_option("mission", options->mission, "Mission file")->type_name("MISSION.toml")->required();
  command->add_option("--output,-o", options->output, "Folder for the results (default: out/ and the mission file's name)")
      ->type_name("DIR");
  command->add_option("--jobs,-j", options->jobs, "Cases computed at once (default: 1)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command->add_flag("--no-cache", options->no_cache, "Compute everything, keep nothing");
  command->add_flag("--recompute", options->recompute, "Compute every artifact anew and keep it");
  command->add_flag("--dry-run", options->dry_run, "Check the mission and say what would be done");
  command->add_option("--warmup", options->warmup, "Catalog file, or standard: made ready in the background while cases run")
      ->type_name("CATALOG.toml");
  command->callback([&context, &action, options] { action = [&context, options] { return run(context, *options); }; });
}

}  // namespace almanac::cli
