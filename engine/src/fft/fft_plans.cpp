#include "fft/fft_plans.hpp"

#include "fft/refused_bundle.hpp"
#include "producer.hpp"
#include "recipes/fft_wisdom.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;

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
  cache::Answer answer = get_(request);
  try {
    return {answer, std::make_shared<const compute::FftPlan<Real>>(spec, recipes::bundle_of(answer.entry->artifact))};
  } catch (const compute::WisdomError& error) {
    warn_(fmt::format("{}: {}; planning anew", request.key.text(), error.what()));
  }
  // Once for all who meet it, as what is missing; where it cannot be taken away, in its place.
  request.recompute = !take_away_refused(cache_, disk_, *answer.entry);
  answer = get_(request);
  return {answer, std::make_shared<const compute::FftPlan<Real>>(spec, recipes::bundle_of(answer.entry->artifact))};
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
  if (!is_best) wants_tuning_.store(true, std::memory_order_relaxed);
  return plan.second ? plan : estimated<Real>(spec, request);
}

/// The plan of a bundle that is there; no plan where there is none. One that this FFTW does not take is taken away, so that
/// whoever measures next finds its place free.
template <class Real>
FftPlans::Plan<Real> FftPlans::stored(const FftSpec& spec, const cache::Request& request) {
  cache::Answer answer = cache_.find(request.key, request.coverage);
  if (!answer.entry) return {};
  const cache::Artifact& artifact = answer.entry->artifact;
  try {
    auto plan = std::make_shared<const compute::FftPlan<Real>>(recipes::planned_with(artifact, spec), recipes::bundle_of(artifact));
    return {std::move(answer), std::move(plan)};
  } catch (const compute::WisdomError& error) {
    const bool is_gone = take_away_refused(cache_, disk_, *answer.entry);
    warn_(fmt::format("{}: {}; it is {}", request.key.text(), error.what(), is_gone ? "taken away" : "not used"));
    return {};
  }
}

template FftPlan<float> FftPlans::plan<float>(const FftSpec&);
template FftPlan<double> FftPlans::plan<double>(const FftSpec&);
template FftPlan<long double> FftPlans::plan<long double>(const FftSpec&);

}  // namespace almanac
