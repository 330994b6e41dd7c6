#include "context.hpp"

#include "exit_code.hpp"
#include "wrapped_run.hpp"

#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <fstream>

namespace almanac::cli {
namespace {

struct WrapChoice {
  std::vector<std::string> words;
  bool upgrade = false;
  std::string rigor = "measure";
  std::string report;
};

std::string plans(std::uint64_t count) { return fmt::format("{} FFTW plan{}", count, count == 1 ? "" : "s"); }

/// What happened, on one line.
std::string summary(const wrap::WrapReport& report) {
  if (!report.left_alone.empty()) return fmt::format("the program was left alone: {}", report.left_alone);
  if (report.planned == 0) return "no FFTW planning was seen: the program plans none, has FFTW linked statically, or uses another FFT library";
  std::string line = plans(report.planned);
  const char* separator = ": ";
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) line += fmt::format("{}{} {}", std::exchange(separator, ", "), count, what);
  };
  add(report.cached, "from the cache");
  add(report.measured, "measured");
  add(report.own, "by the program's own wisdom");
  add(report.estimated, "estimated");
  add(report.passed, "passed on");
  if (report.cached > 0) line += fmt::format("; {} saved", format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(report.seconds_saved * 1e9))));
  if (report.kept < report.measured) line += fmt::format("; {} measured and not kept", report.measured - report.kept);
  if (report.foreign > 0) line += "; not FFTW 3.3: its wisdom cannot be used";
  if (report.time_limited > 0) line += "; the program limits the planner's time: what it measures is not kept";
  return line;
}

Json describe(const wrap::WrapReport& report) {
  return {{"exit_code", report.exit_code},
          {"left_alone", report.left_alone.empty() ? Json() : Json(report.left_alone)},
          {"planned", report.planned},
          {"cached", report.cached},
          {"measured", report.measured},
          {"kept", report.kept},
          {"own_wisdom", report.own},
          {"estimated", report.estimated},
          {"passed_on", report.passed},
          {"refused", report.refused},
          {"seconds_saved", report.seconds_saved}};
}

int wrap_program(Context& context, const WrapChoice& choice) {
  if (context.json && choice.report.empty()) throw InputError("wrap --json needs --report FILE: standard output is the program's");
  wrap::WrapOptions options{.words = choice.words, .upgrade = std::nullopt};
  if (choice.upgrade) options.upgrade = compute::parse_rigor(choice.rigor);
  const wrap::WrapReport report = wrap::run_wrapped(context.engine(), options);
  context.note(fmt::format("almanac: {}", summary(report)));
  if (!choice.report.empty()) {
    std::ofstream file(choice.report, std::ios::trunc);
    file << describe(report).dump(2) << '\n';
    if (!file.flush()) throw EnvironmentError(fmt::format("cannot write {}", choice.report));
  }
  context.mark_printed();
  return report.exit_code;
}

}  // namespace

void add_wrap(CLI::App& app, Context& context, Action& action) {
  CLI::App* command = app.add_subcommand("wrap", "Run a program whose FFTW plans are kept: almanac wrap -- PROGRAM ARGS…");
  auto choice = std::make_shared<WrapChoice>();
  auto* upgrade = command->add_flag("--upgrade", choice->upgrade, "Give measured plans to callers that ask for estimated ones (other bits, faster)");
  command->add_option("--rigor", choice->rigor, "What --upgrade measures at")
      ->type_name("measure|patient")
      ->check(CLI::IsMember({"measure", "patient"}))
      ->needs(upgrade);
  command->add_option("--report", choice->report, "Write what was planned as JSON to this file; standard output is the program's")->type_name("FILE");
  command->add_option("program", choice->words, "The program and its arguments, behind --")->type_name("PROGRAM ARGS…")->required();
  command->footer(
      "Plans that the program asks FFTW to measure are measured once and found by every later run, also those of other\n"
      "processes and of the programs it starts. Exit code: the program's; 128 + signal where one ended it.\n"
      "$ALMANAC_WRAP_LIBRARY names the library that is loaded into the program, where it is not beside this one.");
  command->callback([&context, &action, choice] { action = [&context, choice] { return wrap_program(context, *choice); }; });
}

}  // namespace almanac::cli
