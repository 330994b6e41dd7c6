#pragma once

#include "canvas.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::output {

/// Round numbers in [low, high], about `count` of them.
std::vector<double> round_ticks(double low, double high, int count);
/// A number as a tick shows it: as many digits as the distance to its neighbours needs.
std::string tick_text(double value, double step);

/// An interval of an axis that a plot shows.
struct Interval {
  double low = 0, high = 1;
  double width() const noexcept { return high - low; }
  /// With some room at both ends; never empty.
  Interval with_margin(double share) const noexcept;
};

/// A rectangle with two axes, and lines in it.
class PlotFrame {
 public:
  PlotFrame(Box box, Interval x, Interval y) : box_(box), x_(x), y_(y) {}

  Point at(double x, double y) const noexcept {
    return {box_.x + (x - x_.low) / x_.width() * box_.width, box_.bottom() - (y - y_.low) / y_.width() * box_.height};
  }

  /// Grid lines, ticks with numbers, names of the axes; numbers along x only where `numbers_below`.
  void draw_axes(Canvas& canvas, std::string_view x_name, std::string_view y_name, bool numbers_below = true) const;
  /// A curve; where samples are much denser than pixels, the lowest and highest of each column.
  void draw_curve(Canvas& canvas, std::span<const double> x, std::span<const double> y, double width, Colour colour,
                  double opacity = 1) const;

 private:
  Box box_;
  Interval x_, y_;
};

}  // namespace almanac::output
