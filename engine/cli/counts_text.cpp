#include "counts_text.hpp"

#include "table.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace almanac::cli {
namespace {

using cache::KindMetrics;
using cache::TimeCounts;

template <class Value>
Json json_of(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json describe_times(const TimeCounts& times) {
  if (times.count() == 0) return {{"count", 0}};
  return {{"count", times.count()},
          {"mean", seconds(times.mean())},
          {"p50", seconds(times.quantile(0.5))},
          {"p95", seconds(times.quantile(0.95))},
          {"p99", seconds(times.quantile(0.99))}};
}

Json describe_kind(const KindMetrics& kind) {
  const auto saving = cache::saving_per_hit(kind);
  Json tiers = Json::object();
  for (const auto& [tier, hits] : kind.by_tier) {
    tiers[tier] = {{"hits", hits.hits}, {"bytes", hits.bytes}, {"cost", seconds(hits.cost)}, {"seconds", describe_times(hits.times)}};
  }
  return {{"requests", cache::requests_of(kind)},
          {"hits", kind.hits},
          {"misses", kind.misses},
          {"joined", kind.joined},
          {"bytes", kind.bytes},
          {"bytes_hit", kind.bytes_hit},
          {"stored", kind.stored},
          {"passed_by", kind.passed_by},
          {"would_have_hit", kind.would_have_hit},
          {"hit_ratio", json_of(cache::hit_ratio(kind))},
          {"byte_hit_ratio", json_of(cache::byte_hit_ratio(kind))},
          {"cost_hit_ratio", json_of(cache::cost_hit_ratio(kind))},
          {"seconds_saved", kind.seconds_saved()},
          {"saving_per_hit", saving ? Json(seconds(*saving)) : Json()},
          {"gain", json_of(cache::gain(kind))},
          {"pays_after_uses", json_of(cache::break_even(kind))},
          {"seconds_storing", seconds(kind.storing)},
          {"hit_seconds", describe_times(kind.hit_times)},
          {"miss_seconds", describe_times(kind.miss_times)},
          {"compute_seconds", describe_times(kind.compute_times)},
          {"tiers", tiers}};
}

/// The counts of a tier that say something, by name.
constexpr std::array<std::pair<std::string_view, std::uint64_t cache::TierStats::*>, 7> kTierColumns{{
    {"hits", &cache::TierStats::hits},
    {"misses", &cache::TierStats::misses},
    {"puts", &cache::TierStats::puts},
    {"evictions", &cache::TierStats::evictions},
    {"would_have_hit", &cache::TierStats::would_have_hit},
    {"corruptions", &cache::TierStats::corruptions},
    {"errors", &cache::TierStats::errors}}};

std::string date_of(std::int64_t day) {
  return utc(std::chrono::system_clock::time_point(std::chrono::days(day))).substr(0, 10);
}

bool is_wanted(std::string_view name, std::string_view kind) { return kind.empty() || name == kind; }

std::string number(std::uint64_t value) { return fmt::format("{}", value); }

/// A duration that may be below zero.
std::string signed_duration(std::chrono::nanoseconds time) {
  return time.count() < 0 ? '-' + format_duration(-time) : format_duration(time);
}

void add_times(Table& table, const std::string& kind, const std::string& what, const TimeCounts& times) {
  if (times.count() == 0) return;
  table.add({kind, what, number(times.count()), format_duration(times.mean()), format_duration(times.quantile(0.5)),
             format_duration(times.quantile(0.95)), format_duration(times.quantile(0.99))});
}

}  // namespace

std::string percent(const std::optional<double>& part) { return part ? fmt::format("{:.1f} %", 100 * *part) : "-"; }

Json describe(const cache::Statistics& statistics, std::string_view kind) {
  Json kinds = Json::object(), tiers = Json::object(), days = Json::array();
  for (const auto& [name, counts] : statistics.kinds) {
    if (is_wanted(name, kind)) kinds[name] = describe_kind(counts);
  }
  for (const auto& [name, counts] : statistics.tiers) {
    for (const auto& [label, count] : kTierColumns) tiers[name][std::string(label)] = counts.*count;
  }
  for (const auto& [name, learned] : statistics.speeds) {
    tiers[name]["load"] = {{"latency", seconds(learned.speed.load.latency)}, {"nanoseconds_per_byte", learned.speed.load.nanoseconds_per_byte}};
    tiers[name]["write"] = {{"latency", seconds(learned.speed.write.latency)}, {"nanoseconds_per_byte", learned.speed.write.nanoseconds_per_byte}};
  }
  for (const auto& [day, counts] : statistics.days) {
    Json one{{"day", date_of(day)}, {"requests", counts.requests}, {"hits", counts.hits}, {"bytes", counts.bytes}, {"seconds_saved", seconds(counts.saved)}};
    if (counts.surveyed.time_since_epoch().count() > 0) {
      one["held_entries"] = counts.held_entries;
      one["held_bytes"] = counts.held_bytes;
    }
    days.push_back(std::move(one));
  }
  const bool is_any = statistics.since <= statistics.until;
  Json document{{"since", is_any ? Json(utc(statistics.since)) : Json()},
                {"until", is_any ? Json(utc(statistics.until)) : Json()},
                {"processes", statistics.processes},
                {"uptime", seconds(statistics.uptime)},
                {"kinds", kinds}};
  if (kind.empty()) document["all"] = describe_kind(statistics.all_kinds());
  document["tiers"] = tiers;
  document["days"] = days;
  return document;
}

std::string text_of(const cache::Statistics& statistics, std::string_view kind) {
  Table kinds({"kind", ">requests", ">hits", ">misses", ">joined", ">hit ratio", ">by bytes", ">by cost", ">saved", ">a hit", ">gain", ">pays after"});
  Table times({"kind", "time of", ">count", ">mean", ">p50", ">p95", ">p99"});
  const auto add_kind = [&](const std::string& name, const KindMetrics& counts) {
    const auto saving = cache::saving_per_hit(counts);
    const auto gain = cache::gain(counts);
    const auto uses = cache::break_even(counts);
    kinds.add({name, number(cache::requests_of(counts)), number(counts.hits), number(counts.misses), number(counts.joined),
               percent(cache::hit_ratio(counts)), percent(cache::byte_hit_ratio(counts)), percent(cache::cost_hit_ratio(counts)),
               signed_duration(counts.saved), saving ? signed_duration(*saving) : "-", gain ? fmt::format("{:.3g} x", *gain) : "-",
               uses ? fmt::format("{} use{}", *uses, *uses == 1 ? "" : "s") : "-"});
  };
  for (const auto& [name, counts] : statistics.kinds) {
    if (!is_wanted(name, kind)) continue;
    add_kind(name, counts);
    for (const auto& [tier, hits] : counts.by_tier) add_times(times, name, "hits, " + tier, hits.times);
    add_times(times, name, "misses", counts.miss_times);
    add_times(times, name, "computing", counts.compute_times);
  }
  if (kinds.empty()) return {};
  if (kind.empty() && statistics.kinds.size() > 1) add_kind("all", statistics.all_kinds());
  Table tiers({"tier", ">hits", ">misses", ">puts", ">evictions", ">would have hit", ">corruptions", ">errors"});
  for (const auto& [name, counts] : statistics.tiers) {
    std::vector<std::string> row{name};
    for (const auto& [label, count] : kTierColumns) row.push_back(number(counts.*count));
    tiers.add(std::move(row));
  }
  std::string text = kinds.text();
  if (!times.empty()) text += '\n' + times.text();
  if (!tiers.empty() && kind.empty()) text += '\n' + tiers.text();
  return text;
}

}  // namespace almanac::cli
