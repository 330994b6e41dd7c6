#include "statistics/process_statistics.hpp"

#include "statistics/saturated.hpp"
#include "statistics/thread_lane.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace almanac::cache {
namespace {

/// What is learned of a tier's speed from less is what it began with.
constexpr std::uint64_t kEnoughToTeach = 8;

/// What was counted between the two. Precondition: `before` is of the same counters, earlier.
KindMetrics difference_of(const KindMetrics& now, const KindMetrics& before) {
  KindMetrics more;
  for (const auto& [tier, there] : now.by_tier) {
    TierHits hits = there;
    if (const auto known = before.by_tier.find(tier); known != before.by_tier.end()) {
      hits.bytes -= std::min(hits.bytes, known->second.bytes);
      hits.cost -= known->second.cost;
      hits.times.subtract(known->second.times);
    }
    hits.hits = hits.times.count();
    if (hits.hits > 0) add_hits(more, tier, hits);
  }
  for (auto count : {&KindMetrics::joined, &KindMetrics::passed_by, &KindMetrics::stored}) more.*count = now.*count - before.*count;
  more.bytes += (now.bytes - now.bytes_hit) - (before.bytes - before.bytes_hit);
  more.storing = now.storing - before.storing;
  more.miss_times = now.miss_times;
  more.miss_times.subtract(before.miss_times);
  more.compute_times = now.compute_times;
  more.compute_times.subtract(before.compute_times);
  more.misses = more.compute_times.count();
  return more;
}

TierStats difference_of(const TierStats& now, const TierStats& before) noexcept {
  TierStats more;
  for (auto count : {&TierStats::hits, &TierStats::misses, &TierStats::puts, &TierStats::evictions, &TierStats::corruptions,
                     &TierStats::errors, &TierStats::would_have_hit}) {
    more.*count = now.*count - std::min(now.*count, before.*count);
  }
  more.entries = now.entries;
  more.bytes = now.bytes;
  return more;
}

bool is_any(const TierStats& stats) noexcept {
  return stats.hits + stats.misses + stats.puts + stats.evictions + stats.corruptions + stats.errors > 0;
}

}  // namespace

ProcessStatistics::ProcessStatistics(const std::filesystem::path& root, Source source)
    : store_(root),
      source_(std::move(source)),
      from_steady_(std::chrono::system_clock::now().time_since_epoch() - Clock::now().time_since_epoch()),
      due_((Clock::now() + kPause).time_since_epoch().count()),
      process_(::getpid()),
      last_time_(std::chrono::system_clock::now()) {
  source_.take_uses([](const Key&, std::uint64_t, std::chrono::nanoseconds, std::uint64_t) {});  // from now on they are kept
}

std::chrono::system_clock::time_point ProcessStatistics::system_time(Clock::time_point when) const noexcept {
  return std::chrono::system_clock::time_point(when.time_since_epoch() + from_steady_);
}

UsedKey& ProcessStatistics::add_use(std::unordered_map<Id, UsedKey>& used, const Key& key, std::uint64_t uses, std::chrono::nanoseconds cost,
                                    std::uint64_t bytes, Clock::time_point when) const {
  UsedKey& known = used[key.id()];
  if (known.text.empty()) known.text = key.text();
  known.uses = saturated_sum(known.uses, uses);
  known.last_use = std::max(known.last_use, system_time(when));
  known.cost = cost;
  known.bytes = bytes;
  return known;
}

void ProcessStatistics::note_use(const Entry& entry, Clock::time_point now, bool is_computed) noexcept {
  const std::size_t first = lane_of_this_thread();
  for (std::size_t step = 0; step < kUseLanes; ++step) {
    Lane& lane = lanes_[(first + step) % kUseLanes];
    if (lane.is_taken.load(std::memory_order_relaxed) || lane.is_taken.exchange(true, std::memory_order_acquire)) continue;
    try {
      // Of too many, those stay that are there: there will be more of them.
      if (lane.used.size() < kMostInLane || lane.used.contains(entry.key.id())) {
        UsedKey& used = add_use(lane.used, entry.key, 1, entry.facts.cost, entry.artifact.bytes(), now);
        used.coverage = std::max(used.coverage, coverage_of(entry.artifact.attributes()));
        if (is_computed) used.computed = std::max(used.computed, system_time(now));
      }
    } catch (const std::exception&) {  // no memory: not noted
    }
    lane.is_taken.store(false, std::memory_order_release);
    break;
  }
  Clock::rep due = due_.load(std::memory_order_relaxed);
  const Clock::rep next = (now + kPause).time_since_epoch().count();
  if (now.time_since_epoch().count() >= due && due_.compare_exchange_strong(due, next, std::memory_order_relaxed)) write();
}

