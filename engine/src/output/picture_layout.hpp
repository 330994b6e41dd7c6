#pragma once

#include "canvas.hpp"
#include "pictures.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace almanac::output {

// What all pictures share: margins, sizes of text, the heading. In pixels.
inline constexpr int kMargin = 40;
inline constexpr int kHeadRoom = 92;
inline constexpr double kTitleText = 17, kLineText = 11.5;

void draw_heading(Canvas& canvas, const Heading& heading);

/// "u [mV]", or the name alone for what has no units.
std::string quantity(const std::string& name, const std::string& units);

/// Which of `count` things to show when there is room for `most`: first, last, and evenly between.
std::vector<std::size_t> even_choice(std::size_t count, std::size_t most);

}  // namespace almanac::output
