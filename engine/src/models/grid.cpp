#include "grid.hpp"

#include <almanac/compute/shifted_diffusion.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace almanac::models {
namespace {

constexpr std::int64_t kMostPoints = std::int64_t{1} << 40;
constexpr std::size_t kMostAxes = 3;

FftSpec problem(const Grid& grid, Rigor rigor, int threads, bool backward) {
  std::vector<Transform> kinds;
  for (Boundary boundary : grid.boundary) {
    const Transform kind = compute::mode_transform(boundary);
    kinds.push_back(backward ? compute::inverse(kind) : kind);
  }
  return {.extent = grid.extent, .transform = std::move(kinds), .in_place = true, .rigor = rigor, .threads = threads};
}

}  // namespace

std::size_t Grid::points() const noexcept {
  std::size_t product = 1;
  for (std::int64_t n : extent) product *= static_cast<std::size_t>(n);
  return product;
}

double Grid::spacing(std::size_t axis) const noexcept {
  const auto n = static_cast<double>(extent[axis]);
  return length[axis] / (boundary[axis] == Boundary::dirichlet ? n + 1 : n);
}

double Grid::coordinate(std::size_t axis, std::int64_t j) const noexcept {
  const double shift = boundary[axis] == Boundary::periodic ? 0 : boundary[axis] == Boundary::dirichlet ? 1 : 0.5;
  return (static_cast<double>(j) + shift) * spacing(axis);
}

std::vector<output::Axis> Grid::axes() const {
  std::vector<output::Axis> all;
  for (std::size_t axis = 0; axis < rank(); ++axis) {
    output::Axis one{.name = fmt::format("x{}", axis), .units = units, .coordinates = {}, .facts = {}};
    for (std::int64_t j = 0; j < extent[axis]; ++j) one.coordinates.push_back(coordinate(axis, j));
    one.facts = {{"boundary", std::string(compute::to_string(boundary[axis]))}, {"length", length[axis]}, {"spacing", spacing(axis)}};
    all.push_back(std::move(one));
  }
  return all;
}

Grid read_grid(mission::MissionText& text) {
  constexpr std::string_view kBoundaries[] = {"periodic", "dirichlet", "neumann", "dirichlet_neumann", "neumann_dirichlet"};
  mission::Section domain = text.section("domain");
  Grid grid;
  grid.extent = domain.integers("extent", 1, kMostPoints);
  if (grid.extent.size() > kMostAxes) domain.refuse("extent", "have 1 to 3 axes");
  std::int64_t points = 1;
  for (std::int64_t n : grid.extent) {
    if (__builtin_mul_overflow(points, n, &points) || points > kMostPoints) domain.refuse("extent", "have at most 2^40 points in all");
  }
  const mission::Range lengths{.low = compute::kMinSpacing, .high = compute::kMaxSpacing};
  const auto length = domain.has("length") ? domain.reals("length", lengths) : std::vector<double>{1};
  grid.length = one_an_axis(domain, "length", length, grid.rank());
  const auto boundary = domain.has("boundary") ? domain.words("boundary", kBoundaries) : std::vector<std::string>{"periodic"};
  for (const std::string& name : one_an_axis(domain, "boundary", boundary, grid.rank())) {
    grid.boundary.push_back(*compute::parse_boundary(name));
  }
  grid.units = domain.text("units", "1");
  return grid;
}

std::vector<std::vector<double>> symbols(const Grid& grid, const std::string& space) {
  std::vector<std::vector<double>> all;
  for (std::size_t axis = 0; axis < grid.rank(); ++axis) {
    if (space == "spectral") {
      all.push_back(compute::spectral_symbol(grid.extent[axis], grid.length[axis], grid.boundary[axis]));
    } else {
      all.push_back(compute::laplacian_symbol({.extent = {grid.extent[axis]},
                                               .spacing = grid.spacing(axis),
                                               .order = std::stoi(space),
                                               .boundary = grid.boundary[axis]},
                                              0));
    }
  }
  return all;
}

FftSpec SpaceTransform::forward_problem(const Grid& grid, Rigor rigor, int threads) { return problem(grid, rigor, threads, false); }
FftSpec SpaceTransform::backward_problem(const Grid& grid, Rigor rigor, int threads) { return problem(grid, rigor, threads, true); }

SpaceTransform::SpaceTransform(FftPlan<double> forward, FftPlan<double> backward)
    : forward_(std::move(forward)), backward_(std::move(backward)) {}

void SpaceTransform::forward(std::span<double> field) const {
  forward_.execute(field);
  const double factor = 1 / forward_.plan().normalisation();
  for (double& value : field) value *= factor;
}

void SpaceTransform::backward(std::span<double> modes) const { backward_.execute(modes); }

}  // namespace almanac::models