ProcessStatistics::~ProcessStatistics() {
  if (process_ == ::getpid()) write();
}

void ProcessStatistics::write() noexcept {
  if (is_writing_.exchange(true, std::memory_order_acquire)) return;
  try {
    write_alone();
  } catch (const std::exception&) {  // no memory: another time
  }
  is_writing_.store(false, std::memory_order_release);
}

/// Uses that were noted, in lanes and by tiers, into what is pending.
void ProcessStatistics::collect_uses() {
  Statistics more;
  for (Lane& lane : lanes_) {
    if (lane.is_taken.exchange(true, std::memory_order_acquire)) continue;
    std::unordered_map<Id, UsedKey> used = std::exchange(lane.used, {});
    lane.is_taken.store(false, std::memory_order_release);
    more.used = std::move(used);
    pending_.add(more);
  }
  more.used.clear();
  const auto now = Clock::now();
  source_.take_uses([&](const Key& key, std::uint64_t uses, std::chrono::nanoseconds cost, std::uint64_t bytes) {
    add_use(more.used, key, uses, cost, bytes, now);
    if (more.used.size() < Statistics::kMostKeys) return;
    pending_.add(more);
    more.used.clear();
  });
  pending_.add(more);
}

Statistics ProcessStatistics::since_last(const Counted& now) const {
  Statistics journal;
  const auto time = std::chrono::system_clock::now();
  DayCounts today;
  for (const auto& [name, kind] : now.metrics.kinds) {
    const auto before = last_.metrics.kinds.find(name);
    KindMetrics more = before == last_.metrics.kinds.end() ? kind : difference_of(kind, before->second);
    if (requests_of(more) == 0 && more.stored == 0 && more.passed_by == 0) continue;
    today.requests += requests_of(more);
    today.hits += more.hits;
    today.bytes += more.bytes;
    today.saved += more.saved;
    journal.kinds.emplace(name, std::move(more));
  }
  for (const auto& [name, tier] : now.metrics.tiers) {
    const auto before = last_.metrics.tiers.find(name);
    const TierStats more = difference_of(tier, before == last_.metrics.tiers.end() ? TierStats{} : before->second);
    if (!is_any(more)) continue;
    journal.tiers.emplace(name, more);
    const auto speed = now.speeds.find(name);
    if (speed != now.speeds.end() && more.hits + more.puts >= kEnoughToTeach) journal.speeds[name] = {speed->second, time};
    if (name == "disk" && more.bytes > 0) {
      today.surveyed = time;
      today.held_entries = more.entries;
      today.held_bytes = more.bytes;
    }
  }
  if (journal.kinds.empty() && journal.tiers.empty()) return {};
  if (today.requests > 0 || today.held_bytes > 0) {
    journal.days[std::chrono::floor<std::chrono::days>(time).time_since_epoch().count()] = today;
  }
  journal.used = pending_.used;
  journal.processes = has_written_ ? 0 : 1;
  journal.uptime = now.metrics.uptime - last_.metrics.uptime;
  journal.since = last_time_;
  journal.until = std::max(time, last_time_);
  return journal;
}

void ProcessStatistics::write_alone() {
  Counted now = source_.look();
  collect_uses();
  if (process_ != ::getpid()) {
    process_ = ::getpid();
    pending_ = {};
    has_written_ = false;
    last_time_ = std::chrono::system_clock::now();
    last_ = std::move(now);
    return;
  }
  Statistics journal = since_last(now);
  if (journal.since > journal.until || !store_.add(journal)) return;
  // From here on it counts: whatever fails, it is not written again.
  last_ = std::move(now);
  last_time_ = journal.until;
  pending_ = {};
  has_written_ = true;
  Learned learned;
  for (const auto& [name, speed] : journal.speeds) learned.speeds.emplace(name, speed.speed);
  for (const auto& [name, kind] : journal.kinds) learned.past.emplace(name, Usage{kind.hits, kind.misses});
  if (!learned.speeds.empty() || !learned.past.empty()) store_.teach(learned);
}

}  // namespace almanac::cache
