#include "plot_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace almanac::output {
namespace {

constexpr double kTickText = 10;  // height of a capital, pixels
constexpr double kNameText = 11;

}  // namespace

std::vector<double> round_ticks(double low, double high, int count) {
  std::vector<double> ticks;
  const double raw = (high - low) / std::max(1, count);
  if (!(raw > 0) || !std::isfinite(raw)) return {low};
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double lead = raw / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double i = first; i <= last && ticks.size() < 100; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string tick_text(double value, double step) {
  if (value == 0 || std::abs(value) < 1e-9 * step) return "0";
  if (!std::isnormal(step) || !std::isnormal(value)) return fmt::format("{:.3g}", value);
  const int step_power = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  if (std::abs(value) < 1e5 && step_power >= -5) return fmt::format("{:.{}f}", value, std::max(0, -step_power));
  const int digits = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9)) - step_power + 1;
  return fmt::format("{:.{}g}", value, std::clamp(digits, 1, 15));
}

Interval Interval::with_margin(double share) const noexcept {
  double room = share * width();
  if (!(room > 0)) room = low == 0 ? 1 : 0.1 * std::abs(low);
  return {low - room, high + room};
}

void PlotFrame::draw_axes(Canvas& canvas, std::string_view x_name, std::string_view y_name, bool numbers_below) const {
  const std::vector<double> across = round_ticks(x_.low, x_.high, box_.width / 90);
  const std::vector<double> up = round_ticks(y_.low, y_.high, std::max(2, box_.height / 55));
  const auto step_of = [](const std::vector<double>& ticks) { return ticks.size() > 1 ? ticks[1] - ticks[0] : 1.0; };
  for (double x : across) canvas.fill({static_cast<int>(std::lround(at(x, y_.low).x)), box_.y, 1, box_.height}, kGrid);
  for (double y : up) canvas.fill({box_.x, static_cast<int>(std::lround(at(x_.low, y).y)), box_.width, 1}, kGrid);
  if (y_.low < 0 && y_.high > 0) {
    canvas.fill({box_.x, static_cast<int>(std::lround(at(x_.low, 0).y)), box_.width, 1}, Colour{200, 204, 212});
  }
  canvas.frame(box_, kFaint);
  for (double y : up) canvas.text(box_.x - 8, at(x_.low, y).y + kTickText / 2, kTickText, tick_text(y, step_of(up)), kInk, Align::right);
  if (numbers_below) {
    for (double x : across) {
      canvas.text(at(x, y_.low).x, box_.bottom() + 8 + kTickText, kTickText, tick_text(x, step_of(across)), kInk, Align::centre);
    }
    canvas.text(box_.x + box_.width / 2.0, box_.bottom() + 30 + kNameText, kNameText, x_name, kInk, Align::centre);
  }
  canvas.text(box_.x, box_.y - 9, kNameText, y_name, kInk);
}

void PlotFrame::draw_curve(Canvas& canvas, std::span<const double> x, std::span<const double> y, double width, Colour colour,
                           double opacity) const {
  std::vector<Point> points;
  const std::size_t dense = std::max<std::size_t>(1, x.size() / static_cast<std::size_t>(std::max(1, 2 * box_.width)));
  if (dense < 2) {
    for (std::size_t i = 0; i < x.size(); ++i) points.push_back(at(x[i], y[i]));
  } else {
    for (std::size_t i = 0; i < x.size(); i += dense) {
      const auto part = y.subspan(i, std::min(dense, y.size() - i));
      const auto [low, high] = std::ranges::minmax_element(part);
      const auto first = std::min(low, high), second = std::max(low, high);
      points.push_back(at(x[i + static_cast<std::size_t>(first - part.begin())], *first));
      points.push_back(at(x[i + static_cast<std::size_t>(second - part.begin())], *second));
    }
  }
  canvas.stroke(points, width, colour, opacity, box_);
}

}  // namespace almanac::output
