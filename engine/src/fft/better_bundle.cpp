#include "fft/better_bundle.hpp"

#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace almanac {
namespace {

using compute::FftProblem;
using compute::Rigor;

constexpr double kNanoseconds = 1e9;

template <class Real>
std::unique_ptr<compute::FftPlan<Real>> plan_of(const FftProblem& problem, const cache::Artifact& bundle) try {
  return std::make_unique<compute::FftPlan<Real>>(recipes::planned_with(bundle, problem), recipes::bundle_of(bundle));
} catch (const compute::WisdomError&) {
  return nullptr;  // sound, but not for this FFTW: whatever plans is better
}

cache::Attributes attributes(Rigor rigor) {
  return {{std::string(cache::kCoverage), recipes::kPatientCoverage}, {std::string(recipes::kBundleRigor), std::string(to_string(rigor))}};
}

template <class Real>
cache::Artifact better(const FftProblem& problem, const cache::Artifact& known, const std::string& patient, const PlanTimer<Real>& timer) {
  const cache::Artifact candidate = recipes::bundle_artifact(patient, attributes(Rigor::patient));
  const auto before = plan_of<Real>(problem, known);
  if (!before) return candidate;
  const compute::FftPlan<Real> after(recipes::planned_with(candidate, problem), patient);
  const std::array<const compute::FftPlan<Real>*, 2> plans{before.get(), &after};
  bool is_adopted = true;
  std::array<double, 2> least{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<double> seconds = timer(plans);
    if (seconds.size() != plans.size()) throw Interrupted();
    is_adopted = is_adopted && seconds[1] < (1 - kLeastGain) * seconds[0];
    for (std::size_t i = 0; i < least.size(); ++i) least[i] = std::min(least[i], seconds[i]);
  }
  cache::Attributes facts = attributes(is_adopted ? Rigor::patient : before->problem().rigor);
  facts[std::string(recipes::kExecution)] = kNanoseconds * least[is_adopted ? 1 : 0];
  facts[std::string(recipes::kMeasuredExecution)] = kNanoseconds * least[0];
  facts[std::string(recipes::kPatientExecution)] = kNanoseconds * least[1];
  return recipes::bundle_artifact(is_adopted ? std::string_view(patient) : recipes::bundle_of(known), std::move(facts));
}

}  // namespace

template <class Real>
cache::Request better_bundle_request(const FftProblem& problem, std::function<std::string()> patient, PlanTimer<Real> timer) {
  cache::Request request = recipes::fft_wisdom_request<Real>(problem);
  FftProblem patiently = problem;
  patiently.rigor = Rigor::patient;
  request.coverage = recipes::kPatientCoverage;
  request.estimate = recipes::planning_estimate(patiently);
  request.make = [problem, first = std::move(request.make), patient = std::move(patient),
                  timer = std::move(timer)](const cache::Artifact* prior) {
    const cache::Artifact known = prior != nullptr ? *prior : first(nullptr);
    return better<Real>(problem, known, patient(), timer);
  };
  return request;
}

template cache::Request better_bundle_request<float>(const FftProblem&, std::function<std::string()>, PlanTimer<float>);
template cache::Request better_bundle_request<double>(const FftProblem&, std::function<std::string()>, PlanTimer<double>);
template cache::Request better_bundle_request<long double>(const FftProblem&, std::function<std::string()>, PlanTimer<long double>);

}  // namespace almanac
