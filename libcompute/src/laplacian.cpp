#include <almanac/compute/laplacian.hpp>

#include <almanac/compute/error.hpp>

#include "laplacian_stencil.hpp"
#include "written.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace almanac::compute {

namespace {

constexpr std::string_view kBoundaryRange = "be periodic, dirichlet, neumann, dirichlet_neumann or neumann_dirichlet";

/// Writes the rows of a run: `count` times the same values, columns shifted by one each time.
/// Size is the pattern's, known at compile time for the rows between the walls; 0 reads it from the pattern.
template <int Size>
void write_rows(const RowPattern& pattern, std::int64_t first_row, std::int64_t count, std::int32_t* row_start,
                std::int64_t position, std::int32_t* column, double* value) {
  const int size = Size == 0 ? pattern.size : Size;
  for (std::int64_t k = 0; k < count; ++k) {
    row_start[k] = static_cast<std::int32_t>(position + k * size);
    const auto row = static_cast<std::int32_t>(first_row + k);
    for (int e = 0; e < size; ++e) {
      column[k * size + e] = row + pattern.offset[static_cast<std::size_t>(e)];
      value[k * size + e] = pattern.value[static_cast<std::size_t>(e)];
    }
  }
}

void write_run(const RowPattern& pattern, std::int64_t first_row, std::int64_t count, std::int32_t* row_start,
               std::int64_t position, std::int32_t* column, double* value) {
  const auto write = [&] {
    switch (pattern.size) {
      case 3: return write_rows<3>;
      case 5: return write_rows<5>;
      case 7: return write_rows<7>;
      case 9: return write_rows<9>;
      case 13: return write_rows<13>;
      case 19: return write_rows<19>;
      default: return write_rows<0>;
    }
  }();
  write(pattern, first_row, count, row_start, position, column, value);
}

/// Non-zeros of a problem whose extents, order and boundary are in range: the diagonal, and 2r neighbours a row on each
/// axis, less the r(r+1) that fall beyond its two ends.
std::int64_t count_nonzeros(const LaplacianProblem& problem) {
  std::int64_t rows = 1;
  for (const std::int64_t n : problem.extent) rows *= n;
  const std::int64_t radius = problem.order / 2;
  std::int64_t nonzeros = rows;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    const std::int64_t n = problem.extent[axis];
    const std::int64_t beyond = problem.boundary[axis] == Boundary::periodic ? 0 : radius * (radius + 1);
    nonzeros += rows / n * (2 * radius * n - beyond);
  }
  return nonzeros;
}

/// sin²(θ/2), from an angle in [0, π/2].
double squared_sine(double half_angle) {
  const double sine = std::sin(half_angle);
  return sine * sine;
}

}  // namespace

std::string_view to_string(Boundary boundary) noexcept {
  switch (boundary) {
    case Boundary::periodic: return "periodic";
    case Boundary::dirichlet: return "dirichlet";
    case Boundary::neumann: return "neumann";
    case Boundary::dirichlet_neumann: return "dirichlet_neumann";
    case Boundary::neumann_dirichlet: return "neumann_dirichlet";
  }
  return "unknown";
}

std::optional<Boundary> parse_boundary(std::string_view name) noexcept {
  for (const Boundary boundary : {Boundary::periodic, Boundary::dirichlet, Boundary::neumann, Boundary::dirichlet_neumann,
                                  Boundary::neumann_dirichlet})
    if (name == to_string(boundary)) return boundary;
  return std::nullopt;
}

void check(const LaplacianProblem& problem) {
  const std::size_t rank = problem.extent.size();
  if (rank < 1 || rank > 3) throw ArgumentError("extent", written(problem.extent), "have one to three axes");
  if (problem.order != 2 && problem.order != 4 && problem.order != 6)
    throw ArgumentError("order", written(problem.order), "be 2, 4 or 6");
  if (!problem.boundary.fits(rank))
    throw ArgumentError("boundary", "a list of " + written(problem.boundary.values().size()), "be one, or one an axis");
  for (const Boundary boundary : problem.boundary.values())
    if (to_string(boundary) == "unknown")
      throw ArgumentError("boundary", written(static_cast<int>(boundary)), kBoundaryRange);
  if (!problem.spacing.fits(rank))
    throw ArgumentError("spacing", "a list of " + written(problem.spacing.values().size()), "be one, or one an axis");
  for (const double h : problem.spacing.values())
    if (!(h >= kMinSpacing && h <= kMaxSpacing)) throw ArgumentError("spacing", written(h), "lie in [1e-100, 1e100]");
  std::int64_t rows = 1;
  for (const std::int64_t n : problem.extent) {
    if (n <= problem.order)
      throw ArgumentError("extent", written(problem.extent),
                          "have at least order + 1 = " + written(problem.order + 1) + " points on each axis");
    // Every row has a non-zero, and fewer than 2^31 rows keep the counting below from overflowing.
    if (n > kMaxLaplacianNonzeros / rows)
      throw ArgumentError("extent", written(problem.extent), "give fewer than 2^31 non-zeros");
    rows *= n;
  }
  if (count_nonzeros(problem) > kMaxLaplacianNonzeros)
    throw ArgumentError("extent", written(problem.extent), "give fewer than 2^31 non-zeros");
}

