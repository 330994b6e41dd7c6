#include <almanac/cache/statistics.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace almanac::cache {
namespace {

/// Bounds of the histograms: powers of four from 256 ns to 73 minutes. Times are whole nanoseconds, and what is below a power is at
/// most a nanosecond less.
constexpr unsigned kLeastPower = 8, kMostPower = 42;

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class PrometheusText {
 public:
  std::string text;

  void family(std::string_view name, std::string_view type, std::string_view help) {
    text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view name, Labels labels, double value) { begin(name, labels, {}), number(value), text += '\n'; }
  void sample(std::string_view name, Labels labels, std::uint64_t value) { begin(name, labels, {}), number(value), text += '\n'; }

  void histogram(const std::string& name, Labels labels, const TimeCounts& times) {
    std::uint64_t below = 0;
    std::size_t range = 0;
    for (unsigned power = kLeastPower; power <= kMostPower; power += 2) {
      const auto bound = std::chrono::nanoseconds(std::int64_t{1} << power);
      for (; TimeCounts::least_of(range) < bound; ++range) below += times.count_in(range);
      std::array<char, 32> digits;
      const double seconds = static_cast<double>(bound.count() - 1) / 1e9;
      const std::string_view le(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), seconds).ptr);
      begin(name + "_bucket", labels, le), number(below), text += '\n';
    }
    begin(name + "_bucket", labels, "+Inf"), number(times.count()), text += '\n';
    sample(name + "_sum", labels, std::chrono::duration<double>(times.total()).count());
    sample(name + "_count", labels, times.count());
  }

 private:
  void begin(std::string_view name, Labels labels, std::string_view le) {
    text += name;
    char separator = '{';
    const auto label = [&](std::string_view key, std::string_view value) {
      text.append(1, separator).append(key).append("=\"");
      for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n') text += "\\n"; else text += c;
      }
      text += '"';
      separator = ',';
    };
    for (const auto& [key, value] : labels) label(key, value);
    if (!le.empty()) label("le", le);
    text += separator == ',' ? "} " : " ";
  }
  template <class Number>
  void number(Number value) {
    std::array<char, 32> digits;
    text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }
};

}  // namespace

std::string prometheus_text(const Statistics& statistics) {
  PrometheusText out;
  const auto for_kinds = [&](std::string_view name, std::string_view type, std::string_view help, auto&& value) {
    if (statistics.kinds.empty()) return;
    out.family(name, type, help);
    for (const auto& [kind, counts] : statistics.kinds) out.sample(name, {{"kind", kind}}, value(counts));
  };
  const auto for_tiers = [&](std::string_view name, std::string_view help, std::uint64_t TierStats::*count) {
    if (statistics.tiers.empty()) return;
    out.family(name, "counter", help);
    for (const auto& [tier, counts] : statistics.tiers) out.sample(name, {{"tier", tier}}, counts.*count);
  };
  const auto seconds = [](std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); };

  if (!statistics.kinds.empty()) {
    out.family("almanac_requests_total", "counter", "Requests, by how they were answered: by a tier, by computing, by somebody else's computing.");
    for (const auto& [kind, counts] : statistics.kinds) {
      out.sample("almanac_requests_total", {{"kind", kind}, {"result", "hit"}}, counts.hits);
      out.sample("almanac_requests_total", {{"kind", kind}, {"result", "miss"}}, counts.misses);
      out.sample("almanac_requests_total", {{"kind", kind}, {"result", "joined"}}, counts.joined);
    }
    out.family("almanac_hits_total", "counter", "Requests that a tier answered.");
    for (const auto& [kind, counts] : statistics.kinds) {
      for (const auto& [tier, hits] : counts.by_tier) out.sample("almanac_hits_total", {{"kind", kind}, {"tier", tier}}, hits.hits);
    }
  }
  for_kinds("almanac_handed_out_bytes_total", "counter", "Bytes of arrays handed out.", [](const KindMetrics& kind) { return kind.bytes; });
  for_kinds("almanac_hit_bytes_total", "counter", "Bytes of arrays that tiers handed out.", [](const KindMetrics& kind) { return kind.bytes_hit; });
  for_kinds("almanac_saved_seconds", "gauge", "Cost of what was hit, less the time the hits took.", [&](const KindMetrics& kind) { return seconds(kind.saved); });
  for_kinds("almanac_passed_by_total", "counter", "Artifacts computed and not worth storing in every tier.", [](const KindMetrics& kind) { return kind.passed_by; });
  for_kinds("almanac_stored_total", "counter", "Artifacts computed and stored.", [](const KindMetrics& kind) { return kind.stored; });
  for_kinds("almanac_storing_seconds_total", "counter", "Time spent storing them.", [&](const KindMetrics& kind) { return seconds(kind.storing); });
  for_kinds("almanac_would_have_hit_total", "counter", "Artifacts computed that had been on disk until room was needed.", [](const KindMetrics& kind) { return kind.would_have_hit; });
  if (!statistics.kinds.empty()) {
    out.family("almanac_hit_seconds", "histogram", "Time of requests that a tier answered.");
    for (const auto& [kind, counts] : statistics.kinds) {
      for (const auto& [tier, hits] : counts.by_tier) out.histogram("almanac_hit_seconds", {{"kind", kind}, {"tier", tier}}, hits.times);
    }
    out.family("almanac_miss_seconds", "histogram", "Time of requests that computed.");
    for (const auto& [kind, counts] : statistics.kinds) out.histogram("almanac_miss_seconds", {{"kind", kind}}, counts.miss_times);
    out.family("almanac_compute_seconds", "histogram", "Time of computing alone.");
    for (const auto& [kind, counts] : statistics.kinds) out.histogram("almanac_compute_seconds", {{"kind", kind}}, counts.compute_times);
  }
  for_tiers("almanac_tier_hits_total", "Look-ups a tier answered.", &TierStats::hits);
  for_tiers("almanac_tier_misses_total", "Look-ups that went past a tier.", &TierStats::misses);
  for_tiers("almanac_tier_puts_total", "Entries a tier was given.", &TierStats::puts);
  for_tiers("almanac_tier_evictions_total", "Entries that left a tier to make room.", &TierStats::evictions);
  for_tiers("almanac_tier_corruptions_total", "Entries that were not sound.", &TierStats::corruptions);
  for_tiers("almanac_tier_errors_total", "Calls of a tier that failed.", &TierStats::errors);
  for_tiers("almanac_tier_would_have_hit_total", "Misses of entries that had left to make room.", &TierStats::would_have_hit);
  if (!statistics.days.empty()) {
    const auto latest = std::max_element(statistics.days.begin(), statistics.days.end(), [](const auto& a, const auto& b) { return a.second.surveyed < b.second.surveyed; });
    if (latest->second.surveyed.time_since_epoch().count() > 0) {
      out.family("almanac_held_entries", "gauge", "Entries on disk, when they were counted last.");
      out.sample("almanac_held_entries", {}, latest->second.held_entries);
      out.family("almanac_held_bytes", "gauge", "Bytes on disk, when they were counted last.");
      out.sample("almanac_held_bytes", {}, latest->second.held_bytes);
    }
  }
  out.family("almanac_processes_total", "counter", "Processes that asked for something.");
  out.sample("almanac_processes_total", {}, statistics.processes);
  out.family("almanac_open_seconds_total", "counter", "How long they had the cache open, all together.");
  out.sample("almanac_open_seconds_total", {}, seconds(statistics.uptime));
  return std::move(out.text);
}

}  // namespace almanac::cache
