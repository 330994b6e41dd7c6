#pragma once

#include <cstddef>

namespace almanac::compute {

/// One line of the fastest axis and what lies around it. Faces: c of the face below each point and of the one above, per slower
/// axis; along the line itself, `along` has one more than there are points. Neighbours beyond a wall are lines of zeros.
struct DiffusionLine {
  std::size_t slower = 0;  ///< slower axes, 0 to 2
  const double* below[2] = {};
  const double* above[2] = {};
  const double* face_below[2] = {};
  const double* face_above[2] = {};
  const double* along = nullptr;
  double first_ghost = 0, last_ghost = 0;  ///< what lies beyond the two ends of the line
  std::size_t points = 0;
  const double* in = nullptr;
  double* out = nullptr;
};

/// out = A in, or a in - b A in, at the points [begin, end) of the line. Every point has its sums in one order, slowest axis first,
/// with a rounding after every operation: bits depend neither on vectors nor on where the line was cut.
void diffuse_line(const DiffusionLine& line, std::size_t begin, std::size_t end);
void diffuse_line_shifted(const DiffusionLine& line, double a, double b, std::size_t begin, std::size_t end);

}  // namespace almanac::compute
