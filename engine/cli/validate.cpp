#include <almanac/validation.hpp>

#include "context.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>

namespace almanac::cli {
namespace {

struct ValidateOptions {
  std::string recompute;
  std::string seed;
  bool repair = false;
};

/// "0.05" or "5%". Errors: InputError.
double fraction(std::string_view text) {
  const bool percent = text.ends_with('%');
  const std::optional<double> value = parse_real(percent ? text.substr(0, text.size() - 1) : text);
  const double of_all = value.value_or(-1) / (percent ? 100 : 1);
  if (of_all >= 0 && of_all <= 1) return of_all;
  throw InputError(fmt::format("--recompute = '{}': must be a fraction from 0 to 1, as 0.05, or from 0% to 100%, as 5%", text));
}

/// Errors: InputError.
std::uint64_t seed_of(std::string_view text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size()) return seed;
  throw InputError(fmt::format("--seed = '{}': must be a whole number from 0 to 18446744073709551615", text));
}

Json describe_report(const ValidationReport& report, std::uint64_t seed) {
  Json wrong = Json::array();
  for (const ValidationFinding& finding : report.findings) {
    wrong.push_back({{"path", finding.path.string()},
                     {"reason", finding.reason},
                     {"message", finding.message},
                     {"key", finding.key.empty() ? Json() : Json(finding.key)},
                     {"repair", finding.repair.empty() ? Json() : Json(finding.repair)}});
  }
  return {{"checked", report.checked},
          {"recomputed", report.recomputed},
          {"not_recomputable", report.not_recomputable},
          {"seed", seed},
          {"wrong", wrong},
          {"seconds", report.seconds},
          {"interrupted", report.interrupted}};
}

void print_report(Context& context, const ValidationReport& report, const ValidateOptions& options, std::uint64_t seed) {
  Table table(options.repair ? std::vector<std::string>{"reason", "file", "what", "repair"}
                             : std::vector<std::string>{"reason", "file", "what"});
  for (const ValidationFinding& finding : report.findings) {
    table.add({finding.reason, finding.path.string(), finding.message, finding.repair});
  }
  if (!table.empty()) fmt::print("{}", table.text());
  const char* const files = report.checked == 1 ? "file" : "files";
  std::string line = fmt::format("{} {} checked, {} wrong", report.checked, files, report.findings.size());
  if (options.repair && !report.findings.empty()) {
    line += fmt::format(", {} of them rebuilt", std::ranges::count(report.findings, "rebuilt", &ValidationFinding::repair));
  }
  context.note(line);
  if (report.recomputed + report.not_recomputable > 0) {
    const auto others = report.not_recomputable;
    const std::string rest = others == 0 ? "" : fmt::format(", {} more cannot be computed here", others);
    context.note(fmt::format("{} computed anew and compared{}; the same sample again: --seed {}", report.recomputed, rest, seed));
  }
  const auto is_unreadable = [](const ValidationFinding& one) { return one.reason == "denied" || one.reason == "io"; };
  if (!options.repair && !std::ranges::all_of(report.findings, is_unreadable)) {
    context.note("almanac validate --repair moves them to quarantine and makes them again");
  }
}

int validate(Context& context, const ValidateOptions& options) {
  ValidationOptions what{.recompute = options.recompute.empty() ? 0 : fraction(options.recompute), .repair = options.repair};
  // Another sample every time, so that in the end everything was in one.
  what.seed = options.seed.empty() ? std::random_device()() : seed_of(options.seed);
  context.disk();
  const compute::FftPlanningScope only_we_plan;
  watch_for_interrupt();
  Progress progress(!context.quiet);
  what.progress = [&](const ValidationProgress& at) {
    progress.at(at.all == 0 ? 1 : static_cast<double>(at.done) / static_cast<double>(at.all), at.what);
  };
  what.stop = interrupt_requested;
  const ValidationReport report = almanac::validate(context.engine(), what);
  progress.clear();
  if (context.json) {
    context.print(describe_report(report, what.seed));
  } else {
    print_report(context, report, options, what.seed);
  }
  if (report.interrupted) throw Interrupted();
  return report.findings.empty() ? kDone : kFoundWrong;
}

}  // namespace

void add_validate(CLI::App& app, Context& context, Action& action) {
  CLI::App* command =
      app.add_subcommand("validate", "Verify every byte of every artifact on disk; exit code 1 if one was wrong, repaired or not");
  auto options = std::make_shared<ValidateOptions>();
  command->add_option("--recompute", options->recompute, "Compute a sample anew and compare: 0.05 or 5%, at least one")
      ->type_name("FRACTION");
  command->add_option("--seed", options->seed, "Which sample (default: another every time)")->type_name("N");
  command->add_flag("--repair", options->repair, "Move what is wrong to quarantine, and make it again");
  command->callback([&context, &action, options] { action = [&context, options] { return validate(context, *options); }; });
}

}  // namespace almanac::cli
