#include <almanac/cache/statistics.hpp>

#include "statistics/saturated.hpp"

#include <algorithm>

namespace almanac::cache {
namespace {

std::optional<double> ratio(double part, double whole) noexcept { return whole > 0 ? std::optional(part / whole) : std::nullopt; }

double nanoseconds_of(std::chrono::nanoseconds time) noexcept { return static_cast<double>(time.count()); }

}  // namespace

std::uint64_t requests_of(const KindMetrics& kind) noexcept {
  return saturated_sum(saturated_sum(kind.hits, kind.misses), kind.joined);
}

std::optional<double> hit_ratio(const KindMetrics& kind) noexcept {
  return ratio(static_cast<double>(kind.hits), static_cast<double>(requests_of(kind)));
}

std::optional<double> byte_hit_ratio(const KindMetrics& kind) noexcept {
  return ratio(static_cast<double>(kind.bytes_hit), static_cast<double>(kind.bytes));
}

std::optional<double> cost_hit_ratio(const KindMetrics& kind) noexcept {
  return ratio(nanoseconds_of(kind.cost_hit), nanoseconds_of(kind.cost_hit) + nanoseconds_of(kind.compute_times.total()));
}

std::optional<std::chrono::nanoseconds> saving_per_hit(const KindMetrics& kind) noexcept {
  const std::uint64_t hits = kind.hit_times.count();
  if (hits == 0) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds_of(kind.saved) / static_cast<double>(hits)));
}

std::optional<double> gain(const KindMetrics& kind) noexcept {
  if (kind.hit_times.count() == 0 || kind.compute_times.count() == 0) return std::nullopt;
  const double computing = nanoseconds_of(kind.compute_times.total()) / static_cast<double>(kind.compute_times.count());
  return ratio(computing, nanoseconds_of(kind.hit_times.total()) / static_cast<double>(kind.hit_times.count()));
}

std::optional<std::uint64_t> break_even(const KindMetrics& kind) noexcept {
  const auto saving = saving_per_hit(kind);
  if (kind.stored == 0 || !saving || saving->count() <= 0) return std::nullopt;
  const auto storing = static_cast<std::uint64_t>(std::max<std::int64_t>(kind.storing.count(), 0)) / kind.stored;
  const auto per_hit = static_cast<std::uint64_t>(saving->count());
  return std::max<std::uint64_t>(1, storing / per_hit + (storing % per_hit > 0 ? 1 : 0));
}

void add_hits(KindMetrics& sum, std::string_view tier, const TierHits& more) {
  auto found = sum.by_tier.find(tier);
  if (found == sum.by_tier.end()) found = sum.by_tier.emplace(std::string(tier), TierHits{}).first;
  TierHits& here = found->second;
  here.hits = saturated_sum(here.hits, more.hits);
  here.bytes = saturated_sum(here.bytes, more.bytes);
  here.cost = saturated_sum(here.cost, more.cost);
  here.times.add(more.times);
  sum.hits = saturated_sum(sum.hits, more.hits);
  sum.bytes = saturated_sum(sum.bytes, more.bytes);
  sum.bytes_hit = saturated_sum(sum.bytes_hit, more.bytes);
  sum.cost_hit = saturated_sum(sum.cost_hit, more.cost);
  sum.hit_times.add(more.times);
  sum.saved = sum.cost_hit - sum.hit_times.total();
}

void add(KindMetrics& sum, const KindMetrics& more) {
  // Those that no tier was noted for: plans that were live, and cost nothing to hand out.
  std::uint64_t hits = more.hits, bytes = more.bytes;
  for (const auto& [tier, there] : more.by_tier) {
    add_hits(sum, tier, there);
    hits -= std::min(hits, there.hits);
    bytes -= std::min(bytes, there.bytes);
  }
  sum.hits = saturated_sum(sum.hits, hits);
  sum.bytes = saturated_sum(sum.bytes, bytes);
  for (auto count : {&KindMetrics::misses, &KindMetrics::joined, &KindMetrics::passed_by, &KindMetrics::stored, &KindMetrics::would_have_hit}) {
    sum.*count = saturated_sum(sum.*count, more.*count);
  }
  sum.storing = saturated_sum(sum.storing, more.storing);
  sum.miss_times.add(more.miss_times);
  sum.compute_times.add(more.compute_times);
}

void add(TierStats& sum, const TierStats& more) noexcept {
  for (auto count : {&TierStats::hits, &TierStats::misses, &TierStats::puts, &TierStats::evictions, &TierStats::corruptions,
                     &TierStats::errors, &TierStats::would_have_hit}) {
    sum.*count = saturated_sum(sum.*count, more.*count);
  }
}

}  // namespace almanac::cache
