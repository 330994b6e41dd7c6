#pragma once

#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <vector>

namespace almanac::compute {

enum class FftFamily { c2c, r2c, c2r, r2r };

FftFamily family_of(Transform transform) noexcept;

constexpr bool has_complex_input(FftFamily family) noexcept {
  return family == FftFamily::c2c || family == FftFamily::c2r;
}
constexpr bool has_complex_output(FftFamily family) noexcept {
  return family == FftFamily::c2c || family == FftFamily::r2c;
}

/// The elements of one side of a checked problem. An element is a Real, or a Complex where a complex side is not split.
struct FftSide {
  struct Loop {
    std::size_t points;
    std::size_t stride;    ///< in elements
  };

  std::vector<Loop> loops;          ///< all elements: nested, widest stride first, no loop that another one continues
  std::size_t size;                 ///< elements from the first to the last, gaps included
  std::size_t reals_per_element;
  std::size_t split_distance;       ///< Reals from the real part to the imaginary one; 0 where nothing is split
  std::size_t reals;                ///< memory, counted in Reals, of both parts where the side is split
};

/// Where the elements of a checked problem lie. Strides count elements of their side.
struct FftLayout {
  struct Axis {
    std::ptrdiff_t points;
    std::ptrdiff_t input_stride;
    std::ptrdiff_t output_stride;
  };

  FftFamily family;
  bool split;
  std::vector<Axis> axes;
  std::vector<Axis> batches;       ///< points is the number of arrays
  std::vector<Transform> kinds;    ///< one an axis
  FftSide input;
  FftSide output;
  std::size_t input_size;          ///< what the caller's array has: side.size; in place of r2c and c2r the Reals of both
  std::size_t output_size;
  std::size_t reals;               ///< memory of the larger side
  bool destroys_input;             ///< FFTW's fast way for these kinds overwrites an out-of-place input
};

/// Checks the problem (as check) and lays it out.
FftLayout lay_out(const FftProblem& problem, std::size_t bytes_per_real);

}  // namespace almanac::compute
