#include "pictures.hpp"

#include "colour_map.hpp"
#include "picture_layout.hpp"
#include "plot_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace almanac::output {
namespace {

constexpr int kPanel = 640;               // larger side of an image that is not shown pixel by pixel
constexpr int kExactLow = 480, kExactHigh = 960;
constexpr int kSmallPanel = 300;
constexpr double kWidestAspect = 6;
constexpr std::size_t kMostThumbnails = 5;
constexpr std::size_t kMostCurves = 7;
constexpr double kSmallText = 10;

Interval range_of(std::span<const double> values) {
  const auto [low, high] = std::ranges::minmax_element(values);
  return {*low, *high};
}

/// The two axes an image shows, and where its values are in a row of the series.
struct Slice {
  const Axis* down;
  const Axis* across;
  std::size_t offset = 0;

  static Slice of(const Series& series) {
    const std::size_t rank = series.axes.size();
    Slice slice{&series.axes[rank - 2], &series.axes[rank - 1]};
    if (rank == 3) slice.offset = series.axes[0].coordinates.size() / 2 * slice.size();
    return slice;
  }
  std::size_t height() const { return down->coordinates.size(); }
  std::size_t width() const { return across->coordinates.size(); }
  std::size_t size() const { return height() * width(); }
  std::span<const double> values(const Series& series, std::size_t at) const { return {series.row(at) + offset, size()}; }
};

/// The length an axis covers, half a cell beyond its first and last points.
Interval covered(const Axis& axis) {
  const auto& x = axis.coordinates;
  if (x.size() < 2) return {x.front() - 0.5, x.front() + 0.5};
  const double half = (x.back() - x.front()) / static_cast<double>(x.size() - 1) / 2;
  return {x.front() - half, x.back() + half};
}

Image render(std::span<const double> values, std::size_t width, const ColourMap& colours) {
  Image image(static_cast<int>(width), static_cast<int>(values.size() / width));
  std::ranges::transform(values, image.pixels.begin(), [&](double value) { return colours.of(value); });
  return image;
}

/// A drawing's size in pixels, with the proportions of the domain.
std::pair<int, int> panel_size(const Slice& slice, int larger_side) {
  const double aspect = std::clamp(covered(*slice.across).width() / covered(*slice.down).width(), 1 / kWidestAspect, kWidestAspect);
  const auto side = [&](double share) { return std::max(24, static_cast<int>(std::lround(larger_side * share))); };
  return aspect >= 1 ? std::pair{larger_side, side(1 / aspect)} : std::pair{side(aspect), larger_side};
}

std::pair<int, int> full_size(const Slice& slice) {
  const int larger = static_cast<int>(std::max(slice.width(), slice.height()));
  return panel_size(slice, larger >= kExactLow && larger <= kExactHigh ? larger : kPanel);
}

void draw_scale(Canvas& canvas, const Box& box, const ColourMap& colours, const std::string& name) {
  for (int y = 0; y < box.height; ++y) {
    canvas.fill({box.x, box.y + y, box.width, 1}, colours.at(1 - (y + 0.5) / box.height));
  }
  canvas.frame(box, kFaint);
  const std::vector<double> ticks = round_ticks(colours.low(), colours.high(), 6);
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  if (colours.high() > colours.low()) {
    for (double tick : ticks) {
      const double y = box.bottom() - (tick - colours.low()) / (colours.high() - colours.low()) * box.height;
      canvas.fill({box.right() + 1, static_cast<int>(y), 4, 1}, kFaint);
      canvas.text(box.right() + 10, y + kSmallText / 2, kSmallText, tick_text(tick, step), kInk);
    }
  } else {
    canvas.text(box.right() + 10, box.y + box.height / 2.0 + kSmallText / 2, kSmallText, fmt::format("{:.4g}", colours.low()), kInk);
  }
  canvas.text(box.x, box.y - 9, kSmallText, name, kInk);
}

Image paint_image(const Series& series, const Heading& heading, const std::string& colormap) {
  const Slice slice = Slice::of(series);
  const std::size_t last = series.times() - 1;
  const auto [width, height] = full_size(slice);
  const std::vector<std::size_t> shown = even_choice(series.times(), kMostThumbnails);
  const bool strip = shown.size() > 1;
  constexpr int kLeft = 64, kGap = 12, kBelow = 64;
  const int thumb_width = strip ? (width - static_cast<int>(shown.size() - 1) * kGap) / static_cast<int>(kMostThumbnails) : 0;
  const int thumb_height = strip ? std::max(12, static_cast<int>(std::lround(static_cast<double>(thumb_width) * height / width))) : 0;
  Canvas canvas(std::max(kLeft + width + 120, 480), kHeadRoom + 14 + height + kBelow + (strip ? thumb_height + 44 : 0));
  std::string line = heading.line + fmt::format("  ·  t = {:.4g}", series.time.coordinates[last]);
  if (series.axes.size() == 3) {
    const auto& x0 = series.axes[0].coordinates;
    line += fmt::format("  ·  x0 = {:.4g}", x0[x0.size() / 2]);
  }
  draw_heading(canvas, {heading.title, line});

  const Interval range = range_of(slice.values(series, last));
  const ColourMap colours = ColourMap::choose(colormap, range.low, range.high);
  const Box panel{kLeft, kHeadRoom + 14, width, height};
  canvas.paste(resized(render(slice.values(series, last), slice.width(), colours), width, height), panel.x, panel.y);
  canvas.frame(panel, kFaint);
  draw_scale(canvas, {panel.right() + 24, panel.y, 16, panel.height}, colours, quantity(series.name, series.units));

  const Interval across = covered(*slice.across), down = covered(*slice.down);
  const auto ticks_of = [](const Interval& interval, int pixels) { return round_ticks(interval.low, interval.high, std::max(2, pixels / 110)); };
  const auto across_ticks = ticks_of(across, width), down_ticks = ticks_of(down, height);
  const auto step = [](const std::vector<double>& ticks) { return ticks.size() > 1 ? ticks[1] - ticks[0] : 1.0; };
  for (double tick : across_ticks) {
    const double x = panel.x + (tick - across.low) / across.width() * width;
    canvas.fill({static_cast<int>(x), panel.bottom() + 1, 1, 4}, kFaint);
    canvas.text(x, panel.bottom() + 10 + kSmallText, kSmallText, tick_text(tick, step(across_ticks)), kInk, Align::centre);
  }
  for (double tick : down_ticks) {
    const double y = panel.y + (tick - down.low) / down.width() * height;
    canvas.fill({panel.x - 5, static_cast<int>(y), 4, 1}, kFaint);
    canvas.text(panel.x - 10, y + kSmallText / 2, kSmallText, tick_text(tick, step(down_ticks)), kInk, Align::right);
  }
  canvas.text(panel.x + panel.width / 2.0, panel.bottom() + 28 + kSmallText, kSmallText, quantity(slice.across->name, slice.across->units), kInk,
              Align::centre);
  canvas.text(panel.x, panel.y - 9, kSmallText, quantity(slice.down->name, slice.down->units), kInk, Align::right);

  if (strip) {
    const std::string map(ColourMap::resolve(colormap, range.low, range.high));
    const int top = panel.bottom() + kBelow;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const int x = panel.x + static_cast<int>(i) * (thumb_width + kGap);
      const std::span<const double> values = slice.values(series, shown[i]);
      const Interval own = range_of(values);
      const Image thumb = render(values, slice.width(), ColourMap::choose(map, own.low, own.high));
      canvas.paste(resized(thumb, thumb_width, thumb_height), x, top);
      canvas.frame({x, top, thumb_width, thumb_height}, kFaint);
      canvas.text(x + thumb_width / 2.0, top + thumb_height + 8 + kSmallText, kSmallText,
                  fmt::format("t = {:.4g}", series.time.coordinates[shown[i]]), kInk, Align::centre);
    }
    canvas.text(panel.x + static_cast<int>(shown.size()) * (thumb_width + kGap) + 2, top + kSmallText, kSmallText, "each its own", kFaint);
    canvas.text(panel.x + static_cast<int>(shown.size()) * (thumb_width + kGap) + 2, top + 2.7 * kSmallText, kSmallText, "scale", kFaint);
  }
  return canvas.take();
}

