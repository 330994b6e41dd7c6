#pragma once

#include <string_view>
#include <vector>

#include "canvas.hpp"

namespace almanac::output {

/// One character as lines, in units where capitals are 7 high; y upwards from the baseline.
struct Glyph {
  double width = 0;  ///< of the drawing, without the space behind it
  std::vector<std::vector<Point>> strokes;
};

inline constexpr double kCapitalHeight = 7;
inline constexpr double kLetterSpace = 1.9;

/// The glyph of the first character of a UTF-8 text, which is cut off; a hollow box for one that is not drawn here.
Glyph next_glyph(std::string_view& text);

}  // namespace almanac::output