std::int64_t laplacian_rows(const LaplacianProblem& problem) {
  check(problem);
  std::int64_t rows = 1;
  for (const std::int64_t n : problem.extent) rows *= n;
  return rows;
}

std::int64_t laplacian_nonzeros(const LaplacianProblem& problem) {
  check(problem);
  return count_nonzeros(problem);
}

Eigen::SparseMatrix<double, Eigen::RowMajor> laplacian_matrix(const LaplacianProblem& problem, int threads) {
  check(problem);
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
  const RowPatterns patterns(problem);
  const std::int64_t rows = patterns.rows(), nonzeros = patterns.nonzeros_before(rows);
  Eigen::SparseMatrix<double, Eigen::RowMajor> matrix(rows, rows);
  matrix.resizeNonZeros(nonzeros);
  std::int32_t* const row_start = matrix.outerIndexPtr();
  std::int32_t* const column = matrix.innerIndexPtr();
  double* const value = matrix.valuePtr();
  row_start[rows] = static_cast<std::int32_t>(nonzeros);

  const std::int64_t parts = parts_worth_a_thread(rows, threads);
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(parts))
#endif
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t begin = rows * part / parts, end = rows * (part + 1) / parts;
    std::int64_t position = patterns.nonzeros_before(begin);
    patterns.for_each_run(begin, end, [&](std::int64_t row, std::int64_t count, const RowPattern& pattern) {
      write_run(pattern, row, count, row_start + row, position, column + position, value + position);
      position += count * pattern.size;
    });
  }
  return matrix;
}

std::vector<double> laplacian_symbol(const LaplacianProblem& problem, std::size_t axis) {
  check(problem);
  if (axis >= problem.extent.size())
    throw ArgumentError("axis", written(axis), "be less than the rank, " + written(problem.extent.size()));
  const std::int64_t n = problem.extent[axis];
  const double h = problem.spacing[axis], scale = -4.0 / (h * h);
  const auto eigenvalue = [&](double s) {
    switch (problem.order) {
      case 2: return scale * s;
      case 4: return scale * (s * (1.0 + s / 3.0));
      default: return scale * (s * (1.0 + s * (1.0 / 3.0 + s * (8.0 / 45.0))));
    }
  };
  const auto points = static_cast<double>(n);
  std::vector<double> symbol(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k < n; ++k) {
    double half_angle = 0.0;
    switch (problem.boundary[axis]) {
      case Boundary::periodic: half_angle = std::numbers::pi * (static_cast<double>(std::min(k, n - k)) / points); break;
      case Boundary::dirichlet: half_angle = std::numbers::pi * (static_cast<double>(k + 1) / (2.0 * (points + 1.0))); break;
      case Boundary::neumann: half_angle = std::numbers::pi * (static_cast<double>(k) / (2.0 * points)); break;
      case Boundary::dirichlet_neumann:
      case Boundary::neumann_dirichlet: half_angle = std::numbers::pi * (static_cast<double>(2 * k + 1) / (4.0 * points)); break;
    }
    symbol[static_cast<std::size_t>(k)] = k == 0 && half_angle == 0.0 ? 0.0 : eigenvalue(squared_sine(half_angle));
  }
  return symbol;
}

std::vector<double> spectral_symbol(std::int64_t extent, double length, Boundary boundary) {
  if (extent < 1 || extent > kMaxLaplacianNonzeros) throw ArgumentError("extent", written(extent), "lie in [1, 2^31 - 1]");
  if (!(length >= kMinSpacing && length <= kMaxSpacing))
    throw ArgumentError("length", written(length), "lie in [1e-100, 1e100]");
  if (to_string(boundary) == "unknown")
    throw ArgumentError("boundary", written(static_cast<int>(boundary)), kBoundaryRange);
  std::vector<double> symbol(static_cast<std::size_t>(extent));
  for (std::int64_t k = 0; k < extent; ++k) {
    auto half_waves = static_cast<double>(k);
    if (boundary == Boundary::periodic) half_waves = static_cast<double>(2 * std::min(k, extent - k));
    if (boundary == Boundary::dirichlet) half_waves += 1;
    if (boundary == Boundary::dirichlet_neumann || boundary == Boundary::neumann_dirichlet) half_waves += 0.5;
    const double wavenumber = std::numbers::pi * half_waves / length;
    symbol[static_cast<std::size_t>(k)] = half_waves == 0 ? 0.0 : -(wavenumber * wavenumber);
  }
  return symbol;
}

}  // namespace almanac::compute
