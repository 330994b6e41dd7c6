#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace almanac::output {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

inline constexpr Colour kWhite{255, 255, 255};
inline constexpr Colour kInk{38, 42, 51};      // text
inline constexpr Colour kFaint{150, 156, 168}; // ticks, frames
inline constexpr Colour kGrid{232, 234, 238};

/// An 8-bit RGB picture, rows from the top; pixel (x, y) at y*width + x.
struct Image {
  int width = 0, height = 0;
  std::vector<Colour> pixels;

  Image() = default;
  Image(int w, int h, Colour background = kWhite)
      : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), background) {}
  bool empty() const noexcept { return pixels.empty(); }
  Colour& at(int x, int y) { return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)]; }
  const Colour& at(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

/// Errors: WriteFailure ← it cannot be written
void write_png(const std::filesystem::path& file, const Image& image);

/// In pixels from the top left corner; pixel (0, 0) is the square from 0 to 1.
struct Point {
  double x = 0, y = 0;
};

/// A rectangle in whole pixels.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  int right() const noexcept { return x + width; }
  int bottom() const noexcept { return y + height; }
};

enum class Align { left, centre, right };

/// Draws into an image, with smooth edges; what lies outside is cut off.
class Canvas {
 public:
  Canvas(int width, int height, Colour background = kWhite) : image_(width, height, background) {}

  const Image& image() const noexcept { return image_; }
  Image take() { return std::move(image_); }

  void fill(const Box& box, Colour colour);
  void frame(const Box& box, Colour colour);  ///< a line of one pixel around the box
  void paste(const Image& image, int x, int y);

  /// A line through the points with round ends; nothing outside `clip` is touched.
  void stroke(std::span<const Point> points, double width, Colour colour, double opacity, const Box& clip);
  void stroke(std::span<const Point> points, double width, Colour colour);

  /// One line of text, capitals `size` pixels high, standing on y.
  void text(double x, double y, double size, std::string_view text, Colour colour, Align align = Align::left);

 private:
  void stroke_all(const std::vector<std::vector<Point>>& strokes, double width, Colour colour, double opacity, const Box& clip);

  Image image_;
};

/// How many pixels wide a text is.
double text_width(std::string_view text, double size);

/// The picture at another size: means of the pixels where it shrinks, linear between them where it grows.
Image resized(const Image& image, int width, int height);

}  // namespace almanac::output
