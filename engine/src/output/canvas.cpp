#include "canvas.hpp"

#include "stroke_font.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace almanac::output {
namespace {

constexpr double kFar = 1e6;              // pixels; so that every coordinate is an int
constexpr double kStrokeOfText = 0.115;  // line width in heights of a capital

std::uint8_t mixed(std::uint8_t below, std::uint8_t above, double share) {
  return static_cast<std::uint8_t>(std::lround(below + (above - below) * share));
}

void blend(Colour& pixel, Colour colour, double share) {
  pixel = {mixed(pixel.red, colour.red, share), mixed(pixel.green, colour.green, share), mixed(pixel.blue, colour.blue, share)};
}

Box intersection(const Box& a, const Box& b) {
  const int x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  return {x, y, std::max(0, std::min(a.right(), b.right()) - x), std::max(0, std::min(a.bottom(), b.bottom()) - y)};
}

double distance_to(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - (a.x + along * dx), p.y - (a.y + along * dy));
}

Box box_around(const Point& a, const Point& b, double reach) {
  const auto down = [](double v) { return static_cast<int>(std::floor(std::clamp(v, -kFar, kFar))); };
  const int x = down(std::min(a.x, b.x) - reach), y = down(std::min(a.y, b.y) - reach);
  return {x, y, down(std::max(a.x, b.x) + reach) + 1 - x, down(std::max(a.y, b.y) + reach) + 1 - y};
}

/// How one picture pixel is made of the old ones along an axis: weights of the pixels first … first + size - 1.
struct Share {
  int first = 0;
  std::vector<double> weights;
};

std::vector<Share> shares(int before, int after) {
  std::vector<Share> all(static_cast<std::size_t>(after));
  const double ratio = static_cast<double>(before) / after;
  const double reach = std::max(1.0, ratio);  // half the width of a tent: linear between pixels, smooth means of them
  for (int i = 0; i < after; ++i) {
    const double centre = (i + 0.5) * ratio - 0.5;
    Share& share = all[static_cast<std::size_t>(i)];
    share.first = std::clamp(static_cast<int>(std::ceil(centre - reach)), 0, before - 1);
    const int last = std::clamp(static_cast<int>(std::floor(centre + reach)), 0, before - 1);
    double sum = 0;
    for (int j = share.first; j <= last; ++j) {
      share.weights.push_back(std::max(1e-9, 1 - std::abs(j - centre) / reach));
      sum += share.weights.back();
    }
    for (double& weight : share.weights) weight /= sum;
  }
  return all;
}

}  // namespace

void Canvas::fill(const Box& box, Colour colour) {
  const Box inside = intersection(box, {0, 0, image_.width, image_.height});
  for (int y = inside.y; y < inside.bottom(); ++y) {
    for (int x = inside.x; x < inside.right(); ++x) image_.at(x, y) = colour;
  }
}

void Canvas::frame(const Box& box, Colour colour) {
  fill({box.x - 1, box.y - 1, box.width + 2, 1}, colour);
  fill({box.x - 1, box.bottom(), box.width + 2, 1}, colour);
  fill({box.x - 1, box.y, 1, box.height}, colour);
  fill({box.right(), box.y, 1, box.height}, colour);
}

void Canvas::paste(const Image& image, int x, int y) {
  const Box inside = intersection({x, y, image.width, image.height}, {0, 0, image_.width, image_.height});
  for (int row = inside.y; row < inside.bottom(); ++row) {
    for (int column = inside.x; column < inside.right(); ++column) image_.at(column, row) = image.at(column - x, row - y);
  }
}

void Canvas::stroke(std::span<const Point> points, double width, Colour colour) {
  stroke(points, width, colour, 1, {0, 0, image_.width, image_.height});
}

void Canvas::stroke(std::span<const Point> points, double width, Colour colour, double opacity, const Box& clip) {
  stroke_all({{points.begin(), points.end()}}, width, colour, opacity, clip);
}

