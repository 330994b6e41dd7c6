#include "fft/fft_plans.hpp"

#include "fft/refused_bundle.hpp"
#include "producer.hpp"
#include "recipes/fft_wisdom.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;

/// A bundle may be refused because FFTW is another one than when the request was made: what is asked for is then made out anew.
/// False ← it is the same, and the bundle is of no use.
template <class Real>
bool follows_fftw(const FftSpec& spec, cache::Request& request) {
  cache::Request now = recipes::fft_wisdom_request<Real>(spec);
  if (now.key == request.key) return false;
  request = std::move(now);
  return true;
}

}  // namespace

template <class Real>
LivePlans<Real>& FftPlans::live() {
  if constexpr (std::is_same_v<Real, float>) {
    return single_;
  } else if constexpr (std::is_same_v<Real, double>) {
    return double_;
  } else {
    return long_double_;
  }
}

template <class Real>
FftPlan<Real> FftPlans::plan(const FftSpec& spec) {
  std::optional<cache::Request> request;
  const auto key_of = [&] {
    request = recipes::fft_wisdom_request<Real>(spec);
    return request->key.text();
  };
  return live<Real>().get(spec, key_of, [&] {
    const auto start = Clock::now();
    Plan<Real> plan = made<Real>(spec, *request);
    if (spec.rigor != Rigor::estimate) log_.note(spec, recipes::precision_of<Real>(), Clock::now() - start);
    return plan;
  });
}

std::uint64_t FftPlans::hits() const noexcept { return single_.hits() + double_.hits() + long_double_.hits(); }

template <class Real>
FftPlans::Plan<Real> FftPlans::made(const FftSpec& spec, const cache::Request& request) {
  switch (spec.rigor) {
    case Rigor::estimate: return estimated<Real>(spec, request);
    case Rigor::adaptive: return best_known<Real>(spec, request);
    case Rigor::measure:
    case Rigor::patient:
    case Rigor::exhaustive: break;
  }
  return measured<Real>(spec, request);
}

/// Estimating is quicker than any look-up: nothing is kept of it.
template <class Real>
FftPlans::Plan<Real> FftPlans::estimated(const FftSpec& spec, const cache::Request& request) {
  const auto start = Clock::now();
  auto plan = std::make_shared<const compute::FftPlan<Real>>(recipes::at_rigor(spec, Rigor::estimate), std::string_view());
  const auto cost = Clock::now() - start;
  auto entry = std::make_shared<const cache::Entry>(cache::Entry{
      request.key, cache::Artifact(), {.producer = this_producer(), .host_binding = request.host_binding, .cost = cost}});
  return {{std::move(entry), "computed", cost}, std::move(plan)};
}

template <class Real>
FftPlans::Plan<Real> FftPlans::measured(const FftSpec& spec, cache::Request request) {
  cache::Answer answer;
  for (int refusals = 0;; ++refusals) {
    try {
      if (!answer.entry) answer = get_(request);
      auto plan = std::make_shared<const compute::FftPlan<Real>>(spec, recipes::bundle_of(answer.entry->artifact));
      return {std::move(answer), std::move(plan)};
    } catch (const compute::WisdomError& error) {
      if (refusals == kMostRefusals) throw;
      const cache::EntryPtr refused = std::exchange(answer, {}).entry;
      if (follows_fftw<Real>(spec, request)) continue;
      if (!refused || request.recompute) throw;  // none can be made
      RefusedBundle fate = take_away_refused(cache_, disk_, *refused);
      if (fate.replacement) {
        answer = {std::move(fate.replacement), disk_->name(), {}};
        continue;
      }
      warn_(fmt::format("{}: {}; planning anew", request.key.text(), error.what()));
      // Once for all who meet it, as what is missing; where it cannot be taken away, in its place.
      request.recompute = fate.state == RefusedBundle::State::stuck;
    }
  }
}

/// Looks: no lease, no wait for who makes it, nothing measured. What it does wait for is FFTW's planner, of which a
/// process has one, while another thread plans with it.
template <class Real>
FftPlans::Plan<Real> FftPlans::best_known(const FftSpec& spec, const cache::Request& request) {
  const auto planned_at = [&](Rigor rigor) {
    const FftSpec alike = recipes::at_rigor(spec, rigor);
    return stored<Real>(alike, recipes::fft_wisdom_request<Real>(alike));
  };
  const Plan<Real> own = stored<Real>(spec, request);
  Plan<Real> plan;
  if (own.second && cache::coverage_of(own.first.entry->artifact.attributes()) >= recipes::kPatientCoverage) plan = own;
  if (!plan.second) plan = planned_at(Rigor::patient);
  if (!plan.second) plan = planned_at(Rigor::exhaustive);
  const bool is_best = plan.second != nullptr;
  // Measured and compared with nothing yet: tuning that is stopped half way must not make plans slower.
  if (!plan.second) plan = own;
  if (!plan.second) plan = planned_at(Rigor::measure);
  // A search that an entry was not yet held against is used as one that was asked for by name; but it is to be compared.
  const bool is_compared = !own.second || plan.second == own.second;
  if (!is_best || !is_compared) wants_tuning_.store(true, std::memory_order_relaxed);
  if (plan.second) return plan;
  plan = estimated<Real>(spec, request);
  // It was the first look at FFTW for a while where nothing was there to be tried.
  cache::Request now = request;
  return follows_fftw<Real>(spec, now) ? best_known<Real>(spec, now) : plan;
}

/// The plan of a bundle that is there; no plan where there is none. One that this FFTW does not take is taken away, so that
/// whoever measures next finds its place free.
template <class Real>
FftPlans::Plan<Real> FftPlans::stored(const FftSpec& spec, cache::Request request) {
  cache::Answer answer = cache_.find(request.key, request.coverage);
  for (int refusals = 0; answer.entry; ++refusals) {
    const cache::Artifact& artifact = answer.entry->artifact;
    try {
      auto plan = std::make_shared<const compute::FftPlan<Real>>(recipes::planned_with(artifact, spec), recipes::bundle_of(artifact));
      return {std::move(answer), std::move(plan)};
    } catch (const compute::WisdomError& error) {
      if (refusals == kMostRefusals) return {};
      if (follows_fftw<Real>(spec, request)) {
        answer = cache_.find(request.key, request.coverage);
        continue;
      }
      RefusedBundle fate = take_away_refused(cache_, disk_, *answer.entry);
      const bool is_gone = fate.state == RefusedBundle::State::gone;
      if (!fate.replacement) warn_(fmt::format("{}: {}; it is {}", request.key.text(), error.what(), is_gone ? "taken away" : "not used"));
      answer = {std::move(fate.replacement), disk_ != nullptr ? disk_->name() : std::string_view(), {}};
    }
  }
  return {};
}

template FftPlan<float> FftPlans::plan<float>(const FftSpec&);
template FftPlan<double> FftPlans::plan<double>(const FftSpec&);
template FftPlan<long double> FftPlans::plan<long double>(const FftSpec&);

}  // namespace almanac
