#include <almanac/tune.hpp>

#include "context.hpp"
#include "exit_code.hpp"
#include "fft_choice.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "tuner_turn.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace almanac::cli {
namespace {

using State = TuneOutcome::State;

struct TuneChoice {
  FftChoice transforms{.rigors = {"patient"}};
  std::string budget;
  bool has_rigors = false;
  bool from_log = false;
  bool idle = true;
  bool in_background = false;
};

constexpr std::chrono::minutes kBackgroundBudget{10};
constexpr int kLowest = 19;  // of nice(1)

/// What was logged, at the rigor it was asked for, or at those that are named.
std::vector<TuneItem> items_of_log(Context& context, const TuneChoice& choice) {
  std::vector<TuneItem> logged = planned_problems(context.engine());
  if (!choice.has_rigors) return logged;
  std::vector<TuneItem> items;
  for (const std::string& rigor : choice.transforms.rigors) {
    for (TuneItem item : logged) {
      item.spec.rigor = compute::parse_rigor(rigor).value();
      const auto alike = [&](const TuneItem& other) { return other.label() == item.label(); };
      if (std::ranges::none_of(items, alike)) items.push_back(std::move(item));
    }
  }
  return items;
}

std::optional<std::chrono::nanoseconds> budget_of(const TuneChoice& choice) {
  if (choice.budget.empty()) return choice.in_background ? std::optional<std::chrono::nanoseconds>(kBackgroundBudget) : std::nullopt;
  const auto budget = choice.budget == "0" ? std::chrono::nanoseconds(0) : parse_duration(choice.budget);
  if (!budget) throw InputError(fmt::format("--budget = '{}': must be a duration such as 10min", choice.budget));
  return budget;
}

Json describe_tuning(const TuneReport& report) {
  Json problems = Json::array();
  for (const TuneOutcome& one : report.outcomes) {
    Json problem = {{"problem", one.label}, {"state", to_string(one.state)}, {"seconds", one.seconds}};
    if (!one.message.empty()) problem["message"] = one.message;
    if (!one.rigor.empty()) problem["adaptive_rigor"] = one.rigor;
    if (one.measured_ns) problem["measure_execution_ns"] = *one.measured_ns;
    if (one.patient_ns) problem["patient_execution_ns"] = *one.patient_ns;
    if (one.exhaustive_ns) problem["exhaustive_execution_ns"] = *one.exhaustive_ns;
    problems.push_back(std::move(problem));
  }
  return {{"problems", problems},
          {"made", report.count(State::made)},
          {"ready", report.count(State::ready)},
          {"left", report.count(State::left)},
          {"failed", report.count(State::failed)},
          {"not_stored", report.count(State::not_stored)},
          {"seconds", report.seconds},
          {"interrupted", report.interrupted}};
}

std::string nanoseconds_text(const std::optional<double>& ns) {
  return ns ? format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(*ns))) : "";
}

void print_report(Context& context, const TuneReport& report) {
  Table table({"problem", "", ">seconds", ">measure", ">patient", ">exhaustive", "adaptive uses", ""});
  for (const TuneOutcome& one : report.outcomes) {
    const bool was_planned = one.seconds > 0;
    table.add({one.label, std::string(to_string(one.state)), was_planned ? fmt::format("{:.2f}", one.seconds) : "",
               nanoseconds_text(one.measured_ns), nanoseconds_text(one.patient_ns), nanoseconds_text(one.exhaustive_ns), one.rigor,
               one.message});
  }
  if (!table.empty()) fmt::print("{}", table.text());
  std::string line = fmt::format("{} planned, {} ready already", report.count(State::made), report.count(State::ready));
  if (const auto left = report.count(State::left)) line += fmt::format(", {} left for the next time", left);
  if (const auto failed = report.count(State::failed)) line += fmt::format(", {} failed", failed);
  if (const auto lost = report.count(State::not_stored)) line += fmt::format(", {} not kept by the cache", lost);
  context.note(line + fmt::format(", in {:.1f} s", report.seconds));
}

