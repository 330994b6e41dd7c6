#pragma once

#include "canvas.hpp"
#include "series.hpp"

#include <string>
#include <vector>

namespace almanac::output {

/// What stands above a picture.
struct Heading {
  std::string title;
  std::string line;  ///< smaller, below
};

/// The last field: an image with a scale and, below it, earlier times (2D, and the middle slice x0 of 3D), or curves (1D).
/// As a photograph hangs: x0 (3D: x1) runs down, the next axis to the right.
Image paint_field(const Series& series, const Heading& heading, const std::string& colormap);
/// The last field alone, small, for an overview.
Image paint_field_panel(const Series& series, const std::string& colormap);

/// A signal's companion above, the result below, over the first `span` of time.
Image paint_signal(const Series& series, const Heading& heading, double span);
Image paint_signal_panel(const Series& series, double span);

/// The solution of an equation in time. Where it has the companions: `forcing` above, `exact` behind it, and below how far from that it
/// is, on a logarithmic scale.
Image paint_solution(const Series& series, const Heading& heading);
Image paint_solution_panel(const Series& series);

/// The way of a system of three unknowns (one axis, with their `names`) in the plane of the first and the third, its colour telling the
/// time; below, the first over time.
Image paint_phase_portrait(const Series& series, const Heading& heading);
Image paint_phase_portrait_panel(const Series& series);

struct Panel {
  std::string caption;
  Image image;
};

/// Panels of equal size side by side; of more than `kMostPanels` an even choice.
Image paint_overview(const Heading& heading, const std::vector<Panel>& panels);
inline constexpr std::size_t kMostPanels = 24;

}  // namespace almanac::output
