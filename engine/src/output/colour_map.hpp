#pragma once

#include "canvas.hpp"

#include <array>
#include <span>
#include <string_view>

namespace almanac::output {

/// From numbers to colours. Made by formula in OKLCH, so that equal steps look equally far apart, also in grey:
///   gray    black to white
///   ember   indigo over magenta and orange to pale yellow; lightness rises evenly
///   tide    blue over white to red; for quantities with a sign
class ColourMap {
 public:
  /// The names that [output] colormap may have; "auto" is ember, or tide where both signs matter.
  static std::span<const std::string_view> names() noexcept;

  /// What "auto" means for values in that range; any other name as it is.
  static std::string_view resolve(std::string_view name, double low, double high) noexcept;

  /// The map of that name. "auto" looks at the values it is for.
  static ColourMap choose(std::string_view name, double low, double high);

  /// The colour at position 0 … 1; what is outside gets the colour of the end.
  Colour at(double position) const noexcept;
  /// The colour of a value.
  Colour of(double value) const noexcept { return at(high_ > low_ ? (value - low_) / (high_ - low_) : 0.5); }

  double low() const noexcept { return low_; }
  double high() const noexcept { return high_; }

 private:
  ColourMap(std::string_view name, double low, double high);

  std::array<Colour, 256> table_;
  double low_, high_;
};

/// Source: Ottosson 2020, "A perceptual color space for image processing". Chroma is cut to what sRGB can show.
Colour from_oklch(double lightness, double chroma, double hue_degrees) noexcept;

}  // namespace almanac::output
