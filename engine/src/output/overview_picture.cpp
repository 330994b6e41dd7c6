#include "pictures.hpp"

#include "picture_layout.hpp"

#include <algorithm>

namespace almanac::output {

Image paint_overview(const Heading& heading, const std::vector<Panel>& panels) {
  if (panels.empty()) return {};
  const std::vector<std::size_t> shown = even_choice(panels.size(), kMostPanels);
  int width = 0, height = 0;
  for (const Panel& panel : panels) {
    width = std::max(width, panel.image.width);
    height = std::max(height, panel.image.height);
  }
  const bool wide = width > 3 * height;
  constexpr int kGap = 28, kCaption = 30;
  const int most_columns = wide ? (shown.size() > 8 ? 2 : 1) : 4;
  const int count = static_cast<int>(shown.size());
  const int rows = (count + most_columns - 1) / most_columns;
  const int columns = (count + rows - 1) / rows;
  Canvas canvas(std::max(2 * kMargin + columns * width + (columns - 1) * kGap, 420), kHeadRoom + rows * (height + kCaption + 8) + 16);
  draw_heading(canvas, heading);
  for (int i = 0; i < count; ++i) {
    const Panel& panel = panels[shown[static_cast<std::size_t>(i)]];
    const int x = kMargin + i % columns * (width + kGap), y = kHeadRoom + i / columns * (height + kCaption + 8);
    canvas.paste(panel.image, x + (width - panel.image.width) / 2, y + (height - panel.image.height) / 2);
    canvas.text(x + width / 2.0, y + height + 8 + kLineText, kLineText, panel.caption, kInk, Align::centre);
  }
  return canvas.take();
}

}  // namespace almanac::output
