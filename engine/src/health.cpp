#include "health.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace almanac {
namespace {

using namespace std::chrono_literals;

// What is too little to say something of.
constexpr std::uint64_t kFewRequests = 100;
constexpr std::uint64_t kFewStored = 10;

constexpr double kFull = 0.98;                 // of a budget: cleaning begins at 0.95
constexpr double kDiskFull = 0.95;             // of the file system
constexpr double kPoorHitRatio = 0.2;
constexpr double kLongTail = 100;              // p99 against p50 …
constexpr std::chrono::nanoseconds kSlowHit = 100ms;  // … where that is felt
constexpr std::chrono::nanoseconds kSlowFile = 50ms;
constexpr double kManyRegrets = 0.05;          // of all look-ups

double share(std::uint64_t part, std::uint64_t whole) { return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole); }

std::string percent_of(double part) { return fmt::format("{:.1f} %", 100 * part); }

HealthCheck quota(const HealthFigures& figures) {
  HealthCheck check{.name = "quota", .reason = {}};
  check.reason = fmt::format("{} artifacts, {}", figures.entries, format_size(figures.bytes));
  if (figures.max_bytes) {
    const double used = share(figures.bytes, *figures.max_bytes);
    check.reason += fmt::format(", {} of the budget of {}", percent_of(used), format_size(*figures.max_bytes));
    check.is_well = used <= kFull;
  }
  if (figures.file_system_bytes > 0) {
    const double used = 1 - share(figures.free_bytes, figures.file_system_bytes);
    check.reason += fmt::format("; the file system is filled by {}, {} are free", percent_of(used), format_size(figures.free_bytes));
    check.is_well = check.is_well && (used <= kDiskFull || figures.free_bytes > 10 * std::max<std::uint64_t>(figures.bytes, 1'000'000'000));
  }
  return check;
}

HealthCheck hit_ratio(const HealthFigures& figures) {
  std::uint64_t requests = 0, hits = 0;
  for (const auto& [day, counts] : figures.counted.days) {
    if (day <= figures.today - kTrendDays) continue;
    requests += counts.requests;
    hits += counts.hits;
  }
  HealthCheck check{.name = "hit ratio", .reason = {}};
  if (requests < kFewRequests) {
    check.reason = fmt::format("{} requests in {} days: too few to say", requests, kTrendDays);
    return check;
  }
  const double ratio = share(hits, requests);
  check.is_well = ratio >= kPoorHitRatio;
  check.reason = fmt::format("{} of {} requests in {} days were hits{}", percent_of(ratio), requests, kTrendDays,
                             check.is_well ? "" : fmt::format(", less than {}", percent_of(kPoorHitRatio)));
  return check;
}

HealthCheck tail_latency(const HealthFigures& figures) {
  cache::TimeCounts times;
  for (const auto& [name, kind] : figures.counted.kinds) {
    if (const auto disk = kind.by_tier.find("disk"); disk != kind.by_tier.end()) times.add(disk->second.times);
  }
  HealthCheck check{.name = "tail latency", .reason = {}};
  if (times.count() < kFewRequests) {
    check.reason = fmt::format("{} hits on disk: too few to say", times.count());
    return check;
  }
  const auto usual = times.quantile(0.5), tail = times.quantile(0.99);
  check.is_well = tail < kSlowHit || static_cast<double>(tail.count()) < kLongTail * static_cast<double>(usual.count());
  check.reason = fmt::format("of {} hits on disk 50 % took {} or less, 99 % {} or less", times.count(), format_duration(usual), format_duration(tail));
  return check;
}

HealthCheck corruption(const HealthFigures& figures) {
  std::uint64_t corruptions = 0;
  for (const auto& [name, tier] : figures.counted.tiers) corruptions += tier.corruptions;
  HealthCheck check{"corruption", figures.quarantined == 0, {}};
  check.reason = fmt::format("{} file{} in quarantine, {} unsound entr{} met so far", figures.quarantined, figures.quarantined == 1 ? "" : "s",
                             corruptions, corruptions == 1 ? "y" : "ies");
  if (!check.is_well) check.reason += "; almanac validate looks at all others, quarantine/ says why";
  return check;
}

HealthCheck leases(const HealthFigures& figures) {
  HealthCheck check{"leases", figures.stale_leases == 0, {}};
  check.reason = figures.stale_leases == 0 ? "none is stale"
                                           : fmt::format("{} that nobody has beaten for a minute: their holders died or hang", figures.stale_leases);
  return check;
}

HealthCheck folder(const HealthFigures& figures) {
  HealthCheck check{.name = "folder", .reason = {}};
  if (!figures.probe) {
    check.is_well = false;
    check.reason = "nothing can be written there: what is computed is not kept";
    return check;
  }
  check.is_well = figures.remote.empty() && *figures.probe < kSlowFile;
  check.reason = fmt::format("{}; a small file takes {}", figures.remote.empty() ? "on a local file system" : "on a remote file system (" + figures.remote + "), whose files are not mapped",
                             format_duration(*figures.probe));
  if (*figures.probe >= kSlowFile) check.reason += fmt::format(", more than {}", format_duration(kSlowFile));
  return check;
}

/// Of the days on which the disk was looked at, the straight line with the least squares.
Trend trend_of(const HealthFigures& figures) {
  Trend trend;
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  const auto note = [&](std::int64_t day, std::uint64_t bytes) {
    const auto at = static_cast<double>(day - figures.today), held = static_cast<double>(bytes);
    n += 1, x += at, y += held, xx += at * at, xy += at * held;
  };
  for (const auto& [day, counts] : figures.counted.days) {
    if (day > figures.today - kTrendDays && day < figures.today && counts.surveyed.time_since_epoch().count() > 0) note(day, counts.held_bytes);
  }
  note(figures.today, figures.bytes);
  trend.days = static_cast<std::size_t>(n);
  if (trend.days < 2) return trend;
  const double growth = (n * xy - x * y) / (n * xx - x * x);
  trend.bytes_a_day = growth;
  double room = figures.file_system_bytes > 0 ? static_cast<double>(figures.free_bytes) : -1;
  if (figures.max_bytes) {
    const double left = std::max(0.0, static_cast<double>(*figures.max_bytes) - static_cast<double>(figures.bytes));
    room = room < 0 ? left : std::min(room, left);
  }
  if (growth > 0 && room >= 0) trend.days_until_full = room / growth;
  return trend;
}

void advise_memory(const HealthFigures& figures, std::vector<Advice>& advice) {
  const auto memory = figures.counted.tiers.find("memory");
  if (memory == figures.counted.tiers.end()) return;
  const cache::TierStats& tier = memory->second;
  const std::uint64_t looks = tier.hits + tier.misses;
  const double regrets = share(tier.would_have_hit, looks);
  if (looks < kFewRequests || regrets < kManyRegrets) return;
  advice.push_back({fmt::format("raise max_memory above {}", format_size(figures.max_memory)),
                    fmt::format("{} of {} look-ups in memory ({}) missed what had left to make room", tier.would_have_hit, looks, percent_of(regrets)), regrets});
}

void advise_disk(const HealthFigures& figures, std::vector<Advice>& advice) {
  std::uint64_t regrets = 0;
  std::chrono::nanoseconds paid{0};
  for (const auto& [name, kind] : figures.counted.kinds) {
    regrets += kind.would_have_hit;
    paid += kind.compute_times.mean() * static_cast<std::int64_t>(kind.would_have_hit);
  }
  if (regrets < kFewStored || !figures.max_bytes) return;
  advice.push_back({fmt::format("raise max_disk above {}", format_size(*figures.max_bytes)),
                    fmt::format("{} artifacts were computed again that had left to make room, in {}", regrets, format_duration(paid)),
                    static_cast<double>(regrets)});
}

void advise_kinds(const HealthFigures& figures, std::vector<Advice>& advice) {
  for (const auto& [name, kind] : figures.counted.kinds) {
    if (kind.stored < kFewStored || cache::requests_of(kind) < kFewRequests) continue;
    std::chrono::nanoseconds saved{0};
    std::uint64_t hits = 0;
    for (const auto& [tier, there] : kind.by_tier) {
      if (tier == "memory" || tier == "compressed") continue;
      hits += there.hits;
      saved += there.cost - there.times.total();
    }
    if (saved >= kind.storing) continue;
    advice.push_back({fmt::format("stop storing {}: [kinds.{}] write = \"read_through\"", name, name),
                      fmt::format("{} were stored in {}; beyond memory they were found {} times, which saved {}", kind.stored,
                                  format_duration(kind.storing), hits, saved.count() < 0 ? "nothing" : format_duration(saved)),
                      std::chrono::duration<double>(kind.storing - saved).count()});
  }
}

void advise_tuning(const HealthFigures& figures, std::vector<Advice>& advice) {
  for (const auto& transform : figures.to_tune) {
    advice.push_back({"almanac tune --from-log",
                      fmt::format("{}: planned by {} process{} in {}, and no better plan was looked for", transform.label, transform.count,
                                  transform.count == 1 ? "" : "es", format_duration(transform.planning)),
                      static_cast<double>(transform.count)});
  }
}

}  // namespace

bool Health::is_well() const noexcept { return std::ranges::all_of(checks, &HealthCheck::is_well); }

Health judge(const HealthFigures& figures) {
  Health health;
  health.checks = {quota(figures), hit_ratio(figures), tail_latency(figures), corruption(figures), leases(figures), folder(figures)};
  health.trend = trend_of(figures);
  advise_memory(figures, health.advice);
  advise_disk(figures, health.advice);
  advise_kinds(figures, health.advice);
  advise_tuning(figures, health.advice);
  return health;
}

}  // namespace almanac
