// What is kept where, and what it is worth: settings of kinds, what is written back, appraisals.

#include "cache_state.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace almanac::cache {

const KindSettings& Cache::State::settings_of(std::string_view kind) const {
  const auto own = options.kinds.find(kind);
  return own == options.kinds.end() ? options.settings : own->second;
}

double Cache::State::reuse_of(const KindCounters& kind) const {
  Usage usage = kind.usage();
  if (const auto before = options.past.find(kind.kind); before != options.past.end()) {
    usage.hits += before->second.hits;
    usage.made += before->second.made;
  }
  return cache::reuse_of(usage);
}

Terms Cache::State::terms_of(std::chrono::nanoseconds cost, const KindCounters& kind, bool by_name) const {
  const KindSettings& settings = settings_of(kind.kind);
  return {settings, by_name, cost, settings.admission == Admission::dynamic ? reuse_of(kind) : 1};
}

std::optional<std::chrono::system_clock::time_point> Cache::State::expiry_of(const KindCounters& kind,
                                                                             std::chrono::system_clock::time_point created) const {
  const KindSettings& settings = settings_of(kind.kind);
  if (!settings.ttl) return std::nullopt;
  const auto lasts = adapted(*settings.ttl, settings.admission, settings.admission == Admission::dynamic ? reuse_of(kind) : 1);
  // As far as the clock goes: what lasts for centuries is not past its time at once.
  return created + std::min<std::chrono::nanoseconds>(lasts, std::chrono::system_clock::time_point::max() - created);
}

void Cache::State::open_write_back() {
  const auto is_written_back = [](const KindSettings& settings) { return settings.write == WriteMode::write_back; };
  const bool any_is = is_written_back(options.settings) ||
                      std::ranges::any_of(options.kinds, [&](const auto& kind) { return is_written_back(kind.second); });
  if (!any_is || !tiers.has_memory_in_front()) return;
  written_back.emplace(options.write_back_bytes, [this](WriteBackQueue::Item& item) { write_back(item); });
}

bool Cache::State::hand_over(const EntryPtr& made, const Terms& terms, KindCounters& kind, LeaseTable::Lease& lease) {
  const bool is_meant = written_back && terms.settings.write == WriteMode::write_back && !terms.by_name;
  if (!is_meant || !tiers.is_shared(terms.settings)) return false;
  WriteBackQueue::Item item{.entry = made, .cost = *terms.cost, .kind = &kind, .lease = std::move(lease)};
  if (written_back->push(item)) return true;
  lease = std::move(item.lease);
  return false;
}

void Cache::State::write_back(WriteBackQueue::Item& item) {
  const auto begin = Clock::now();
  const Terms terms = terms_of(item.cost, *item.kind, false);
  if (tiers.store_by_terms(item.entry, terms, TierChain::Part::beyond).passed_by) {
    item.kind->count_passed_by();
  } else {
    item.kind->count_stored(Clock::now() - begin);
  }
  warnings.say_held();
}

TierChain::Found Cache::State::find_waiting(const Key& key, std::int64_t coverage, EntryPtr& prior) {
  if (!written_back) return {};
  EntryPtr entry = written_back->find(key);
  if (reaches(entry, coverage)) return {std::move(entry), 0};
  prior = farther(std::move(prior), std::move(entry));
  return {};
}

Appraisal Cache::appraise(const Request& request) {
  State& state = *state_;
  const KindCounters& kind = state.kinds.of(request.key.kind());
  Appraisal appraisal;
  appraisal.settings = state.settings_of(request.key.kind());
  appraisal.reuse = state.reuse_of(kind);

  std::vector<std::optional<EntryInfo>> there;
  for (std::size_t index = 0; index < state.tiers.size(); ++index) there.push_back(state.tiers.peek(index, request.key));
  const auto held = std::ranges::find_if(there, [](const auto& info) { return info.has_value(); });
  const std::chrono::nanoseconds last(kind.last_cost.load(std::memory_order_relaxed));
  if (held != there.end()) {
    appraisal.cost = (*held)->facts.cost;
    appraisal.source = Appraisal::Source::measured;
    appraisal.bytes = std::accumulate((*held)->arrays.begin(), (*held)->arrays.end(), std::uint64_t{0},
                                      [](std::uint64_t sum, const EntryInfo::ArrayInfo& array) { return sum + array.bytes; });
  } else if (request.estimate.count() > 0) {
    appraisal.cost = request.estimate;
    appraisal.source = Appraisal::Source::estimate;
  } else if (last.count() >= 0) {
    appraisal.cost = last;
    appraisal.source = Appraisal::Source::last_of_kind;
  }
  if (held == there.end() && request.expected_bytes > 0) appraisal.bytes = request.expected_bytes;

  Terms terms{.settings = appraisal.settings, .by_name = request.keep || request.recompute, .reuse = appraisal.reuse};
  if (appraisal.source != Appraisal::Source::unknown) terms.cost = std::max(appraisal.cost, request.estimate);
  const Offer offer{request.key, appraisal.bytes.value_or(0), request.coverage};
  for (std::size_t index = 0; index < state.tiers.size(); ++index) {
    Appraisal::InTier in = state.tiers.judge(index, offer, terms);
    in.is_there = there[index] && (request.coverage <= 0 || coverage_of(there[index]->attributes) >= request.coverage);
    appraisal.tiers.push_back(in);
  }
  return appraisal;
}

void Cache::flush() {
  if (state_->written_back) state_->written_back->flush();
}

std::map<std::string, TierSpeed, std::less<>> Cache::speeds() const { return state_->tiers.speeds(); }

}  // namespace almanac::cache
