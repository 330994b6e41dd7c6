#include "picture_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace almanac::output {

void draw_heading(Canvas& canvas, const Heading& heading) {
  canvas.text(kMargin, 42, kTitleText, heading.title, kInk);
  canvas.text(kMargin, 68, kLineText, heading.line, Colour{96, 102, 116});
}

std::string quantity(const std::string& name, const std::string& units) {
  return units.empty() || units == "1" ? name : fmt::format("{} [{}]", name, units);
}

std::vector<std::size_t> even_choice(std::size_t count, std::size_t most) {
  const std::size_t shown = std::min(count, most);
  std::vector<std::size_t> chosen(shown);
  for (std::size_t i = 0; i < shown; ++i) chosen[i] = shown == 1 ? count - 1 : i * (count - 1) / (shown - 1);
  return chosen;
}

}  // namespace almanac::output
