#include <almanac/compute/diffusion_operator.hpp>

#include <almanac/compute/error.hpp>

#include "diffusion/diffusion_lines.hpp"
#include "laplacian_stencil.hpp"
#include "written.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

namespace almanac::compute {
namespace {

/// 2ab / (a + b), exactly a where both are; no intermediate is larger than 2 max(a, b).
double harmonic_mean(double a, double b) noexcept {
  const double low = std::min(a, b), high = std::max(a, b);
  return low + low * ((high - low) / (high + low));
}

/// 1 where the wall is h from the point beside it (a grid of nodes), 2 where it is h/2 (of cells): h over the distance.
double over_wall_distance(Boundary boundary) noexcept { return boundary == Boundary::dirichlet ? 1 : 2; }

/// "[2, 0, 7] = -1": a point of the grid and what is there.
std::string at_point(const std::vector<std::int64_t>& extent, std::int64_t row, double value) {
  std::string index;
  for (std::size_t axis = extent.size(); axis-- > 0;) {
    index = written(row % extent[axis]) + (index.empty() ? "" : ", ") + index;
    row /= extent[axis];
  }
  return "[" + index + "] " + written(value);
}

void check_size(const char* parameter, std::size_t size, std::int64_t rows) {
  if (static_cast<std::int64_t>(size) != rows)
    throw ArgumentError(parameter, written(size) + " values", "have the grid's " + written(rows));
}

void check_thread_count(int threads) {
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
}

/// An axis of a grid: `outer` stacks of its points, each point `inner` contiguous values.
struct AxisShape {
  std::int64_t outer, points, inner;
};

AxisShape shape_of(const LaplacianProblem& grid, std::size_t axis) {
  AxisShape shape{1, grid.extent[axis], 1};
  for (std::size_t i = 0; i < axis; ++i) shape.outer *= grid.extent[i];
  for (std::size_t i = axis + 1; i < grid.extent.size(); ++i) shape.inner *= grid.extent[i];
  return shape;
}

}  // namespace

DiffusionOperator::DiffusionOperator(LaplacianProblem grid, std::span<const double> kappa, int threads)
    : grid_(std::move(grid)) {
  rows_ = laplacian_rows(grid_);
  if (grid_.order != 2) throw ArgumentError("order", written(grid_.order), "be 2 for a variable diffusivity");
  check_thread_count(threads);
  const bool constant = kappa.size() == 1;
  if (!constant) check_size("kappa", kappa.size(), rows_);
  const auto allowed = [](double value) { return value >= kMinDiffusivity && value <= kMaxDiffusivity; };
  if (const auto wrong = std::ranges::find_if_not(kappa, allowed); wrong != kappa.end())
    throw ArgumentError("kappa", constant ? written(*wrong) : at_point(grid_.extent, wrong - kappa.begin(), *wrong),
                        "be positive, in [1e-100, 1e100]");
  const auto [least, most] = std::ranges::minmax(kappa);
  smallest_ = least;
  largest_ = most;
  zeros_.assign(static_cast<std::size_t>(grid_.extent.back()), 0.0);

  const auto at = [&](std::int64_t row) { return kappa[constant ? 0 : static_cast<std::size_t>(row)]; };
  for (std::size_t axis = 0; axis < grid_.extent.size(); ++axis) {
    const AxisShape shape = shape_of(grid_, axis);
    const std::int64_t points = shape.points, inner = shape.inner;
    const Boundary boundary = grid_.boundary[axis];
    const double h = grid_.spacing[axis], squared = h * h;
    std::vector<double>& faces = faces_.emplace_back(static_cast<std::size_t>(shape.outer * (points + 1) * inner));
    const auto at_wall = [&](bool upper, std::int64_t row, std::int64_t opposite) {
      switch (side_of(boundary, upper)) {
        case Boundary::neumann: return 0.0;
        case Boundary::dirichlet: return over_wall_distance(boundary) * (at(row) / squared);
        default: return harmonic_mean(at(row), at(opposite)) / squared;
      }
    };
    const std::int64_t lines = shape.outer * (points + 1), parts = parts_worth_a_thread(lines * inner, threads);
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(parts))
#endif
    for (std::int64_t part = 0; part < parts; ++part)
      for (std::int64_t line = lines * part / parts; line < lines * (part + 1) / parts; ++line) {
        const std::int64_t j = line % (points + 1), first = line / (points + 1) * points * inner;  // the row of point 0
        double* const face = faces.data() + line * inner;
        for (std::int64_t k = 0; k < inner; ++k) {
          const std::int64_t bottom = first + k, top = bottom + (points - 1) * inner, row = bottom + j * inner;
          if (j == 0) {
            face[k] = at_wall(false, bottom, top);
          } else if (j == points) {
            face[k] = at_wall(true, top, bottom);
          } else {
            face[k] = harmonic_mean(at(row - inner), at(row)) / squared;
          }
        }
      }
  }
}

bool DiffusionOperator::annihilates_constants() const noexcept {
  for (std::size_t axis = 0; axis < grid_.extent.size(); ++axis)
    for (const bool upper : {false, true})
      if (side_of(grid_.boundary[axis], upper) == Boundary::dirichlet) return false;
  return true;
}

