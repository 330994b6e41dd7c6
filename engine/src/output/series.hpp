#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace almanac::output {

using Value = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>,
                           std::vector<std::string>>;
/// Names with values, in the order they are written.
using Facts = std::vector<std::pair<std::string, Value>>;

/// One coordinate of a result.
struct Axis {
  std::string name;                 ///< "t", "x0" …
  std::string units;
  std::vector<double> coordinates;
  Facts facts = {};                 ///< what else is worth knowing: boundary, length …
};

/// The axis of a system's unknowns.
inline constexpr std::string_view kComponents = "component";

/// Another signal over the same time.
struct Companion {
  std::string name;
  std::string units;
  std::vector<double> values;
};

/// A real quantity at several times on a rectangular grid.
/// Shapes: values (time, axes…), row-major; axes is empty for a signal; companions (time)
struct Series {
  std::string name = "u";
  std::string units;
  Axis time;
  std::vector<Axis> axes;
  std::vector<double> values;
  std::vector<Companion> companions = {};
  Facts facts = {};                 ///< of the whole: model, parameters …
  std::string incomplete = {};      ///< why it ends before its last time; empty: it does not

  std::size_t times() const noexcept { return time.coordinates.size(); }
  /// Values of one time.
  std::size_t cells() const noexcept {
    std::size_t product = 1;
    for (const Axis& axis : axes) product *= axis.coordinates.size();
    return product;
  }
  /// Whether a cell is an unknown of a system, with the axis' fact `names`, and not a point of space.
  bool is_system() const noexcept { return axes.size() == 1 && axes.front().name == kComponents; }
  const double* row(std::size_t at) const noexcept { return values.data() + at * cells(); }
};

}  // namespace almanac::output
