#include "pictures.hpp"

#include "colour_map.hpp"
#include "picture_layout.hpp"
#include "plot_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace almanac::output {
namespace {

constexpr int kSolutionWidth = 1280, kSolutionLeft = 92;
constexpr int kStripHeight = 150, kStripGap = 46;
constexpr int kThumbWidth = 300, kThumbHeight = 220, kThumbErrors = 104, kThumbTicks = 40;
constexpr double kLeastError = 1e-17;         // where a logarithm begins
constexpr double kLargestShown = 1e300;       // so that widths of intervals are finite
constexpr Colour kExactColour{196, 202, 214}; // behind the solution
constexpr Colour kForcingColour{110, 116, 130};
constexpr Colour kErrorColour{72, 84, 150};

Colour solution_colour() { return ColourMap::choose("ember", 0, 1).at(0.42); }

const Companion* companion(const Series& series, std::string_view name) {
  const auto found = std::ranges::find(series.companions, name, &Companion::name);
  return found == series.companions.end() ? nullptr : &*found;
}

Interval span_of_time(const Series& series) {
  const auto& t = series.time.coordinates;
  return t.size() > 1 ? Interval{t.front(), t.back()} : Interval{t.front() - 0.5, t.front() + 0.5};
}

Interval shown_range(std::span<const double> values) {
  const auto [low, high] = std::ranges::minmax(values);
  return {std::max(low, -kLargestShown), std::min(high, kLargestShown)};
}

/// log10 of how far the solution is from the exact one.
std::vector<double> logarithmic_errors(const Series& series, const Companion& exact) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < series.times(); ++i) {
    const double error = std::abs(series.values[i] - exact.values[i]);
    errors.push_back(std::log10(std::isfinite(error) ? std::max(error, kLeastError) : std::numeric_limits<double>::max()));
  }
  if (errors.size() > 1) errors.front() = errors[1];  // both begin with the same value, which is no news
  return errors;
}

/// A line and what it is, ending at `right`. Gives where it begins.
double draw_legend(Canvas& canvas, double right, double y, std::string_view name, double width, Colour colour) {
  const double left = right - text_width(name, kLineText);
  canvas.text(left, y, kLineText, name, kInk);
  const Point sample[] = {{left - 46, y - kLineText / 2}, {left - 14, y - kLineText / 2}};
  canvas.stroke(sample, width, colour);
  return left - 46;
}

}  // namespace

Image paint_solution(const Series& series, const Heading& heading) {
  const Companion* const forcing = companion(series, "forcing");
  const Companion* const exact = companion(series, "exact");
  const std::span<const double> t(series.time.coordinates);
  const Interval time = span_of_time(series);
  constexpr int kPlotWidth = kSolutionWidth - kSolutionLeft - 40, kPlotHeight = 400;
  const int strips = (forcing != nullptr ? 1 : 0) + (exact != nullptr ? 1 : 0);
  Canvas canvas(kSolutionWidth, 122 + kPlotHeight + strips * (kStripHeight + kStripGap) + 66);
  draw_heading(canvas, heading);

  int top = 122;
  if (forcing != nullptr) {
    const PlotFrame frame({kSolutionLeft, top, kPlotWidth, kStripHeight}, time, shown_range(forcing->values).with_margin(0.12));
    frame.draw_axes(canvas, "", quantity(forcing->name, forcing->units), false);
    frame.draw_curve(canvas, t, forcing->values, 1.5, kForcingColour);
    top += kStripHeight + kStripGap;
  }
  const std::string time_name = quantity(series.time.name, series.time.units);
  Interval range = shown_range(series.values);
  if (exact != nullptr) {
    const Interval other = shown_range(exact->values);
    range = {std::min(range.low, other.low), std::max(range.high, other.high)};
  }
  const PlotFrame frame({kSolutionLeft, top, kPlotWidth, kPlotHeight}, time, range.with_margin(0.08));
  frame.draw_axes(canvas, time_name, quantity(series.name, series.units), exact == nullptr);
  if (exact != nullptr) {
    frame.draw_curve(canvas, t, exact->values, 6, kExactColour);
    const double begin = draw_legend(canvas, kSolutionLeft + kPlotWidth, top - 9, "exact", 6, kExactColour);
    draw_legend(canvas, begin - 28, top - 9, "computed", 1.9, solution_colour());
  }
  frame.draw_curve(canvas, t, series.values, 1.9, solution_colour());
  top += kPlotHeight + kStripGap;
  if (exact != nullptr) {
    const std::vector<double> errors = logarithmic_errors(series, *exact);
    const auto [low, high] = shown_range(errors);
    const PlotFrame below({kSolutionLeft, top, kPlotWidth, kStripHeight}, time, {std::floor(low) - 0.2, std::max(std::ceil(high), std::floor(low) + 2) + 0.2});
    below.draw_axes(canvas, time_name, "error, log10");
    below.draw_curve(canvas, t, errors, 1.5, kErrorColour);
  }
  return canvas.take();
}

// The errors of all panels have one scale, 1e-16 … 1: side by side they compare.
Image paint_solution_panel(const Series& series) {
  const Companion* const exact = companion(series, "exact");
  const std::span<const double> t(series.time.coordinates);
  const Interval time = span_of_time(series);
  const int left = exact == nullptr ? 1 : kThumbTicks, height = exact == nullptr ? kThumbHeight : kThumbHeight - kThumbErrors;
  Canvas canvas(kThumbWidth, kThumbHeight);
  const Box box{left, 1, kThumbWidth - 1 - left, height - 2};
  const PlotFrame frame(box, time, shown_range(series.values).with_margin(0.08));
  if (exact != nullptr) frame.draw_curve(canvas, t, exact->values, 5, kExactColour);
  frame.draw_curve(canvas, t, series.values, 1.7, solution_colour());
  canvas.frame(box, kFaint);
  if (exact == nullptr) return canvas.take();
  const Box strip{left, height + 4, kThumbWidth - 1 - left, kThumbErrors - 6};
  const PlotFrame below(strip, time, {-17.5, 1.5});
  for (int power = -16; power <= 0; power += 4) {
    const double y = below.at(time.low, power).y;
    canvas.fill({strip.x, static_cast<int>(std::lround(y)), strip.width, 1}, kGrid);
    canvas.text(left - 5, y + 3.5, 7, power == 0 ? "1" : fmt::format("1e{}", power), kInk, Align::right);
  }
  below.draw_curve(canvas, t, logarithmic_errors(series, *exact), 1.5, kErrorColour);
  canvas.frame(strip, kFaint);
  return canvas.take();
}

}  // namespace almanac::output
