#include "laplacian_stencil.hpp"

#include <algorithm>

namespace almanac::compute {

namespace {

struct Entry {
  std::int64_t offset;
  double value;
};

/// Row i of one axis's second difference, columns ascending, offsets counted in points of that axis.
std::vector<Entry> axis_row(const SecondDifference& stencil, std::int64_t n, std::int64_t i, double spacing,
                            Boundary boundary) {
  struct Folded {
    std::int64_t column;
    int numerator;
  };
  std::vector<Folded> row;
  for (int d = -stencil.radius; d <= stencil.radius; ++d) {
    std::int64_t column = i + d;
    int numerator = stencil.numerator[static_cast<std::size_t>(std::abs(d))];
    if (column < 0 || column >= n) {
      if (boundary == Boundary::periodic) {
        column += column < 0 ? n : -n;
      } else if (boundary != Boundary::dirichlet) {  // a wall half a cell outside: even or odd about it
        if (side_of(boundary, column >= n) == Boundary::dirichlet) numerator = -numerator;
        column = column < 0 ? -1 - column : 2 * n - 1 - column;
      } else {
        if (column == -1 || column == n) continue;  // the boundary node itself, where the value is zero
        column = column < 0 ? -2 - column : 2 * n - column;
        numerator = -numerator;
      }
    }
    const auto same = std::find_if(row.begin(), row.end(), [&](const Folded& f) { return f.column == column; });
    if (same == row.end()) {
      row.push_back({column, numerator});
    } else {
      same->numerator += numerator;
    }
  }
  std::sort(row.begin(), row.end(), [](const Folded& a, const Folded& b) { return a.column < b.column; });
  std::vector<Entry> entries;
  for (const Folded& f : row) entries.push_back({f.column - i, f.numerator / (stencil.denominator * (spacing * spacing))});
  return entries;
}

}  // namespace

SecondDifference second_difference(int order) noexcept {
  switch (order) {
    case 2: return {1, {-2, 1, 0, 0}, 1};
    case 4: return {2, {-30, 16, -1, 0}, 12};
    default: return {3, {-490, 270, -27, 2}, 180};
  }
}

RowPatterns::RowPatterns(const LaplacianProblem& problem) {
  const SecondDifference stencil = second_difference(problem.order);
  radius_ = stencil.radius;
  const std::size_t rank = problem.extent.size(), first = 3 - rank;

  std::array<std::vector<std::vector<Entry>>, 3> rows_of;  // [axis][kind]
  std::int64_t stride = 1;
  for (std::size_t axis = 3; axis-- > 0;) {
    if (axis < first) {
      rows_of[axis].push_back({});
      continue;
    }
    const std::int64_t n = problem.extent[axis - first];
    const Boundary boundary = problem.boundary[axis - first];
    axes_[axis] = {n, 2 * static_cast<std::size_t>(radius_) + 1, boundary == Boundary::periodic};
    for (std::int64_t kind = 0; kind <= 2 * radius_; ++kind) {
      const std::int64_t i = kind <= radius_ ? kind : n - 1 - 2 * radius_ + kind;
      auto row = axis_row(stencil, n, i, problem.spacing[axis - first], boundary);
      for (Entry& entry : row) entry.offset *= stride;
      rows_of[axis].push_back(std::move(row));
    }
    stride *= n;
  }

  for (const auto& row0 : rows_of[0])
    for (const auto& row1 : rows_of[1])
      for (const auto& row2 : rows_of[2]) {
        RowPattern pattern;
        double diagonal = 0.0;
        const auto append = [&](std::int64_t offset, double value) {
          pattern.offset[static_cast<std::size_t>(pattern.size)] = static_cast<std::int32_t>(offset);
          pattern.value[static_cast<std::size_t>(pattern.size++)] = value;
        };
        const std::array rows{&row0, &row1, &row2};
        for (const auto* row : rows)
          for (const Entry& entry : *row)
            if (entry.offset == 0) diagonal += entry.value;
        // A slower axis's stride exceeds every offset of the faster ones, so this order is the order of the columns.
        for (const auto* row : rows)
          for (const Entry& entry : *row)
            if (entry.offset < 0) append(entry.offset, entry.value);
        append(0, diagonal);
        for (auto row = rows.rbegin(); row != rows.rend(); ++row)
          for (const Entry& entry : **row)
            if (entry.offset > 0) append(entry.offset, entry.value);
        patterns_.push_back(pattern);
      }
}

std::int64_t RowPatterns::Axis::neighbours(std::int64_t i, std::int64_t radius) const noexcept {
  if (kinds == 1) return 0;
  return wraps ? 2 * radius : std::min(i, radius) + std::min(extent - 1 - i, radius);
}

std::int64_t RowPatterns::Axis::neighbours_before(std::int64_t i, std::int64_t radius) const noexcept {
  if (kinds == 1) return 0;
  if (wraps) return 2 * radius * i;
  // sum of min(j, r) over j < m
  const auto ramp = [&](std::int64_t m) {
    return m <= radius ? m * (m - 1) / 2 : radius * (radius - 1) / 2 + (m - radius) * radius;
  };
  return ramp(i) + ramp(extent) - ramp(extent - i);
}

std::int64_t RowPatterns::nonzeros_before(std::int64_t row) const noexcept {
  const auto& [slow, middle, fast] = axes_;
  const std::int64_t plane = middle.extent * fast.extent;
  const std::int64_t i = row / plane, j = row / fast.extent % middle.extent, k = row % fast.extent;
  return row  // the diagonal
         + slow.neighbours_before(i, radius_) * plane + slow.neighbours(i, radius_) * (row % plane) +
         (i * middle.neighbours_before(middle.extent, radius_) + middle.neighbours_before(j, radius_)) * fast.extent +
         middle.neighbours(j, radius_) * k + row / fast.extent * fast.neighbours_before(fast.extent, radius_) +
         fast.neighbours_before(k, radius_);
}

}  // namespace almanac::compute
