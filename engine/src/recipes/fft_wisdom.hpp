#pragma once

#include "recipes/fft_key.hpp"

#include <almanac/cache/cache.hpp>
#include <almanac/compute/fft.hpp>
#include <almanac/recipe.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace almanac::recipes {

/// The bundle of one transform problem in the precision of Real (float, double, long double), bound to this processor and
/// this FFTW. Rigor::adaptive: the best bundle so far; what is made where there is none is kMeasuredCoverage.
/// Errors: compute::ArgumentError ← as compute::check. Its make() throws compute::WisdomError where the program has cleaned FFTW
///         up since: a request that is made now has another key.
template <class Real>
cache::Request fft_wisdom_request(const compute::FftProblem& problem);

/// Sees what FFTW is now, which keys are made of: a program that cleans it up changes it unseen.
/// Cost: a look into the planner (0.13 ms; 0.24 ms where the program has wisdom in it)
template <class Real>
void look_at_fftw();

/// The bundle as the cache keeps it.
cache::Artifact bundle_artifact(std::string_view wisdom, cache::Attributes attributes = {});

/// The bundle's text. Errors: compute::WisdomError ← not a wisdom artifact.
std::string_view bundle_of(const cache::Artifact& artifact);

// More attributes of bundles than keys and their readers know of, where they are known.
inline constexpr std::string_view kExecution = "execution_ns";                  ///< one execution of the bundle's plan
/// Of an adaptive entry: of the plans of that rigor which it was chosen from, as they ran in turns ("patient_execution_ns").
inline std::string execution_at(compute::Rigor rigor) { return std::string(to_string(rigor)) + "_execution_ns"; }

/// The problem to plan with this bundle: the one asked for, at the rigor the bundle was planned at.
compute::FftProblem planned_with(const cache::Artifact& artifact, compute::FftProblem problem);

/// The same transform at another rigor.
inline compute::FftProblem at_rigor(compute::FftProblem problem, compute::Rigor rigor) {
  problem.rigor = rigor;
  return problem;
}

/// What planning may take, from the size and the rigor alone; only its order of magnitude matters.
std::chrono::nanoseconds planning_estimate(const compute::FftProblem& problem);

/// The problem that values of the recipe's parameters name, and back; precision is kept apart.
/// Errors: InputError ← strides that are none.
compute::FftProblem problem_of(const ParameterValues& values);
ParameterTexts texts_of(const compute::FftProblem& problem, std::string_view precision);

template <class Real>
constexpr std::string_view precision_of() noexcept {
  if constexpr (std::is_same_v<Real, float>) return "single";
  if constexpr (std::is_same_v<Real, long double>) return "long_double";
  return "double";
}

/// use(Real{}) with the type of that precision: "single", "double" or "long_double".
template <class Use>
decltype(auto) in_precision(std::string_view precision, Use&& use) {
  if (precision == precision_of<float>()) return std::forward<Use>(use)(float{});
  if (precision == precision_of<long double>()) return std::forward<Use>(use)(static_cast<long double>(0));
  return std::forward<Use>(use)(double{});
}

}  // namespace almanac::recipes