// Coverage is gathered first and painted once, so that a line that crosses itself does not grow darker.
void Canvas::stroke_all(const std::vector<std::vector<Point>>& strokes, double width, Colour colour, double opacity,
                        const Box& clip) {
  const Box inside = intersection(clip, {0, 0, image_.width, image_.height});
  std::vector<float> coverage(static_cast<std::size_t>(inside.width) * static_cast<std::size_t>(inside.height));
  const double reach = width / 2 + 0.5;
  for (const std::vector<Point>& points : strokes) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Point& a = points[i];
      const Point& b = points[std::min(i + 1, points.size() - 1)];
      if (i + 1 == points.size() && i > 0) break;
      const Box touched = intersection(box_around(a, b, reach), inside);
      for (int y = touched.y; y < touched.bottom(); ++y) {
        for (int x = touched.x; x < touched.right(); ++x) {
          const double share = std::clamp(reach - distance_to({x + 0.5, y + 0.5}, a, b), 0.0, std::min(1.0, width));
          float& cell = coverage[static_cast<std::size_t>(y - inside.y) * static_cast<std::size_t>(inside.width) +
                                 static_cast<std::size_t>(x - inside.x)];
          cell = std::max(cell, static_cast<float>(share));
        }
      }
    }
  }
  for (int y = inside.y; y < inside.bottom(); ++y) {
    for (int x = inside.x; x < inside.right(); ++x) {
      const float share = coverage[static_cast<std::size_t>(y - inside.y) * static_cast<std::size_t>(inside.width) +
                                   static_cast<std::size_t>(x - inside.x)];
      if (share > 0) blend(image_.at(x, y), colour, share * opacity);
    }
  }
}

double text_width(std::string_view text, double size) {
  double width = 0;
  while (!text.empty()) width += next_glyph(text).width + kLetterSpace;
  return std::max(0.0, width - kLetterSpace) * size / kCapitalHeight;
}

void Canvas::text(double x, double y, double size, std::string_view text, Colour colour, Align align) {
  if (align != Align::left) x -= text_width(text, size) * (align == Align::centre ? 0.5 : 1);
  const double scale = size / kCapitalHeight;
  std::vector<std::vector<Point>> strokes;
  const int left = static_cast<int>(std::floor(x)) - 4;
  while (!text.empty()) {
    Glyph glyph = next_glyph(text);
    for (std::vector<Point>& stroke : glyph.strokes) {
      for (Point& point : stroke) point = {x + point.x * scale, y - point.y * scale};
      strokes.push_back(std::move(stroke));
    }
    x += (glyph.width + kLetterSpace) * scale;
  }
  const int height = static_cast<int>(2 * size) + 8;
  const Box clip{left, static_cast<int>(y - 1.4 * size) - 2, static_cast<int>(x) - left + 8, height};
  stroke_all(strokes, std::max(1.15, kStrokeOfText * size), colour, 1, clip);
}

Image resized(const Image& image, int width, int height) {
  if (width == image.width && height == image.height) return image;
  const std::vector<Share> across = shares(image.width, width), down = shares(image.height, height);
  Image result(width, height);
  for (int y = 0; y < height; ++y) {
    const Share& rows = down[static_cast<std::size_t>(y)];
    for (int x = 0; x < width; ++x) {
      const Share& columns = across[static_cast<std::size_t>(x)];
      double red = 0, green = 0, blue = 0;
      for (std::size_t j = 0; j < rows.weights.size(); ++j) {
        for (std::size_t i = 0; i < columns.weights.size(); ++i) {
          const Colour& pixel = image.at(columns.first + static_cast<int>(i), rows.first + static_cast<int>(j));
          const double weight = rows.weights[j] * columns.weights[i];
          red += weight * pixel.red;
          green += weight * pixel.green;
          blue += weight * pixel.blue;
        }
      }
      const auto byte = [](double value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0))); };
      result.at(x, y) = {byte(red), byte(green), byte(blue)};
    }
  }
  return result;
}

}  // namespace almanac::output
