#pragma once

#include "mission/mission_text.hpp"
#include "output/series.hpp"

#include <almanac/compute/fft.hpp>
#include <almanac/compute/laplacian.hpp>
#include <almanac/fft.hpp>
#include <almanac/laplacian.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace almanac::models {

/// A rectangular domain with points as DESIGN's "Grids and Laplacians" places them, slowest axis first.
struct Grid {
  std::vector<std::int64_t> extent;
  std::vector<double> length;
  std::vector<Boundary> boundary;
  std::string units = "1";

  std::size_t rank() const noexcept { return extent.size(); }
  std::size_t points() const noexcept;
  double spacing(std::size_t axis) const noexcept;
  double coordinate(std::size_t axis, std::int64_t j) const noexcept;
  /// Axes x0, x1 … with what is known of them.
  std::vector<output::Axis> axes() const;
};

/// Reads [domain]: extent, length (default 1), boundary (default periodic), units.
/// Errors: InputError ← as documented there; more points than can be counted
Grid read_grid(mission::MissionText& text);

/// Values a field wants one an axis: as many as axes, or one for all. Errors: InputError at the field ← another number
template <class T>
std::vector<T> one_an_axis(mission::Section& section, std::string_view field, std::vector<T> values, std::size_t axes) {
  if (values.size() == 1) values.resize(axes, values.front());
  if (values.size() != axes) {
    section.refuse(field, "have one value, or one an axis: " + std::to_string(axes));
  }
  return values;
}

/// The eigenvalues of the Laplacian along each axis, in the order of its basis (halfcomplex FFT, DST-I, DCT-II,
/// DST-IV, DCT-IV).
/// space: "spectral", or the order "2", "4", "6". Errors: compute::ArgumentError ← as laplacian_symbol, spectral_symbol
std::vector<std::vector<double>> symbols(const Grid& grid, const std::string& space);

/// From fields to the modes of the Laplacian and back: all real, independent of each other.
/// Threads: immutable
class SpaceTransform {
 public:
  static FftSpec forward_problem(const Grid& grid, Rigor rigor, int threads);
  static FftSpec backward_problem(const Grid& grid, Rigor rigor, int threads);

  SpaceTransform(FftPlan<double> forward, FftPlan<double> backward);

  /// In place, normalised: backward() after forward() gives the field again, to rounding.
  void forward(std::span<double> field) const;
  void backward(std::span<double> modes) const;

 private:
  FftPlan<double> forward_, backward_;
};

}  // namespace almanac::models
