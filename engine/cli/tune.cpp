#include <almanac/tune.hpp>

#include "context.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "table.hpp"

#include "fft/background_tuner.hpp"
#include "fft/one_holder.hpp"
#include "recipes/fft_wisdom.hpp"

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
  std::vector<std::string> extents;
  std::vector<std::string> transforms{"c2c"};
  std::vector<std::string> directions{"forward"};
  std::vector<std::string> batches{"1"};
  std::vector<std::string> precisions{"double"};
  std::vector<std::string> threads{"1"};
  std::vector<std::string> rigors;
  std::string strides = "contiguous";
  std::string budget;
  bool in_place = false;
  bool split = false;
  bool from_log = false;
  bool idle = true;
  bool in_background = false;
};

constexpr std::chrono::minutes kBackgroundBudget{10};
constexpr int kLowest = 19;  // of nice(1)

/// Adds the items of `base` with `name` set to each of the values.
std::vector<ParameterTexts> times(const std::vector<ParameterTexts>& base, const char* name, const std::vector<std::string>& values) {
  std::vector<ParameterTexts> all;
  for (const ParameterTexts& one : base) {
    for (const std::string& value : values) {
      all.push_back(one);
      all.back().emplace_back(name, value);
    }
  }
  return all;
}

TuneItem item_of(const ParameterTexts& texts) {
  const Recipe& recipe = RecipeRegistry::builtin().at("fft_wisdom");
  const ParameterValues values = recipe.parse(texts);
  recipe.request(values);  // refuses what is out of range, before anything is planned
  return {recipes::problem_of(values), std::get<std::string>(values.at("precision"))};
}

/// Errors: InputError, compute::ArgumentError.
std::vector<TuneItem> items_of(const TuneChoice& choice) {
  std::vector<ParameterTexts> all{{{"strides", choice.strides},
                                   {"split", choice.split ? "true" : "false"},
                                   {"in_place", choice.in_place ? "true" : "false"}}};
  all = times(all, "extent", choice.extents);
  all = times(all, "transform", choice.transforms);
  all = times(all, "direction", choice.directions);
  all = times(all, "batch", choice.batches);
  all = times(all, "precision", choice.precisions);
  all = times(all, "threads", choice.threads);
  all = times(all, "rigor", choice.rigors.empty() ? std::vector<std::string>{"patient"} : choice.rigors);
  std::vector<TuneItem> items;
  for (const ParameterTexts& texts : all) {
    items.push_back(item_of(texts));
    if (items.back().spec.transform[0] != Transform::c2c) items.back().spec.direction = Direction::forward;  // they have none
  }
  // Directions of what has none are one problem.
  std::vector<TuneItem> once;
  for (TuneItem& item : items) {
    const auto alike = [&](const TuneItem& other) { return other.label() == item.label(); };
    if (std::ranges::none_of(once, alike)) once.push_back(std::move(item));
  }
  return once;
}

