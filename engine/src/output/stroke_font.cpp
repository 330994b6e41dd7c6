#include "stroke_font.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <string>

namespace almanac::output {
namespace {

/// How a character is drawn. M x y begins a stroke, L x y goes on to a point, A cx cy rx ry from to along an ellipse
/// (degrees, counter-clockwise where `to` is larger), O begins a stroke with such an arc.
struct Drawing {
  std::string_view character;
  double width;
  const char* path;
};

constexpr Drawing kDrawings[] = {
    {" ", 1.6, ""},
    {"0", 4, "O 2 3.5 2 3.5 0 360"},
    {"1", 3, "M 0.4 5.4 L 2.2 7 L 2.2 0"},
    {"2", 4, "O 2 5.1 1.9 1.9 160 -35 L 0 0 L 4 0"},
    {"3", 4, "O 1.9 5.25 1.75 1.75 150 -90 A 1.9 1.75 2 1.75 90 -150"},
    {"4", 4.2, "M 3.1 0 L 3.1 7 L 0 2.1 L 4.2 2.1"},
    {"5", 4, "M 3.6 7 L 0.8 7 L 0.5 3.9 A 1.9 2.25 2.1 2.25 125 -150"},
    {"6", 4, "O 3.4 2.4 3.4 4.6 95 180 A 2 2.2 2 2.2 180 540"},
    {"7", 4, "M 0 7 L 4 7 L 1.4 0"},
    {"8", 4, "O 2 5.3 1.7 1.7 0 360 O 2 1.8 2 1.8 0 360"},
    {"9", 4, "O 0.6 4.6 3.4 4.6 -85 0 A 2 4.8 2 2.2 0 360"},
    {"a", 4, "O 2 2.5 2 2.5 0 360 M 4 5 L 4 0"},
    {"b", 4, "M 0 7 L 0 0 O 2 2.5 2 2.5 0 360"},
    {"c", 3.4, "O 2 2.5 2 2.5 45 315"},
    {"d", 4, "O 2 2.5 2 2.5 0 360 M 4 7 L 4 0"},
    {"e", 4, "M 0.1 2.6 L 4 2.6 A 2 2.5 2 2.5 2 315"},
    {"f", 2.6, "M 1.1 0 L 1.1 5.4 A 2.5 5.4 1.4 1.6 180 80 M 0 4.6 L 2.5 4.6"},
    {"g", 4, "O 2 2.5 2 2.5 0 360 M 4 5 L 4 -0.2 A 2 -0.2 2 1.8 0 -155"},
    {"h", 4, "M 0 7 L 0 0 M 0 3 A 2 3 2 2 180 0 L 4 0"},
    {"i", 0.2, "M 0.1 5 L 0.1 0 M 0.1 6.9 L 0.1 7"},
    {"j", 1, "M 0.9 5 L 0.9 -0.7 A -0.4 -0.7 1.3 1.3 0 -80 M 0.9 6.9 L 0.9 7"},
    {"k", 3.7, "M 0 7 L 0 0 M 3.5 5 L 0 1.8 M 1.3 2.9 L 3.7 0"},
    {"l", 0.2, "M 0.1 7 L 0.1 0"},
    {"m", 6.4, "M 0 5 L 0 0 M 0 3.2 A 1.6 3.2 1.6 1.8 180 0 L 3.2 0 M 3.2 3.2 A 4.8 3.2 1.6 1.8 180 0 L 6.4 0"},
    {"n", 4, "M 0 5 L 0 0 M 0 3 A 2 3 2 2 180 0 L 4 0"},
    {"o", 4, "O 2 2.5 2 2.5 0 360"},
    {"p", 4, "M 0 5 L 0 -2 O 2 2.5 2 2.5 0 360"},
    {"q", 4, "O 2 2.5 2 2.5 0 360 M 4 5 L 4 -2"},
    {"r", 2.6, "M 0 5 L 0 0 M 0 2.8 A 2 2.8 2 2.1 180 75"},
    {"s", 3.4, "O 1.7 3.75 1.5 1.25 35 270 A 1.7 1.25 1.7 1.25 90 -145"},
    {"t", 2.6, "M 1.1 6.6 L 1.1 1.3 A 2.4 1.3 1.3 1.3 180 275 M 0 5 L 2.6 5"},
    {"u", 4, "M 0 5 L 0 2 A 2 2 2 2 180 360 M 4 5 L 4 0"},
    {"v", 4, "M 0 5 L 2 0 L 4 5"},
    {"w", 6, "M 0 5 L 1.5 0 L 3 5 L 4.5 0 L 6 5"},
    {"x", 3.8, "M 0 5 L 3.8 0 M 3.8 5 L 0 0"},
    {"y", 4, "M 0 5 L 2.05 0 M 4 5 L 1.2 -2"},
    {"z", 3.6, "M 0 5 L 3.5 5 L 0 0 L 3.6 0"},
    {"A", 5.4, "M 0 0 L 2.7 7 L 5.4 0 M 0.9 2.3 L 4.5 2.3"},
    {"B", 4.6, "M 0 3.6 L 2.4 3.6 A 2.4 5.3 1.8 1.7 -90 90 L 0 7 L 0 0 L 2.5 0 A 2.5 1.8 2.1 1.8 -90 90"},
    {"C", 5.4, "O 3 3.5 3 3.5 45 315"},
    {"D", 5, "M 0 0 L 0 7 L 1.8 7 A 1.8 3.5 3.2 3.5 90 -90 L 0 0"},
    {"E", 4.2, "M 4 7 L 0 7 L 0 0 L 4.2 0 M 0 3.7 L 3.5 3.7"},
    {"F", 4, "M 4 7 L 0 7 L 0 0 M 0 3.6 L 3.5 3.6"},
    {"G", 6, "O 3 3.5 3 3.5 45 350 L 6 3.2 L 3.5 3.2"},
    {"H", 5, "M 0 0 L 0 7 M 5 0 L 5 7 M 0 3.6 L 5 3.6"},
    {"I", 0.2, "M 0.1 0 L 0.1 7"},
    {"J", 3, "M 3 7 L 3 2 A 1.5 2 1.5 2 0 -165"},
    {"K", 4.9, "M 0 0 L 0 7 M 4.6 7 L 0 2.6 M 1.6 4.1 L 4.9 0"},
    {"L", 3.8, "M 0 7 L 0 0 L 3.8 0"},
    {"M", 6, "M 0 0 L 0 7 L 3 1.6 L 6 7 L 6 0"},
    {"N", 5, "M 0 0 L 0 7 L 5 0 L 5 7"},
    {"O", 6, "O 3 3.5 3 3.5 0 360"},
    {"P", 4.5, "M 0 0 L 0 7 L 2.5 7 A 2.5 5.1 2 1.9 90 -90 L 0 3.2"},
    {"Q", 6, "O 3 3.5 3 3.5 0 360 M 3.7 1.7 L 5.8 -0.5"},
    {"R", 4.8, "M 0 0 L 0 7 L 2.5 7 A 2.5 5.1 2 1.9 90 -90 L 0 3.2 M 2.4 3.2 L 4.8 0"},
    {"S", 4.6, "O 2.3 5.25 2.0 1.75 35 270 A 2.3 1.75 2.3 1.75 90 -145"},
    {"T", 5, "M 0 7 L 5 7 M 2.5 7 L 2.5 0"},
    {"U", 5, "M 0 7 L 0 2.4 A 2.5 2.4 2.5 2.4 180 360 L 5 7"},
    {"V", 5.2, "M 0 7 L 2.6 0 L 5.2 7"},
    {"W", 7.4, "M 0 7 L 1.8 0 L 3.7 7 L 5.6 0 L 7.4 7"},
    {"X", 5, "M 0 7 L 5 0 M 5 7 L 0 0"},
    {"Y", 5, "M 0 7 L 2.5 3.3 L 5 7 M 2.5 3.3 L 2.5 0"},
    {"Z", 4.8, "M 0 7 L 4.7 7 L 0 0 L 4.8 0"},
    {".", 0.2, "M 0.1 0 L 0.1 0.15"},
    {",", 0.6, "M 0.5 0.2 L 0 -1.3"},
    {":", 0.2, "M 0.1 0.4 L 0.1 0.5 M 0.1 4.4 L 0.1 4.5"},
    {";", 0.6, "M 0.4 4.4 L 0.4 4.5 M 0.5 0.3 L 0 -1.2"},
    {"-", 2.6, "M 0 2.8 L 2.6 2.8"},
    {"–", 4, "M 0 2.8 L 4 2.8"},
    {"—", 6, "M 0 2.8 L 6 2.8"},
    {"+", 4, "M 0 2.8 L 4 2.8 M 2 0.8 L 2 4.8"},
    {"=", 4, "M 0 1.9 L 4 1.9 M 0 3.8 L 4 3.8"},
    {"<", 3.6, "M 3.6 5 L 0 2.8 L 3.6 0.6"},
    {">", 3.6, "M 0 5 L 3.6 2.8 L 0 0.6"},
    {"(", 1.5, "O 4 3 4 5 125 235"},
    {")", 1.5, "O -2.5 3 4 5 55 -55"},
    {"[", 1.4, "M 1.4 7.6 L 0 7.6 L 0 -1.4 L 1.4 -1.4"},
    {"]", 1.4, "M 0 7.6 L 1.4 7.6 L 1.4 -1.4 L 0 -1.4"},
    {"/", 3.2, "M 0 -1 L 3.2 7.6"},
    {"_", 4, "M 0 -1 L 4 -1"},
    {"%", 6, "M 1 0 L 5 7 O 1.2 5.6 1.2 1.4 0 360 O 4.8 1.4 1.2 1.4 0 360"},
    {"^", 3, "M 0 5 L 1.5 7 L 3 5"},
    {"*", 3, "M 1.5 6.8 L 1.5 3.8 M 0.2 6 L 2.8 4.6 M 2.8 6 L 0.2 4.6"},
    {"!", 0.2, "M 0.1 7 L 0.1 2 M 0.1 0 L 0.1 0.15"},
    {"?", 3.6, "O 1.8 5.3 1.8 1.7 165 -60 L 1.8 3 L 1.8 2 M 1.8 0 L 1.8 0.15"},
    {"'", 0.2, "M 0.1 7 L 0.1 5"},
    {"’", 0.6, "M 0.5 7 L 0.1 5.2"},
    {"\"", 1.6, "M 0.1 7 L 0.1 5 M 1.5 7 L 1.5 5"},
    {"#", 4.6, "M 1.2 0.4 L 2 6.6 M 3 0.4 L 3.8 6.6 M 0 2.4 L 4.4 2.4 M 0.3 4.6 L 4.7 4.6"},
    {"&", 5, "M 5 0 L 0.9 5 A 2.2 5.6 1.5 1.4 200 -30 L 0.9 3.2 A 2 1.7 2 1.7 130 330 L 4.8 3.2"},
    {"·", 0.2, "M 0.1 2.9 L 0.1 3"},
    {"×", 3.2, "M 0 4.4 L 3.2 1.2 M 3.2 4.4 L 0 1.2"},
    {"…", 4.2, "M 0.1 0 L 0.1 0.15 M 2.1 0 L 2.1 0.15 M 4.1 0 L 4.1 0.15"},
    {"α", 4.5, "M 4.5 5 L 3.2 1.25 A 1.7 2.5 1.7 2.5 -30 -330 L 4.5 0"},
    {"κ", 3.7, "M 0 5 L 0 0 M 3.5 5 L 0 2 M 1.2 3 L 3.7 0"},
    {"µ", 4.4, "M 0 5 L 0 -2 M 0 2 A 2 2 2 2 180 360 M 4 5 L 4 0"},
    {"°", 2, "O 1 6 1 1 0 360"},
    {"²", 2.2, "O 1.1 6.6 1 1 160 -35 L 0 4.2 L 2.2 4.2"},
};

constexpr Drawing kUnknown{"", 4, "M 0 0 L 4 0 L 4 7 L 0 7 L 0 0"};

/// Bytes of the UTF-8 character a text begins with.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return std::min(length, text.size());
}

class PathReader {
 public:
  explicit PathReader(const char* path) : at_(path) {}