Image paint_curves(const Series& series, const Heading& heading) {
  const Axis& axis = series.axes.front();
  const std::vector<std::size_t> shown = even_choice(series.times(), kMostCurves);
  Interval range = range_of({series.row(shown.front()), series.cells()});
  for (std::size_t at : shown) {
    const Interval one = range_of({series.row(at), series.cells()});
    range = {std::min(range.low, one.low), std::max(range.high, one.high)};
  }
  constexpr int kWidth = 1000, kHeight = 560;
  Canvas canvas(kWidth, kHeight);
  draw_heading(canvas, heading);
  const PlotFrame frame({84, 120, 740, 370}, covered(axis), range.with_margin(0.06));
  frame.draw_axes(canvas, quantity(axis.name, axis.units), quantity(series.name, series.units));
  const ColourMap colours = ColourMap::choose("ember", 0, 1);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const bool last = i + 1 == shown.size();
    const double age = shown.size() == 1 ? 0 : 1 - static_cast<double>(i) / static_cast<double>(shown.size() - 1);
    const Colour colour = colours.at(0.22 + 0.58 * age);
    const double width = last ? 2.6 : 1.6;
    frame.draw_curve(canvas, axis.coordinates, {series.row(shown[i]), series.cells()}, width, colour);
    const double y = 132 + 26.0 * static_cast<double>(i);
    const Point sample[] = {{848, y}, {878, y}};
    canvas.stroke(sample, width, colour);
    canvas.text(890, y + kSmallText / 2, kSmallText, fmt::format("t = {:.4g}", series.time.coordinates[shown[i]]), kInk);
  }
  return canvas.take();
}

}  // namespace

Image paint_field(const Series& series, const Heading& heading, const std::string& colormap) {
  return series.axes.size() == 1 ? paint_curves(series, heading) : paint_image(series, heading, colormap);
}

Image paint_field_panel(const Series& series, const std::string& colormap) {
  const std::size_t last = series.times() - 1;
  if (series.axes.size() == 1) {
    const Axis& axis = series.axes.front();
    const std::span<const double> values(series.row(last), series.cells());
    Canvas canvas(kSmallPanel, kSmallPanel * 2 / 3);
    const PlotFrame frame({1, 1, kSmallPanel - 2, kSmallPanel * 2 / 3 - 2}, covered(axis), range_of(values).with_margin(0.08));
    frame.draw_curve(canvas, axis.coordinates, values, 2, ColourMap::choose("ember", 0, 1).at(0.4));
    canvas.frame({1, 1, kSmallPanel - 2, kSmallPanel * 2 / 3 - 2}, kFaint);
    return canvas.take();
  }
  const Slice slice = Slice::of(series);
  const Interval range = range_of(slice.values(series, last));
  const auto [width, height] = panel_size(slice, kSmallPanel);
  return resized(render(slice.values(series, last), slice.width(), ColourMap::choose(colormap, range.low, range.high)), width, height);
}

}  // namespace almanac::output
