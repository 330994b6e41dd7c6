#include "fft/tuning_to_do.hpp"

#include "fft/refused_bundle.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/fft_timing.hpp>
#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <new>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

std::optional<cache::EntryInfo> TuningToDo::look(Engine& engine, const cache::Request& request) {
  std::optional<cache::EntryInfo> info;
  if (cache::DiskTier* disk = engine.disk(); disk != nullptr && !disk->problem()) {
    if (auto there = disk->peek(request.key)) info = *std::move(there);
  } else {
    info = engine.cache().peek(request.key);
  }
  const bool reaches = info && cache::coverage_of(info->attributes) >= request.coverage;
  return reaches ? info : std::nullopt;
}

/// Plans, and learns from how long it takes.
template <class Plan>
auto TuningToDo::learning(const FftSpec& spec, Plan plan) {
  const auto start = Clock::now();
  auto planned = plan();
  rates_.learn(spec.rigor, recipes::planning_estimate(spec), Clock::now() - start);
  return planned;
}

/// The entry that somebody has, where FFTW takes its bundle. What it does not take is taken away, or else is to be replaced.
template <class Real>
cache::EntryPtr TuningToDo::usable(const FftSpec& spec, cache::Request& request) {
  cache::EntryPtr entry = engine_.cache().find(request.key, request.coverage).entry;
  for (int refusals = 0; entry && refusals < kMostRefusals; ++refusals) {
    try {
      const compute::FftPlan<Real> plan(recipes::planned_with(entry->artifact, spec), recipes::bundle_of(entry->artifact));
      return entry;
    } catch (const compute::WisdomError&) {
    } catch (const std::bad_alloc&) {  // it is for who has the memory
      return entry;
    }
    RefusedBundle fate = take_away_refused(engine_.cache(), engine_.disk(), *entry);
    entry = std::move(fate.replacement);
    // What reaches less far is no reason to keep the one in memory, which is useless.
    const bool reaches = entry && cache::coverage_of(entry->artifact.attributes()) >= request.coverage;
    request.recompute = fate.state == RefusedBundle::State::stuck || (entry && !reaches);
    if (!reaches) return nullptr;
  }
  return nullptr;
}

template <class Real>
bool TuningToDo::is_ready(const FftSpec& spec, cache::Request& request) {
  const auto info = look(engine_, request);
  if (!info) return false;
  if (depth_ == Depth::bundles) return usable<Real>(spec, request) != nullptr;
  const bool is_measured_here = spec.rigor != Rigor::adaptive && !info->attributes.contains("origin");
  if (is_measured_here) rates_.learn(spec.rigor, recipes::planning_estimate(spec), info->facts.cost);
  return true;
}

/// The bundle that somebody has, else one that is planned now.
template <class Real>
std::string TuningToDo::known_or_planned(const FftSpec& spec) {
  cache::Request request = recipes::fft_wisdom_request<Real>(spec);
  if (const cache::EntryPtr known = usable<Real>(spec, request)) return std::string(recipes::bundle_of(known->artifact));
  return learning(spec, [&] { return compute::make_wisdom<Real>(spec); });
}

TuningWork TuningToDo::work_of(const TuneItem& item, Depth depth) {
  depth_ = depth;
  return recipes::in_precision(item.precision, [&](auto real) { return work_in<decltype(real)>(item); });
}

template <class Real>
TuningWork TuningToDo::work_in(const TuneItem& item) {
  if (depth_ == Depth::bundles) recipes::look_at_fftw<Real>();
  TuningWork work{.label = item.label(), .adaptive = {}, .stages = {}};
  const Rigor rigor = item.spec.rigor;
  const bool is_adaptive = rigor == Rigor::adaptive || rigor == Rigor::patient;
  if (rigor != Rigor::adaptive) add_own<Real>(item.spec, work);
  const FftSpec adaptive = recipes::at_rigor(item.spec, Rigor::adaptive);
  cache::Request first = recipes::fft_wisdom_request<Real>(adaptive);
  if (is_adaptive) add_first<Real>(adaptive, first, work);
  if (is_adaptive) add_race<Real>(adaptive, Rigor::patient, work);
  if (rigor == Rigor::measure) return work;
  // And that one against what was searched for longest, where there are both, or will be.
  first.coverage = recipes::kPatientCoverage;
  const FftSpec exhaustive = recipes::at_rigor(item.spec, Rigor::exhaustive);
  cache::Request longest = recipes::fft_wisdom_request<Real>(exhaustive);
  const bool are_both = is_adaptive ? is_ready<Real>(exhaustive, longest) : look(engine_, first).has_value();
  if (are_both) add_race<Real>(adaptive, Rigor::exhaustive, work);
  if (is_adaptive || are_both) work.adaptive = first.key;
  return work;
}

template <class Real>
void TuningToDo::add_own(const FftSpec& spec, TuningWork& work) {
  cache::Request request = recipes::fft_wisdom_request<Real>(spec);
  if (is_ready<Real>(spec, request)) return;
  request.make = [this, spec, make = std::move(request.make)](const cache::Artifact* prior) {
    return learning(spec, [&] { return make(prior); });
  };
  work.stages.push_back({.request = std::move(request), .rigor = spec.rigor, .planning = recipes::planning_estimate(spec)});
}

/// The entry of adaptive requests: what is measured already, or is measured now.
template <class Real>
void TuningToDo::add_first(const FftSpec& adaptive, cache::Request request, TuningWork& work) {
  if (is_ready<Real>(adaptive, request)) return;
  const FftSpec measured = recipes::at_rigor(adaptive, Rigor::measure);
  request.make = [this, measured](const cache::Artifact*) {
    return recipes::bundle_artifact(known_or_planned<Real>(measured),
                                    {{std::string(cache::kCoverage), recipes::kMeasuredCoverage},
                                     {std::string(recipes::kBundleRigor), std::string(to_string(Rigor::measure))}});
  };
  work.stages.push_back({.request = std::move(request), .rigor = Rigor::measure, .planning = recipes::planning_estimate(measured)});
}

template <class Real>
void TuningToDo::add_race(const FftSpec& adaptive, Rigor rigor, TuningWork& work) {
  const FftSpec searched = recipes::at_rigor(adaptive, rigor);
  const auto timer = [this](std::span<const compute::FftPlan<Real>* const> plans) {
    return compute::execution_seconds<Real>(plans, kRaceRound, stop_);
  };
  cache::Request request = better_bundle_request<Real>(adaptive, {rigor, [this, searched] { return known_or_planned<Real>(searched); }}, timer);
  if (is_ready<Real>(adaptive, request)) return;
  // Under a key of its own first: what was searched for is kept whatever becomes of the comparison, which costs what it takes.
  const cache::Key own = recipes::fft_wisdom_request<Real>(searched).key;
  const auto is_own = [&](const TuningStage& stage) { return stage.request.key == own; };
  if (std::ranges::none_of(work.stages, is_own)) add_own<Real>(searched, work);
  work.stages.push_back({.request = std::move(request), .rigor = rigor, .planning = {}, .is_race = true});
}

}  // namespace almanac