std::vector<TuneItem> items_of_log(Context& context, const TuneChoice& choice) {
  std::vector<TuneItem> logged = planned_problems(context.engine());
  if (choice.rigors.empty()) return logged;
  std::vector<TuneItem> items;
  for (const std::string& rigor : choice.rigors) {
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

Json describe(const TuneReport& report) {
  Json problems = Json::array();
  for (const TuneOutcome& one : report.outcomes) {
    Json problem = {{"problem", one.label}, {"state", to_string(one.state)}, {"seconds", one.seconds}};
    if (!one.message.empty()) problem["message"] = one.message;
    if (!one.rigor.empty()) problem["adaptive_rigor"] = one.rigor;
    if (one.measured_ns) problem["measure_execution_ns"] = *one.measured_ns;
    if (one.patient_ns) problem["patient_execution_ns"] = *one.patient_ns;
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
  Table table({"problem", "", ">seconds", ">measure", ">patient", "adaptive uses", ""});
  for (const TuneOutcome& one : report.outcomes) {
    const bool was_planned = one.seconds > 0;
    table.add({one.label, std::string(to_string(one.state)), was_planned ? fmt::format("{:.2f}", one.seconds) : "",
               nanoseconds_text(one.measured_ns), nanoseconds_text(one.patient_ns), one.rigor, one.message});
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
  if (choice.from_log != choice.extents.empty()) {
    throw InputError(choice.from_log ? "--from-log has its extents from the log: leave EXTENT away"
                                     : "EXTENT is missing: 512x512 …, or --from-log");
  }
  TuneOptions options{.budget = budget_of(choice), .idle = choice.idle};
  std::vector<TuneItem> items = choice.from_log ? std::vector<TuneItem>() : items_of(choice);
  context.disk();  // nothing else outlives this command
  std::optional<OneHolder> alone;
  if (choice.in_background) {
    alone.emplace(background_tuner_lock(context.disk().root()));
    if (!*alone) return kDone;  // another one is at it
  }
  if (choice.from_log) items = items_of_log(context, choice);
  if (items.empty()) context.note("nothing was planned over this cache yet");

  const compute::FftPlanningScope only_we_plan;
  ::setpriority(PRIO_PROCESS, 0, kLowest);
  watch_for_interrupt();
  Progress progress(!context.quiet);
  options.stop = interrupt_requested;
  options.pause = wait_for_interrupt;
  options.progress = [&](const TuneProgress& at) {
    context.note_verbose(at.label);
    progress.at(at.fraction, at.label);
  };
  options.say = [&](std::string_view line) {
    progress.clear();
    context.note(line);
  };
  const TuneReport report = almanac::tune(context.engine(), items, options);
  progress.clear();
  if (context.json) {
    context.print(describe(report));
  } else {
    print_report(context, report);
  }
  if (report.interrupted) throw Interrupted();
  return exit_code_of(report);
}

}  // namespace

void add_tune(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("tune", "Plan FFTs ahead of need, patiently, while the machine is idle");
  auto choice = std::make_shared<TuneChoice>();
  command->add_option("extent", choice->extents, "Extents to plan, slowest axis first: 512x512 1000")->type_name("EXTENT");
  const auto list = [command](const char* name, std::vector<std::string>& values, const char* type, const char* help) {
    return command->add_option(name, values, help)->delimiter(',')->type_name(type)->allow_extra_args(false);
  };
  command
      ->add_option("--transform", choice->transforms,
                   "c2c (default), r2c, c2r, dct2 …; may be given again; dct2,dst1 is one an axis")
      ->type_name("KIND")
      ->allow_extra_args(false);
  list("--direction", choice->directions, "WORD", "Of c2c: forward (default), backward, or both with a comma");
  list("--batch", choice->batches, "N", "Transforms at once (default 1)");
  command->add_option("--strides", choice->strides, "Where the elements lie, as almanac kinds says it (default contiguous)")
      ->type_name("TEXT");
  command->add_flag("--split", choice->split, "Real and imaginary parts are arrays of their own");
  command->add_flag("--in-place", choice->in_place, "The output overwrites the input");
  list("--precision", choice->precisions, "WORD", "single, double (default), long_double");
  list("--rigor", choice->rigors, "WORD",
       "measure, patient (default), exhaustive, adaptive; patient makes the plan of adaptive requests, too. With --from-log: as "
       "each was asked for")
      ->check(CLI::IsMember({"measure", "patient", "exhaustive", "adaptive"}));
  list("--threads", choice->threads, "N", "Threads of one execution (default 1)");
  command->add_option("--budget", choice->budget, "What may be spent; what is not expected to fit is left for the next time")
      ->type_name("DURATION");
  command->add_flag("--from-log", choice->from_log, "What was planned over this cache, most costly first");
  command->add_flag("--idle,!--no-idle", choice->idle, "Wait until the machine is idle before each measurement (default), or do not");
  command->add_flag("--in-background", choice->in_background, "As a program's engine starts it at its end")->group("");
  command->footer(
      "Examples:\n"
      "  almanac tune 512x512                                  patient, and what adaptive requests use\n"
      "  almanac tune 512x512 1024x1024 --transform r2c --transform c2r --threads 1,2\n"
      "  almanac tune 1000000 --precision single,double --rigor exhaustive --budget 2h\n"
      "  almanac tune --from-log --budget 10min                what programs planned most, the most costly first\n"
      "What is stored is not planned again: stop with Ctrl-C at any time and go on later.");
  command->callback([&context, &action, choice] {
    if (choice->in_background) choice->from_log = true;
    action = [&context, choice] { return tune(context, *choice); };
  });
}

}  // namespace almanac::cli
