#include "pictures.hpp"

#include "colour_map.hpp"
#include "picture_layout.hpp"
#include "plot_frame.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace almanac::output {
namespace {

constexpr int kPortraitWidth = 1120, kPortraitHeight = 760, kPortraitLeft = 92, kTraceHeight = 120;
constexpr int kPortraitPanel = 320;
constexpr std::size_t kPieces = 120;  // of the line, each of one colour

std::vector<double> unknown(const Series& series, std::size_t which) {
  std::vector<double> values;
  for (std::size_t i = 0; i < series.times(); ++i) values.push_back(series.row(i)[which]);
  return values;
}

std::string name_of_unknown(const Series& series, std::size_t which) {
  for (const auto& [name, value] : series.axes.front().facts) {
    if (name == "names") return std::get<std::vector<std::string>>(value).at(which);
  }
  return series.name;
}

Interval around(std::span<const double> values) {
  const auto [low, high] = std::ranges::minmax(values);
  return Interval{std::max(low, -1e300), std::min(high, 1e300)}.with_margin(0.05);
}

/// From indigo, long ago, to orange, now; the pale end of the map would be lost on white.
Colour colour_of_age(double age) { return ColourMap::choose("ember", 0, 1).at(0.1 + 0.62 * age); }

void draw_way(Canvas& canvas, const PlotFrame& frame, const Box& clip, std::span<const double> across, std::span<const double> up,
              double width, double opacity) {
  const std::size_t pieces = std::min(kPieces, across.size());
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t first = piece * across.size() / pieces, last = std::min((piece + 1) * across.size() / pieces + 1, across.size());
    std::vector<Point> points;
    for (std::size_t i = first; i < last; ++i) points.push_back(frame.at(across[i], up[i]));
    canvas.stroke(points, width, colour_of_age(static_cast<double>(piece) / static_cast<double>(pieces)), opacity, clip);
  }
}

}  // namespace

Image paint_phase_portrait(const Series& series, const Heading& heading) {
  const std::vector<double> across = unknown(series, 0), up = unknown(series, 2);
  constexpr int kPlotWidth = kPortraitWidth - kPortraitLeft - 40;
  Canvas canvas(kPortraitWidth, 122 + kPortraitHeight + 96 + kTraceHeight + 66);
  draw_heading(canvas, heading);
  const Box box{kPortraitLeft, 122, kPlotWidth, kPortraitHeight};
  const PlotFrame frame(box, around(across), around(up));
  frame.draw_axes(canvas, quantity(name_of_unknown(series, 0), series.units), quantity(name_of_unknown(series, 2), series.units));
  draw_way(canvas, frame, box, across, up, 1.15, 0.85);

  const auto& t = series.time.coordinates;
  const Interval time = t.size() > 1 ? Interval{t.front(), t.back()} : Interval{t.front() - 0.5, t.front() + 0.5};
  const Box trace{kPortraitLeft, box.bottom() + 96, kPlotWidth, kTraceHeight};
  const PlotFrame below(trace, time, around(across));
  below.draw_axes(canvas, quantity(series.time.name, series.time.units), quantity(name_of_unknown(series, 0), series.units));
  draw_way(canvas, below, trace, t, across, 1.1, 0.9);
  return canvas.take();
}

Image paint_phase_portrait_panel(const Series& series) {
  const std::vector<double> across = unknown(series, 0), up = unknown(series, 2);
  Canvas canvas(kPortraitPanel, kPortraitPanel * 4 / 5);
  const Box box{1, 1, kPortraitPanel - 2, kPortraitPanel * 4 / 5 - 2};
  const PlotFrame frame(box, around(across), around(up));
  draw_way(canvas, frame, box, across, up, 0.8, 0.7);
  canvas.frame(box, kFaint);
  return canvas.take();
}

}  // namespace almanac::output
