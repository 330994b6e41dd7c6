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

/// How far an entry reaches that was held against such a search.
std::int64_t coverage_after(Rigor rigor) {
  return rigor == Rigor::exhaustive ? recipes::kExhaustiveCoverage : recipes::kPatientCoverage;
}

template <class Real>
cache::Artifact better(const FftProblem& problem, const cache::Artifact& known, Rigor rigor, const std::string& challenger,
                       const PlanTimer<Real>& timer) {
  cache::Attributes facts{{std::string(cache::kCoverage), coverage_after(rigor)},
                          {std::string(recipes::kBundleRigor), std::string(to_string(rigor))}};
  const auto before = plan_of<Real>(problem, known);
  if (!before) return recipes::bundle_artifact(challenger, std::move(facts));
  facts.insert(known.attributes().begin(), known.attributes().end());  // the times it was held against before
  const Rigor rigor_before = before->problem().rigor;
  const compute::FftPlan<Real> after(recipes::at_rigor(problem, rigor), challenger);
  const std::array<const compute::FftPlan<Real>*, 2> plans{before.get(), &after};
  bool is_adopted = true;
  std::array<double, 2> least{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<double> seconds = timer(plans);
    if (seconds.size() != plans.size()) throw Interrupted();
    is_adopted = is_adopted && seconds[1] < (1 - kLeastGain) * seconds[0];
    for (std::size_t i = 0; i < least.size(); ++i) least[i] = std::min(least[i], seconds[i]);
  }
  if (!is_adopted) facts[std::string(recipes::kBundleRigor)] = std::string(to_string(rigor_before));
  facts[std::string(recipes::kExecution)] = kNanoseconds * least[is_adopted ? 1 : 0];
  facts[recipes::execution_at(rigor_before)] = kNanoseconds * least[0];
  facts[recipes::execution_at(rigor)] = kNanoseconds * least[1];
  return recipes::bundle_artifact(is_adopted ? std::string_view(challenger) : recipes::bundle_of(known), std::move(facts));
}

}  // namespace

template <class Real>
cache::Request better_bundle_request(const FftProblem& problem, Challenge challenge, PlanTimer<Real> timer) {
  cache::Request request = recipes::fft_wisdom_request<Real>(problem);
  request.coverage = coverage_after(challenge.rigor);
  request.estimate = recipes::planning_estimate(recipes::at_rigor(problem, challenge.rigor));
  request.make = [problem, first = std::move(request.make), challenge = std::move(challenge),
                  timer = std::move(timer)](const cache::Artifact* prior) {
    const cache::Artifact known = prior != nullptr ? *prior : first(nullptr);
    return better<Real>(problem, known, challenge.rigor, challenge.bundle(), timer);
  };
  return request;
}

template cache::Request better_bundle_request<float>(const FftProblem&, Challenge, PlanTimer<float>);
template cache::Request better_bundle_request<double>(const FftProblem&, Challenge, PlanTimer<double>);
template cache::Request better_bundle_request<long double>(const FftProblem&, Challenge, PlanTimer<long double>);

}  // namespace almanac
