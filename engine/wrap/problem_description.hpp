#pragma once

#include "fftw_structures.hpp"
#include "recipes/fft_key.hpp"

#include <optional>

namespace almanac::wrap {

/// A problem in the words of the cache's keys, so that a program's plan_dft_2d and the engine's own plan share a bundle.
struct DescribedProblem {
  compute::FftProblem problem;
  recipes::FftVariant variant;
};

/// nullopt ← what keys have no words for: an empty or trivial transform, a discrete Hartley transform, an unknown kind.
/// The rigor is that of the flags; estimate stays estimate.
std::optional<DescribedProblem> describe(const FftwProblem& problem, unsigned flags, int threads, std::size_t bytes_per_real);

}  // namespace almanac::wrap
