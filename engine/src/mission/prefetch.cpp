#include "prefetch.hpp"

#include <almanac/cache/tiers.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <string>
#include <utility>

namespace almanac::mission {
namespace {

constexpr std::string_view kMemory = "memory";

/// What is bound to a host was measured on it.
bool is_measured(const cache::Request& request) { return !request.host_binding.empty(); }

/// Estimated plans are quicker to make than to look up, and are not kept; adaptive ones are what is there, without waiting.
bool is_kept(const cache::Request& request) {
  return std::ranges::none_of(request.key.parameters(), [](const auto& parameter) {
    return parameter.first == "rigor" && (parameter.second == "estimate" || parameter.second == "adaptive");
  });
}

}  // namespace

bool Prefetch::keeps_nothing(Engine& engine) {
  const Config& config = engine.config();
  const bool has_disk = engine.disk() != nullptr && !engine.disk()->problem();
  return !config.enabled || (config.max_memory == 0 && !has_disk);
}

Prefetch::Prefetch(const MissionPlan& plan, Engine& engine, ArtifactLedger& ledger) : engine_(engine), ledger_(ledger) {
  if (keeps_nothing(engine)) return;
  std::map<std::string, std::size_t, std::less<>> places;
  for (const PlannedCase& one : plan.cases) {
    for (cache::Request& request : one.work->needs()) {
      if (!is_kept(request)) continue;
      const auto [place, fresh] = places.try_emplace(request.key.text(), needs_.size());
      if (fresh) {
        needs_.push_back({std::move(request), &one == &plan.cases.front()});
      } else if (needs_[place->second].request.coverage < request.coverage) {
        needs_[place->second].request = std::move(request);
      }
    }
  }
}

void Prefetch::recompute(const Stop& stop) {
  for (const Need& need : needs_) {
    if (stop()) return;
    cache::Request request = need.request;
    request.recompute = true;
    ask({std::move(request)}, stop);
  }
}

void Prefetch::make_ready(const Stop& stop) {
  std::vector<cache::Request> requests;
  const auto take = [&requests](Need& need) {
    if (!std::exchange(need.is_asked_for, true)) requests.push_back(need.request);
  };
  for (Need& need : needs_) {
    if (is_measured(need.request) && !engine_.cache().peek(need.request.key)) take(need);
  }
  for (Need& need : needs_) {
    if (need.of_first_case) take(need);
  }
  ask(std::move(requests), stop);
}

void Prefetch::fetch_rest(const Stop& stop) {
  std::vector<cache::Request> requests;
  for (Need& need : needs_) {
    if (!std::exchange(need.is_asked_for, true)) requests.push_back(need.request);
  }
  ask(std::move(requests), stop);
}

/// Where the disk does not take it (there is none, it is full or read-only, it is not worth storing) an artifact got too early
/// may be gone again when its case comes, and would be computed twice: half of memory is the most to get ahead.
bool Prefetch::would_crowd_memory(const cache::Answer& answer) {
  if (answer.source == kMemory) return false;  // counted already
  if (engine_.disk() != nullptr) {
    if (const auto stored = engine_.disk()->peek(answer.entry->key); stored && *stored) return false;
  }
  only_in_memory_ += answer.entry->artifact.bytes();
  return only_in_memory_ > engine_.config().max_memory / 2;
}

void Prefetch::ask(std::vector<cache::Request> requests, const Stop& stop) {
  if (requests.empty()) return;
  using Clock = std::chrono::steady_clock;
  bool is_enough = false;
  Clock::time_point last = Clock::now();
  for (cache::Request& request : requests) request.give_up = [&] { return is_enough || stop(); };
  try {
    engine_.get_many(requests, [&](std::size_t, cache::Cache::Outcome& outcome) {
      const auto before = std::exchange(last, Clock::now());
      if (!outcome.answer.entry) return;
      Provenance provenance = provenance_of(outcome.answer);
      provenance.elapsed = std::min<std::chrono::nanoseconds>(provenance.elapsed, last - before);  // without those before it
      ledger_.note_ahead(provenance);
      if (would_crowd_memory(outcome.answer)) is_enough = true;
      outcome.answer.entry.reset();  // what is ready is not held until the last is: the tiers have it
    });
  } catch (const std::exception&) {
    // Interrupted, or no memory for so many at once: the cases ask for themselves.
  }
}

}  // namespace almanac::mission
