#include "health_report.hpp"

#include "entries.hpp"
#include "exit_code.hpp"
#include "folder_figures.hpp"

#include "fft/planned_log.hpp"
#include "fft/planning_rates.hpp"
#include "fft/tuning_to_do.hpp"
#include "health.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <exception>

namespace almanac::cli {
namespace {

constexpr std::size_t kMostTransforms = 3;

/// Of what programs have planned, in the order of what that costs, those for which a tuner would find something to do.
void find_transforms(Context& context, HealthFigures& figures) {
  PlanningRates rates;
  TuningToDo to_do(context.engine(), rates, {});
  for (const PlannedProblem& one : PlannedLog::read(context.disk().root() / PlannedLog::kFolder)) {
    if (figures.to_tune.size() == kMostTransforms) return;
    const TuneItem item{one.spec, one.precision};
    try {
      if (!to_do.work_of(item, TuningToDo::Depth::headers).stages.empty()) figures.to_tune.push_back({item.label(), one.count, one.planning});
    } catch (const std::exception&) {  // a problem that cannot be planned here
    }
  }
}

HealthFigures gather(Context& context) {
  HealthFigures figures;
  const std::filesystem::path& root = context.disk().root();
  const auto now = std::chrono::system_clock::now();
  const bool is_whole = for_each_entry(context, {}, [&](const cache::EntryInfo& entry) {
    ++figures.entries;
    figures.bytes += entry.stored_bytes;
    return true;
  });
  if (is_whole && figures.entries > 0) cache::note_survey(root, figures.entries, figures.bytes);
  figures.counted = cache::read_statistics(root);
  figures.today = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  const FolderFigures folder = cli::figures_of(root);
  figures.free_bytes = folder.free_bytes;
  figures.file_system_bytes = folder.file_system_bytes;
  figures.remote = folder.remote;
  figures.probe = folder.probe;
  figures.quarantined = folder.quarantined;
  figures.stale_leases = folder.stale_leases;
  const Config& config = context.engine().config();
  figures.max_memory = config.max_memory;
  figures.max_bytes = config.max_disk;
  if (config.max_disk_share > 0) figures.max_bytes = static_cast<std::uint64_t>(config.max_disk_share * static_cast<double>(folder.file_system_bytes));
  find_transforms(context, figures);
  return figures;
}

Json describe(const Health& health) {
  Json checks = Json::array(), advice = Json::array();
  for (const HealthCheck& check : health.checks) checks.push_back({{"name", check.name}, {"well", check.is_well}, {"reason", check.reason}});
  for (const Advice& one : health.advice) advice.push_back({{"what", one.what}, {"because", one.because}, {"number", one.number}});
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
  return {{"well", health.is_well()},
          {"checks", checks},
          {"trend", {{"days", health.trend.days}, {"bytes_a_day", number(health.trend.bytes_a_day)}, {"days_until_full", number(health.trend.days_until_full)}}},
          {"advice", advice}};
}

std::string text_of(const Trend& trend) {
  if (!trend.bytes_a_day) return "not known yet: the cache was looked at on one day only (almanac stats or doctor, now and then)";
  const auto bytes = static_cast<std::uint64_t>(std::abs(*trend.bytes_a_day));
  std::string text = fmt::format("{} {} a day, by {} days", *trend.bytes_a_day < 0 ? "shrinks by" : "grows by", format_size(bytes), trend.days);
  if (trend.days_until_full) text += fmt::format("; full in {:.0f} days", *trend.days_until_full);
  return text;
}

}  // namespace

int report_health(Context& context) {
  const Health health = judge(gather(context));
  if (context.json) {
    context.print(describe(health));
    return health.is_well() ? kDone : kFoundWrong;
  }
  for (const HealthCheck& check : health.checks) fmt::print("{:<7}{:<14}{}\n", check.is_well ? "well" : "WRONG", check.name, check.reason);
  fmt::print("       {:<14}{}\n", "trend", text_of(health.trend));
  for (const Advice& one : health.advice) fmt::print("advice {}\n         since {}\n", one.what, one.because);
  context.note(fmt::format("in {}", context.disk().root().string()));
  return health.is_well() ? kDone : kFoundWrong;
}

}  // namespace almanac::cli
