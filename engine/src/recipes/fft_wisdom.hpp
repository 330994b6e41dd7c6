#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/compute/fft.hpp>

#include <string>

namespace almanac::recipes {

/// The bundle of one transform problem in the precision of Real (float, double), bound to this processor and
/// this FFTW. Errors: compute::ArgumentError ← as compute::check.
template <class Real>
cache::Request fft_wisdom_request(const compute::FftProblem& problem);

/// The bundle's text. Errors: std::out_of_range, std::invalid_argument ← not a wisdom artifact.
std::string_view bundle_of(const cache::Artifact& artifact);

}  // namespace almanac::recipes
