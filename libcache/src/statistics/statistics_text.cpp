#include "statistics/statistics_text.hpp"

#include "statistics/checked_line.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace almanac::cache {
namespace {

constexpr std::string_view kStatisticsHead = "almanac-statistics 1";
constexpr std::string_view kAnyHead = "almanac-statistics ";

using SystemTime = std::chrono::system_clock::time_point;

// ---- writing

void write_ranges(CheckedLine& line, const TimeCounts& times) {
  line.named("total", times.total());
  for (std::size_t range = 0; range < TimeCounts::kRanges; ++range) {
    if (times.count_in(range) > 0) line.pair(range, times.count_in(range));
  }
}

void write_times(std::string& text, std::string_view what, std::string_view kind, const TimeCounts& times) {
  if (times.count() == 0) return;
  CheckedLine line(text, what);
  line.word(kind);
  write_ranges(line, times);
}

void write_kind(std::string& text, const std::string& name, const KindMetrics& kind) {
  {
    CheckedLine line(text, "kind");
    line.word(name).named("joined", kind.joined).named("bytes", kind.bytes - std::min(kind.bytes, kind.bytes_hit));
    line.named("passed_by", kind.passed_by).named("stored", kind.stored).named("storing", kind.storing);
    line.named("would_have_hit", kind.would_have_hit);
  }
  for (const auto& [tier, hits] : kind.by_tier) {
    CheckedLine line(text, "hits");
    line.word(name).word(tier).named("bytes", hits.bytes).named("cost", hits.cost);
    write_ranges(line, hits.times);
  }
  write_times(text, "misses", name, kind.miss_times);
  write_times(text, "computing", name, kind.compute_times);
}

void write_speed(std::string& text, const std::string& name, const TierSpeed& speed, SystemTime learned) {
  CheckedLine line(text, "speed");
  line.word(name).named("load", speed.load.latency).named("load_byte", speed.load.nanoseconds_per_byte);
  line.named("write", speed.write.latency).named("write_byte", speed.write.nanoseconds_per_byte).named("learned", learned);
}

void write_day(std::string& text, std::int64_t number, const DayCounts& day) {
  if (day.requests > 0) {
    CheckedLine line(text, "day");
    line.word(std::to_string(number)).named("requests", day.requests).named("hits", day.hits);
    line.named("bytes", day.bytes).named("saved", day.saved);
  }
  if (day.surveyed > SystemTime{}) {
    CheckedLine line(text, "held");
    line.word(std::to_string(number)).named("time", day.surveyed).named("entries", day.held_entries);
    line.named("bytes", day.held_bytes);
  }
}

void write_key(std::string& text, const UsedKey& key) {
  CheckedLine line(text, "used");
  line.named("uses", key.uses).named("last", key.last_use).named("cost", key.cost).named("bytes", key.bytes);
  line.named("computed", key.computed).named("coverage", key.coverage).word(key.text);
}

// ---- reading

/// The words `name=value` and `range:count` of a line.
class Facts {
 public:
  explicit Facts(std::string_view line) : line_(line) {}

  template <class Number>
  Number get(std::string_view name) const {
    Number number{};
    if (!parse_number(text_of(name), number)) return Number{};
    return number;
  }
  std::uint64_t count(std::string_view name) const { return get<std::uint64_t>(name); }
  std::chrono::nanoseconds time(std::string_view name) const {
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, get<std::int64_t>(name)));
  }
  SystemTime when(std::string_view name) const {
    // Later than year 2200 is never: it would run over.
    constexpr std::int64_t kLatest = 7'258'118'400'000'000;
    return SystemTime(std::chrono::microseconds(std::clamp<std::int64_t>(get<std::int64_t>(name), 0, kLatest)));
  }
  double real(std::string_view name) const {
    const double value = get<double>(name);
    return std::isfinite(value) && value >= 0 ? value : 0;
  }
  TimeCounts times() const {
    TimeCounts times;
    for (std::string_view rest = line_; !rest.empty();) {
      const std::string_view word = take_word(rest);
      const std::size_t colon = word.find(':');
      std::size_t range = 0;
      std::uint64_t count = 0;
      if (colon == std::string_view::npos || !parse_number(word.substr(0, colon), range) ||
          !parse_number(word.substr(colon + 1), count) || range >= TimeCounts::kRanges) {
        continue;
      }
      times.add(range, count, {});
    }
    if (times.count() > 0) times.add(0, 0, time("total"));
    return times;
  }

 private:
  std::string_view text_of(std::string_view name) const {
    for (std::string_view rest = line_; !rest.empty();) {
      const std::string_view word = take_word(rest);
      if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') return word.substr(name.size() + 1);
    }
    return {};
  }

  std::string_view line_;
};