int exit_code_of(const TuneReport& report) {
  if (report.count(State::failed) > 0) return kFoundWrong;
  return report.count(State::not_stored) > 0 ? kEnvironment : kDone;
}

int tune(Context& context, const TuneChoice& choice) {
  if (choice.from_log != choice.transforms.extents.empty()) {
    throw InputError(choice.from_log ? "--from-log has its extents from the log: leave EXTENT away"
                                     : "EXTENT is missing: 512x512 …, or --from-log");
  }
  TuneOptions options{.budget = budget_of(choice), .idle = choice.idle};
  std::vector<TuneItem> items = choice.transforms.problems();
  watch_for_interrupt();
  TunerTurn turn(context.disk().root(), choice.in_background ? TunerTurn::Who::background : TunerTurn::Who::somebody);
  if (!turn.take([&](std::string_view line) { context.note(line); })) {
    if (interrupt_requested()) throw Interrupted();
    return kDone;  // another one is at it
  }
  if (choice.from_log) items = items_of_log(context, choice);
  if (items.empty()) context.note("nothing was planned over this cache yet");

  const compute::FftPlanningScope only_we_plan;
  ::setpriority(PRIO_PROCESS, 0, kLowest);
  Progress progress(!context.quiet);
  options.stop = [&] { return interrupt_requested() || turn.is_over(); };
  options.pause = [&](std::chrono::nanoseconds time) { return wait_for_interrupt(time) || turn.is_over(); };
  options.progress = [&](const TuneProgress& at) {
    context.note_verbose(at.label);
    progress.at(at.fraction, fmt::format("{} of {}: {}", at.done + 1, at.all, at.label), at.left);
  };
  options.say = [&](std::string_view line) {
    progress.clear();
    context.note(line);
  };
  const TuneReport report = almanac::tune(context.engine(), items, options);
  progress.clear();
  if (context.json) {
    context.print(describe_tuning(report));
  } else {
    print_report(context, report);
  }
  if (interrupt_requested() && report.interrupted) throw Interrupted();
  return exit_code_of(report);
}

}  // namespace

void add_tune(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("tune", "Plan FFTs ahead of need, patiently, while the machine is idle");
  auto choice = std::make_shared<TuneChoice>();
  command->add_option("extent", choice->transforms.extents, "Extents to plan, slowest axis first: 512x512 1000")->type_name("EXTENT");
  add_fft_options(*command, choice->transforms);
  command->add_option("--budget", choice->budget, "What may be spent; what is not expected to fit is left for the next time")
      ->type_name("DURATION");
  auto* from_log = command->add_flag("--from-log", choice->from_log,
                                     "What was planned over this cache, most costly first, at --rigor or as each was asked for");
  for (const char* name : {"--transform", "--direction", "--batch", "--precision", "--threads", "--strides", "--split", "--in-place"}) {
    command->get_option(name)->excludes(from_log);
  }
  command->add_flag("--idle,!--no-idle", choice->idle, "Wait until the machine is idle before each measurement (default), or do not");
  command->add_flag("--in-background", choice->in_background, "As a program's engine starts it at its end")->group("");
  command->footer(
      "Examples:\n"
      "  almanac tune 512x512                                  patient, and what adaptive requests use\n"
      "  almanac tune 512x512 1024x1024 --transform r2c --transform c2r --threads 1,2\n"
      "  almanac tune 1000000 --precision single,double --rigor exhaustive --budget 2h\n"
      "  almanac tune --from-log --budget 10min                what programs planned most, the most costly first\n"
      "Patient makes the plan of adaptive requests, too. What is stored is not planned again: stop with Ctrl-C at any time and go on\n"
      "later.");
  command->callback([&context, &action, command, choice] {
    choice->has_rigors = command->count("--rigor") > 0;
    if (choice->in_background) choice->from_log = true;
    action = [&context, choice] { return tune(context, *choice); };
  });
}

}  // namespace almanac::cli
