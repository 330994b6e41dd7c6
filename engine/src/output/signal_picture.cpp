#include "pictures.hpp"

#include "colour_map.hpp"
#include "picture_layout.hpp"
#include "plot_frame.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace almanac::output {
namespace {

constexpr int kWidth = 1280, kHeight = 660;
constexpr double kOutside = 0.001;  // share of the samples that may lie beyond the plot: a start that runs to infinity

std::size_t samples_in(const Series& series, double span) {
  const auto& t = series.time.coordinates;
  const auto end = std::ranges::upper_bound(t, t.front() + span);
  return std::max<std::size_t>(1, static_cast<std::size_t>(end - t.begin()));
}

Interval most_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const auto cut = static_cast<std::size_t>(kOutside * static_cast<double>(sorted.size()));
  return {sorted[cut], sorted[sorted.size() - 1 - cut]};
}

}  // namespace

Image paint_signal(const Series& series, const Heading& heading, double span) {
  const std::size_t count = samples_in(series, span);
  const std::span<const double> t(series.time.coordinates.data(), count);
  const std::span<const double> result(series.values.data(), count);
  const Interval time = t.size() > 1 ? Interval{t.front(), t.back()} : Interval{t.front() - 0.5, t.front() + 0.5};
  const std::string time_name = quantity(series.time.name, series.time.units);
  Canvas canvas(kWidth, kHeight);
  draw_heading(canvas, heading);

  int top = 122;
  constexpr int kLeft = 92, kPlotWidth = kWidth - kLeft - 40, kBottom = kHeight - 66;
  if (!series.companions.empty()) {
    const Companion& companion = series.companions.front();
    const std::span<const double> above(companion.values.data(), count);
    constexpr int kAbove = 170;
    const PlotFrame frame({kLeft, top, kPlotWidth, kAbove}, time, most_of(above).with_margin(0.1));
    frame.draw_axes(canvas, "", quantity(companion.name, companion.units), false);
    frame.draw_curve(canvas, t, above, 1.5, Colour{110, 116, 130});
    top += kAbove + 44;
  }
  const PlotFrame frame({kLeft, top, kPlotWidth, kBottom - top}, time, most_of(result).with_margin(0.1));
  frame.draw_axes(canvas, time_name, quantity(series.name, series.units));
  frame.draw_curve(canvas, t, result, 1.7, ColourMap::choose("ember", 0, 1).at(0.42));
  return canvas.take();
}

Image paint_signal_panel(const Series& series, double span) {
  constexpr int kPanelWidth = 760, kPanelHeight = 110;
  const std::size_t count = samples_in(series, span);
  const std::span<const double> t(series.time.coordinates.data(), count);
  const std::span<const double> result(series.values.data(), count);
  const Interval time = t.size() > 1 ? Interval{t.front(), t.back()} : Interval{t.front() - 0.5, t.front() + 0.5};
  Canvas canvas(kPanelWidth, kPanelHeight);
  const PlotFrame frame({1, 1, kPanelWidth - 2, kPanelHeight - 2}, time, most_of(result).with_margin(0.1));
  frame.draw_curve(canvas, t, result, 1.5, ColourMap::choose("ember", 0, 1).at(0.42));
  canvas.frame({1, 1, kPanelWidth - 2, kPanelHeight - 2}, kGrid);
  return canvas.take();
}

}  // namespace almanac::output