void read_kind(KindMetrics& kind, const Facts& facts) {
  KindMetrics more;
  more.joined = facts.count("joined");
  more.bytes = facts.count("bytes");
  more.passed_by = facts.count("passed_by");
  more.stored = facts.count("stored");
  more.storing = facts.time("storing");
  more.would_have_hit = facts.count("would_have_hit");
  add(kind, more);
}

void read_hits(KindMetrics& kind, std::string_view tier, const Facts& facts) {
  TierHits hits;
  hits.times = facts.times();
  hits.hits = hits.times.count();
  hits.bytes = facts.count("bytes");
  hits.cost = facts.time("cost");
  add_hits(kind, tier, hits);
}

constexpr std::pair<std::string_view, std::uint64_t TierStats::*> kTierCounts[] = {
    {"hits", &TierStats::hits},           {"misses", &TierStats::misses},           {"puts", &TierStats::puts},
    {"evictions", &TierStats::evictions}, {"corruptions", &TierStats::corruptions}, {"errors", &TierStats::errors},
    {"would_have_hit", &TierStats::would_have_hit}};

LearnedSpeed read_speed(const Facts& facts) {
  LearnedSpeed learned;
  learned.speed.load = {facts.time("load"), facts.real("load_byte")};
  learned.speed.write = {facts.time("write"), facts.real("write_byte")};
  learned.learned = facts.when("learned");
  return learned;
}

void read_key(Statistics& statistics, std::string_view rest) {
  // The key is the last word but may have blanks: it begins after as many facts as there are.
  std::string_view key = rest;
  while (!key.empty() && key.find('=') < key.find(' ') && key.find('=') < key.find('@')) take_word(key);
  const Facts facts(rest.substr(0, rest.size() - key.size()));
  UsedKey used{std::string(key), facts.count("uses"), facts.when("last"), facts.time("cost"), facts.count("bytes"), facts.when("computed"),
               std::max<std::int64_t>(0, facts.get<std::int64_t>("coverage"))};
  if (!key.empty() && used.uses > 0) statistics.used.insert_or_assign(Id::of(key), std::move(used));
}

