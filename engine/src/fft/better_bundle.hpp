#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/compute/fft.hpp>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace almanac {

/// Seconds of one execution of each plan, in turns: compute::execution_seconds but for tests. Empty: asked to stop.
template <class Real>
using PlanTimer = std::function<std::vector<double>(std::span<const compute::FftPlan<Real>* const>)>;

/// By how much a plan must be faster to take another's place, in each of some rounds. The least times of one plan that runs
/// against itself differ by up to 2 % where the data fit the caches; by more, now in its favour and now against it, where
/// they do not and something else uses the memory: so one round does not decide.
inline constexpr double kLeastGain = 0.03;
inline constexpr int kRounds = 3;

/// A search whose bundle is held against the one of adaptive requests.
struct Challenge {
  compute::Rigor rigor;                  ///< patient or exhaustive
  std::function<std::string()> bundle;   ///< plans, or knows it
};

/// The adaptive entry of a problem, held against a longer search: where that is faster by kLeastGain its bundle replaces what
/// is there, else what is there stays; the entry then reaches the coverage of that search, and has the times of both.
/// `timer` is called kRounds times. Its make() takes what is there as prior, and throws Interrupted where the timer was stopped.
/// Precondition: problem.rigor is Rigor::adaptive
template <class Real>
cache::Request better_bundle_request(const compute::FftProblem& problem, Challenge challenge, PlanTimer<Real> timer);

}  // namespace almanac