void DiffusionOperator::run(double a, double b, bool shifted, std::span<const double> in, std::span<double> out,
                            int threads) const {
  check_size("in", in.size(), rows_);
  check_size("out", out.size(), rows_);
  const std::less<const double*> before;
  if (before(in.data(), out.data() + out.size()) && before(out.data(), in.data() + in.size()))
    throw ArgumentError("out", "memory of in", "not overlap in");
  check_thread_count(threads);

  const std::size_t rank = grid_.extent.size();
  const std::int64_t length = grid_.extent.back();
  const bool wraps = grid_.boundary[rank - 1] == Boundary::periodic;
  const std::int64_t parts = parts_worth_a_thread(rows_, threads);
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(parts))
#endif
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t end = rows_ * (part + 1) / parts;
    for (std::int64_t row = rows_ * part / parts; row < end;) {
      const std::int64_t number = row / length, start = number * length, stop = std::min(end, start + length);
      DiffusionLine line;
      line.slower = rank - 1;
      line.points = static_cast<std::size_t>(length);
      line.in = in.data() + start;
      line.out = out.data() + start;
      line.along = faces_.back().data() + number * (length + 1);
      if (wraps) {
        line.first_ghost = line.in[length - 1];
        line.last_ghost = line.in[0];
      }
      std::int64_t inner = length, rest = number;
      for (std::size_t axis = rank - 1; axis-- > 0;) {
        const std::int64_t points = grid_.extent[axis], j = rest % points;
        rest /= points;
        const bool periodic = grid_.boundary[axis] == Boundary::periodic;
        const double* const face = faces_[axis].data() + start + (rest * inner);  // one more layer for each stack before
        line.face_below[axis] = face;
        line.face_above[axis] = face + inner;
        line.below[axis] = j > 0 ? line.in - inner : periodic ? line.in + (points - 1) * inner : zeros_.data();
        line.above[axis] = j + 1 < points ? line.in + inner : periodic ? line.in - (points - 1) * inner : zeros_.data();
        inner *= points;
      }
      if (shifted) {
        diffuse_line_shifted(line, a, b, static_cast<std::size_t>(row - start), static_cast<std::size_t>(stop - start));
      } else {
        diffuse_line(line, static_cast<std::size_t>(row - start), static_cast<std::size_t>(stop - start));
      }
      row = stop;
    }
  }
}

void DiffusionOperator::apply(std::span<const double> in, std::span<double> out, int threads) const {
  run(0, 0, false, in, out, threads);
}

void DiffusionOperator::apply_shifted(double a, double b, std::span<const double> in, std::span<double> out, int threads) const {
  run(a, b, true, in, out, threads);
}

void DiffusionOperator::add_boundary_terms(std::span<const SideData> data, double factor, std::span<double> inout) const {
  if (data.size() != grid_.extent.size())
    throw ArgumentError("data", "a list of " + written(data.size()), "have one entry an axis, " + written(grid_.extent.size()));
  for (std::size_t axis = 0; axis < data.size(); ++axis)
    for (const double value : {data[axis].lower, data[axis].upper}) {
      const std::string where = written(value) + " on axis " + written(axis);
      if (!std::isfinite(value)) throw ArgumentError("data", where, "be finite");
      if (value != 0 && grid_.boundary[axis] == Boundary::periodic)
        throw ArgumentError("data", where, "be zero: a periodic axis has no sides");
    }
  if (!std::isfinite(factor)) throw ArgumentError("factor", written(factor), "be finite");
  check_size("inout", inout.size(), rows_);

  for (std::size_t axis = 0; axis < data.size(); ++axis) {
    const auto [outer, points, inner] = shape_of(grid_, axis);
    for (const bool upper : {false, true}) {
      const double given = factor * (upper ? data[axis].upper : data[axis].lower);
      if (given == 0) continue;
      const bool flux = side_of(grid_.boundary[axis], upper) == Boundary::neumann;
      const double of_flux = given / grid_.spacing[axis];
      for (std::int64_t stack = 0; stack < outer; ++stack) {
        const double* const face = faces_[axis].data() + (stack * (points + 1) + (upper ? points : 0)) * inner;
        double* const point = inout.data() + (stack * points + (upper ? points - 1 : 0)) * inner;
        for (std::int64_t k = 0; k < inner; ++k) point[k] += flux ? of_flux : face[k] * given;
      }
    }
  }
}

Eigen::SparseMatrix<double, Eigen::RowMajor> DiffusionOperator::matrix() const {
  Eigen::SparseMatrix<double, Eigen::RowMajor> matrix(rows_, rows_);
  matrix.resizeNonZeros(laplacian_nonzeros(grid_));
  struct Neighbour {
    std::int64_t column;
    double coefficient;
  };
  std::vector<Neighbour> row_of;
  std::int64_t position = 0;
  for (std::int64_t row = 0; row < rows_; ++row) {
    row_of.clear();
    double diagonal = 0;
    for (std::size_t axis = 0; axis < grid_.extent.size(); ++axis) {
      const auto [outer, points, inner] = shape_of(grid_, axis);
      const std::int64_t j = row / inner % points, stack = row / inner / points;
      const double* const face = faces_[axis].data() + (stack * (points + 1) + j) * inner + row % inner;
      for (const bool upper : {false, true}) {
        const double c = face[upper ? inner : 0];
        diagonal -= c;
        const std::int64_t next = upper ? j + 1 : j - 1;
        if (next >= 0 && next < points) {
          row_of.push_back({row + (next - j) * inner, c});
        } else if (grid_.boundary[axis] == Boundary::periodic) {
          row_of.push_back({row + (next < 0 ? points - 1 : 1 - points) * inner, c});
        }
      }
    }
    row_of.push_back({row, diagonal});
    std::ranges::sort(row_of, {}, &Neighbour::column);
    matrix.outerIndexPtr()[row] = static_cast<std::int32_t>(position);
    for (const auto& [column, coefficient] : row_of) {
      matrix.innerIndexPtr()[position] = static_cast<std::int32_t>(column);
      matrix.valuePtr()[position++] = coefficient;
    }
  }
  matrix.outerIndexPtr()[rows_] = static_cast<std::int32_t>(position);
  return matrix;
}

}  // namespace almanac::compute