/// A tier's or a kind's name, as it may be in a label or a column.
bool is_word(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

void read_line(StatisticsText& all, std::string_view line) {
  Statistics& statistics = all.statistics;
  const std::string_view what = take_word(line);
  if (what == "used") return read_key(statistics, line);
  if (what == "span") {
    const Facts facts(line);
    statistics.since = facts.when("since");
    statistics.until = facts.when("until");
    statistics.uptime = facts.time("uptime");
    statistics.processes = facts.count("processes");
    return;
  }
  const std::string name(take_word(line));
  if (!is_word(name)) return;
  if (what == "includes") {
    all.includes.insert(name);
  } else if (what == "kind") {
    read_kind(statistics.kinds[name], Facts(line));
  } else if (what == "hits") {
    const std::string_view tier = take_word(line);
    if (is_word(tier)) read_hits(statistics.kinds[name], tier, Facts(line));
  } else if (what == "misses") {
    statistics.kinds[name].miss_times.add(Facts(line).times());
  } else if (what == "computing") {
    KindMetrics& kind = statistics.kinds[name];
    kind.compute_times.add(Facts(line).times());
    kind.misses = kind.compute_times.count();
  } else if (what == "tier") {
    for (const auto& [label, count] : kTierCounts) statistics.tiers[name].*count = Facts(line).count(label);
  } else if (what == "speed") {
    statistics.speeds[name] = read_speed(Facts(line));
  } else if (what == "day" || what == "held") {
    std::int64_t number = 0;
    if (!parse_number(std::string_view(name), number)) return;
    DayCounts& day = statistics.days[number];
    const Facts facts(line);
    if (what == "held") {
      day.surveyed = facts.when("time");
      day.held_entries = facts.count("entries");
      day.held_bytes = facts.count("bytes");
      return;
    }
    day.requests = facts.count("requests");
    day.hits = facts.count("hits");
    day.bytes = facts.count("bytes");
    day.saved = std::chrono::nanoseconds(facts.get<std::int64_t>("saved"));
  }
}

/// Calls `visit` with each whole line after a head that this version reads.
template <class Visit>
StatisticsText::State for_each_line(std::string_view text, Visit&& visit) {
  auto state = StatisticsText::State::torn;
  std::uint64_t lines = 0, expected = 0;
  bool is_torn = false, has_end = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const auto line = end == std::string_view::npos ? std::nullopt : unchecked(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (lines++ == 0) {
      if (!line || !line->starts_with(kAnyHead)) return state;
      if (*line != kStatisticsHead) return StatisticsText::State::newer;
    } else if (!line) {
      is_torn = true;
    } else if (line->starts_with("end ")) {
      has_end = parse_number(line->substr(4), expected) && expected == lines - 1;
    } else {
      has_end = false;
      visit(*line);
    }
  }
  return has_end && !is_torn ? StatisticsText::State::whole : state;
}

}  // namespace

std::string StatisticsText::text() const {
  std::string text;
  CheckedLine(text, kStatisticsHead);
  if (statistics.since <= statistics.until) {
    CheckedLine line(text, "span");
    line.named("since", statistics.since).named("until", statistics.until);
    line.named("uptime", statistics.uptime).named("processes", statistics.processes);
  }
  for (const auto& [name, kind] : statistics.kinds) write_kind(text, name, kind);
  for (const auto& [name, tier] : statistics.tiers) {
    CheckedLine line(text, "tier");
    line.word(name);
    for (const auto& [label, count] : kTierCounts) line.named(label, tier.*count);
  }
  for (const auto& [name, speed] : statistics.speeds) write_speed(text, name, speed.speed, speed.learned);
  for (const auto& [number, day] : statistics.days) write_day(text, number, day);
  for (const UsedKey* key : statistics.by_worth()) write_key(text, *key);
  for (const std::string& name : includes) CheckedLine(text, "includes").word(name);
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  CheckedLine(text, "end").word(std::to_string(lines));
  return text;
}

StatisticsText StatisticsText::parse(std::string_view text) {
  StatisticsText all;
  all.state = for_each_line(text, [&](std::string_view line) { read_line(all, line); });
  return all;
}

std::string text_of(const Learned& learned) {
  std::string text;
  CheckedLine(text, kStatisticsHead);
  for (const auto& [name, speed] : learned.speeds) write_speed(text, name, speed, {});
  for (const auto& [name, usage] : learned.past) CheckedLine(text, "past").word(name).named("hits", usage.hits).named("made", usage.made);
  return text;
}

Learned parse_learned(std::string_view text) {
  Learned learned;
  for_each_line(text, [&](std::string_view line) {
    const std::string_view what = take_word(line);
    const std::string name(take_word(line));
    if (!is_word(name)) return;
    const Facts facts(line);
    if (what == "speed") learned.speeds[name] = read_speed(facts).speed;
    if (what == "past") learned.past[name] = {facts.count("hits"), facts.count("made")};
  });
  return learned;
}

}  // namespace almanac::cache