  std::vector<std::vector<Point>> read() {
    for (char command = next_command(); command != '\0'; command = next_command()) {
      if (command == 'M' || command == 'O') strokes_.emplace_back();
      if (command == 'M' || command == 'L') {
        const double x = number();
        strokes_.back().push_back({x, number()});
      } else {
        arc();
      }
    }
    return std::move(strokes_);
  }

 private:
  char next_command() {
    while (*at_ == ' ') ++at_;
    return *at_ == '\0' ? '\0' : *at_++;
  }

  double number() {
    char* end = nullptr;
    const double value = std::strtod(at_, &end);
    at_ = end;
    return value;
  }

  void arc() {
    const double cx = number(), cy = number(), rx = number(), ry = number(), from = number(), to = number();
    const int pieces = std::max(4, static_cast<int>(std::abs(to - from) / 12));
    for (int i = 0; i <= pieces; ++i) {
      const double angle = (from + (to - from) * i / pieces) * std::numbers::pi / 180;
      strokes_.back().push_back({cx + rx * std::cos(angle), cy + ry * std::sin(angle)});
    }
  }

  const char* at_;
  std::vector<std::vector<Point>> strokes_;
};

}  // namespace

Glyph next_glyph(std::string_view& text) {
  const std::string_view character = text.substr(0, character_length(text));
  text.remove_prefix(character.size());
  const Drawing* drawing = std::ranges::find(kDrawings, character, &Drawing::character);
  if (drawing == std::end(kDrawings)) drawing = &kUnknown;
  return {drawing->width, PathReader(drawing->path).read()};
}

}  // namespace almanac::output
