#pragma once

#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <vector>

namespace almanac::compute {

/// Where fft.hpp says that the logical values (direct_transforms.hpp) of one side lie, one place a value in elements of the
/// side: the sum of index times stride over batches and axes.
std::vector<std::size_t> places(const FftProblem& problem, bool output);

}  // namespace almanac::compute
