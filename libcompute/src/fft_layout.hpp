#pragma once

#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <vector>

namespace almanac::compute {

enum class FftFamily { c2c, r2c, c2r, r2r };

/// Where the elements of a checked problem lie. Strides count elements of the side's own type (Real or Complex).
struct FftLayout {
  struct Axis {
    std::ptrdiff_t points;
    std::ptrdiff_t input_stride;
    std::ptrdiff_t output_stride;
  };

  FftFamily family;
  std::vector<Axis> axes;
  Axis batch;                      ///< points is the number of arrays
  std::vector<Transform> kinds;    ///< one an axis
  std::size_t input_size;          ///< elements, padding included; in place of r2c and c2r: Reals
  std::size_t output_size;
  std::size_t input_reals;         ///< memory of the input, counted in Reals
  std::size_t output_reals;
  bool destroys_input;             ///< FFTW's fast way for these kinds overwrites an out-of-place input
};

/// Checks the problem (as check) and lays it out.
FftLayout lay_out(const FftProblem& problem, std::size_t bytes_per_real);

}  // namespace almanac::compute
