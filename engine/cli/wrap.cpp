#include "wrap.hpp"

#include "json_text.hpp"
#include "wrapped_run.hpp"

#include <almanac/error.hpp>
#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace almanac::cli {
namespace {

std::string plans(std::uint64_t count) { return fmt::format("{} FFTW plan{}", count, count == 1 ? "" : "s"); }

/// Why calls were passed on; what is left once the reasons that are counted have been named is of the kinds that keys do not name.
std::string why_passed(const wrap::WrapReport& report) {
  std::vector<std::string_view> reasons;
  const std::uint64_t limited = std::min(report.time_limited, report.passed - std::min(report.foreign, report.passed));
  if (report.foreign > 0) reasons.push_back("not FFTW 3.3: its wisdom cannot be used");
  if (limited > 0) reasons.push_back("the program limits the planner's time: what it measures is not kept");
  if (report.passed > report.foreign + limited) reasons.push_back("problems, flags or solvers that wisdom is not kept for");
  return fmt::format("{}", fmt::join(reasons, "; "));
}

/// Why measured plans were not kept.
std::string why_not_kept(const wrap::WrapReport& report, const Config& config) {
  if (!report.unserved.empty()) return report.unserved;
  if (!config.enabled || !config.disk) return "the settings leave no cache on disk";
  if (report.refused > 0) return "what came over was damaged";
  if (report.handed_over > report.kept) return "the cache did not take what was measured";
  return "what FFTW tells of them does not suffice to plan them again";
}

/// What happened, on one line.
std::string summary(const wrap::WrapReport& report, const Config& config) {
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
  if (report.upgraded_in_vain > 0) line += fmt::format(" ({} could not be upgraded)", report.upgraded_in_vain);
  add(report.passed, "passed on");
  if (report.passed > 0) line += fmt::format(" ({})", why_passed(report));
  if (report.cached > 0) line += fmt::format("; {} saved", format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(report.seconds_saved * 1e9))));
  if (report.kept < report.measured) line += fmt::format("; {} measured and not kept: {}", report.measured - report.kept, why_not_kept(report, config));
  return line;
}

Json describe(const wrap::WrapReport& report) {
  return {{"exit_code", report.exit_code},
          {"left_alone", report.left_alone.empty() ? Json() : Json(report.left_alone)},
          {"planned", report.planned},
          {"cached", report.cached},
          {"measured", report.measured},
          {"searches", report.searches},
          {"kept", report.kept},
          {"own_wisdom", report.own},
          {"estimated", report.estimated},
          {"passed_on", report.passed},
          {"refused", report.refused},
          {"server", report.has_server},
          {"seconds_saved", report.seconds_saved}};
}

wrap::WrapOptions options_of(const Globals& globals, const WrapChoice& choice) {
  wrap::WrapOptions options{.words = choice.words, .is_quiet = globals.quiet};
  if (choice.upgrade) options.upgrade = compute::parse_rigor(choice.rigor);
  try {
    options.config = globals.config();
  } catch (const EnvironmentError& problem) {
    options.obstacle = problem.what();
  }
  return options;
}

/// Nothing of what is there is touched, and no pipe is opened that somebody reads to its end.
/// Errors: EnvironmentError ← the report could not be written there.
void check_writable(const std::filesystem::path& report) {
  std::error_code ignored;
  const auto folder = report.parent_path();
  int problem = 0;
  if (std::filesystem::is_directory(report, ignored)) {
    problem = EISDIR;
  } else if (::access(std::filesystem::exists(report, ignored) ? report.c_str() : folder.empty() ? "." : (folder / "").c_str(), W_OK) != 0) {
    problem = errno;
  }
  if (problem != 0) throw EnvironmentError(fmt::format("cannot write {}: {}", report.string(), std::generic_category().message(problem)));
}

}  // namespace

int wrap_program(const Globals& globals, const WrapChoice& choice) {
  if (globals.json && choice.report.empty()) throw InputError("wrap --json needs --report FILE: standard output is the program's");
  if (!choice.report.empty()) check_writable(choice.report);
  const wrap::WrapOptions options = options_of(globals, choice);
  const wrap::WrapReport report = wrap::run_wrapped(options);
  globals.note(fmt::format("almanac: {}", summary(report, options.config)));
  if (!choice.report.empty()) {
    std::ofstream file(choice.report, std::ios::trunc);
    file << text_of(describe(report)) << '\n';
    if (!file.flush()) globals.warn(fmt::format("cannot write {}", choice.report));  // the exit code is the program's
  }
  return report.exit_code;
}

}  // namespace almanac::cli
