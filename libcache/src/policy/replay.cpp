#include <almanac/cache/replay.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

void add(std::uint64_t& sum, std::uint64_t value) noexcept {
  if (__builtin_add_overflow(sum, value, &sum)) sum = std::numeric_limits<std::uint64_t>::max();
}

void add(std::chrono::nanoseconds& sum, std::chrono::nanoseconds value) noexcept {
  std::int64_t count = 0;
  const bool is_too_much = __builtin_add_overflow(sum.count(), std::max<std::int64_t>(value.count(), 0), &count);
  sum = is_too_much ? std::chrono::nanoseconds::max() : std::chrono::nanoseconds(count);
}

double ratio(std::uint64_t part, std::uint64_t all) noexcept {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace

double ReplayReport::hit_ratio() const noexcept { return ratio(hits, requests); }
double ReplayReport::byte_hit_ratio() const noexcept { return ratio(bytes_hit, bytes_asked); }
double ReplayReport::seconds_paid() const noexcept { return std::chrono::duration<double>(cost_paid).count(); }

struct Replay::State {
  State(Policy policy, ReplayBudget given) : books(make_policy(policy)), budget(given) {}

  struct Held {
    std::uint64_t bytes;
    std::optional<std::chrono::system_clock::time_point> expires;
  };

  /// False: it is not there, or not any more.
  bool find(const TraceRequest& request) {
    const auto found = held.find(request.wanted.id);
    if (found == held.end()) return false;
    const Held& there = found->second;
    if (there.bytes >= request.wanted.bytes && (!there.expires || request.when < *there.expires)) return true;
    books->erase(found->first);
    bytes -= there.bytes;
    held.erase(found);
    return false;
  }

  bool keep(const Candidate& made) {
    if (made.bytes > budget.bytes || budget.entries == 0) return false;
    Shortage shortage;
    const std::uint64_t room = budget.bytes - bytes;
    if (made.bytes > room) shortage.bytes = made.bytes - room;
    if (held.size() >= budget.entries) shortage.entries = 1;
    if (!books->admit(made, shortage, victims)) return false;
    for (const Id& victim : victims) {
      const auto leaving = held.find(victim);
      bytes -= leaving->second.bytes;
      held.erase(leaving);
    }
    report.evictions += victims.size();
    bytes += made.bytes;
    held[made.id] = {made.bytes, made.expires};
    report.most_bytes = std::max(report.most_bytes, bytes);
    report.most_entries = std::max<std::uint64_t>(report.most_entries, held.size());
    return true;
  }

  std::unique_ptr<EvictionPolicy> books;
  ReplayBudget budget;
  ReplayReport report;
  std::unordered_map<Id, Held> held;
  std::vector<Id> victims;
  std::uint64_t bytes = 0;
};

Replay::Replay(Policy policy, ReplayBudget budget) : state_(std::make_unique<State>(policy, budget)) {}
Replay::~Replay() = default;
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;

void Replay::request(const TraceRequest& request) {
  State& state = *state_;
  ReplayReport& report = state.report;
  ++report.requests;
  add(report.bytes_asked, request.wanted.bytes);
  add(report.cost_asked, request.wanted.cost);
  if (state.find(request)) {
    state.books->hit(request.wanted.id);
    ++report.hits;
    add(report.bytes_hit, request.wanted.bytes);
    return;
  }
  add(report.cost_paid, request.wanted.cost);
  if (!state.keep(request.wanted)) ++report.passed_by;
}

Policy Replay::policy() const noexcept { return state_->books->policy(); }
const ReplayReport& Replay::report() const noexcept { return state_->report; }

}  // namespace almanac::cache
