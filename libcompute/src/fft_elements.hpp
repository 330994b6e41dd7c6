#pragma once

#include "fft_layout.hpp"

#include <algorithm>
#include <cstddef>

namespace almanac::compute {

/// Copies the elements of a side (one part of them where it is split) to the same places of another array. What lies in the
/// gaps is neither read nor written: it may be another thread's.
template <class Real>
void copy_elements(const FftSide& side, const Real* from, Real* to, std::size_t depth = 0) {
  if (depth == side.loops.size()) {
    std::copy_n(from, side.reals_per_element, to);
    return;
  }
  const auto [points, stride] = side.loops[depth];
  if (stride == 1) {    // the innermost loop: strides are apart
    std::copy_n(from, points * side.reals_per_element, to);
    return;
  }
  const std::size_t step = stride * side.reals_per_element;
  for (std::size_t i = 0; i < points; ++i) copy_elements(side, from + i * step, to + i * step, depth + 1);
}

}  // namespace almanac::compute
