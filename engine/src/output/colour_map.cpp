#include "colour_map.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace almanac::output {
namespace {

constexpr std::array<std::string_view, 4> kNames{"auto", "gray", "ember", "tide"};
constexpr double kSignMatters = 0.1;  // the smaller of both signs reaches this share of the larger

std::array<double, 3> linear_rgb(double lightness, double chroma, double hue) noexcept {
  const double a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  const auto cubed = [](double v) { return v * v * v; };
  const double l = cubed(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cubed(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cubed(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

std::uint8_t encoded(double linear) noexcept {
  linear = std::clamp(linear, 0.0, 1.0);
  const double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * value));
}

Colour ember(double t) noexcept {
  return from_oklch(0.14 + 0.82 * t, 0.04 + 0.17 * std::sin(std::numbers::pi * std::pow(t, 0.85)), 282 + 180 * t);
}

Colour tide(double t) noexcept {
  const double s = 2 * t - 1;
  return from_oklch(0.97 - 0.57 * std::abs(s), 0.19 * std::pow(std::abs(s), 0.85), s < 0 ? 258 : 28);
}

Colour gray(double t) noexcept {
  const auto level = static_cast<std::uint8_t>(std::lround(255 * t));
  return {level, level, level};
}

}  // namespace

Colour from_oklch(double lightness, double chroma, double hue_degrees) noexcept {
  const double hue = hue_degrees * std::numbers::pi / 180;
  const auto shown = [&](double c) { return std::ranges::all_of(linear_rgb(lightness, c, hue), [](double v) { return v > -1e-4 && v < 1.0001; }); };
  if (!shown(chroma)) {
    double inside = 0, outside = chroma;
    for (int i = 0; i < 30; ++i) {
      const double middle = (inside + outside) / 2;
      (shown(middle) ? inside : outside) = middle;
    }
    chroma = inside;
  }
  const std::array<double, 3> rgb = linear_rgb(lightness, chroma, hue);
  return {encoded(rgb[0]), encoded(rgb[1]), encoded(rgb[2])};
}

std::span<const std::string_view> ColourMap::names() noexcept { return kNames; }

ColourMap::ColourMap(std::string_view name, double low, double high) : low_(low), high_(high) {
  for (std::size_t i = 0; i < table_.size(); ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(table_.size() - 1);
    table_[i] = name == "gray" ? gray(t) : name == "tide" ? tide(t) : ember(t);
  }
}

std::string_view ColourMap::resolve(std::string_view name, double low, double high) noexcept {
  if (name != "auto") return name;
  return low < 0 && high > 0 && std::min(-low, high) >= kSignMatters * std::max(-low, high) ? "tide" : "ember";
}

ColourMap ColourMap::choose(std::string_view name, double low, double high) {
  const double reach = std::max(std::abs(low), std::abs(high));
  name = resolve(name, low, high);
  return name == "tide" ? ColourMap(name, -reach, reach) : ColourMap(name, low, high);
}

Colour ColourMap::at(double position) const noexcept {
  if (!std::isfinite(position)) return kFaint;
  const double last = static_cast<double>(table_.size() - 1);
  return table_[static_cast<std::size_t>(std::lround(std::clamp(position, 0.0, 1.0) * last))];
}

}  // namespace almanac::output
