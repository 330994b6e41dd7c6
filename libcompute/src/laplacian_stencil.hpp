#pragma once

#include <almanac/compute/laplacian.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace almanac::compute {

/// How many parts to cut rows into for that many threads: below some thousand rows waking a thread costs more than it does.
inline std::int64_t parts_worth_a_thread(std::int64_t rows, int threads) noexcept {
  constexpr std::int64_t kWorthAThread = 8192;
  return std::clamp<std::int64_t>(rows / kWorthAThread, 1, threads);
}

/// The second difference of an order as integers over one denominator, from the centre outwards.
struct SecondDifference {
  int radius;
  std::array<int, 4> numerator;
  int denominator;
};

/// Precondition: order is 2, 4 or 6.
SecondDifference second_difference(int order) noexcept;

/// The non-zeros of one row of Δ: columns row + offset[k], ascending.
struct RowPattern {
  static constexpr int kMaxSize = 19;
  int size = 0;
  std::array<std::int32_t, kMaxSize> offset{};
  std::array<double, kMaxSize> value{};
};

/// Every distinct row of a Laplacian. Rows differ only near the ends of an axis, so an axis of any length has 2r+1
/// kinds of rows (r at each end and one between), and the grid the products of these.
class RowPatterns {
 public:
  /// Precondition: check(problem) passes.
  explicit RowPatterns(const LaplacianProblem& problem);

  std::int64_t rows() const noexcept { return axes_[0].extent * axes_[1].extent * axes_[2].extent; }
  /// Non-zeros in the rows before that one; nonzeros_before(rows()) is all of them.
  std::int64_t nonzeros_before(std::int64_t row) const noexcept;

  /// Calls run(first_row, count, pattern) for rows [begin, end), ascending, in runs of rows that share a pattern.
  template <class Run>
  void for_each_run(std::int64_t begin, std::int64_t end, Run run) const {
    const std::int64_t line = axes_[2].extent;
    for (std::int64_t row = begin; row < end;) {
      const std::int64_t i = row % line, above = row / line;
      const std::size_t kind =
          (axes_[0].kind(above / axes_[1].extent, radius_) * axes_[1].kinds + axes_[1].kind(above % axes_[1].extent, radius_)) *
          axes_[2].kinds;
      const std::int64_t line_end = std::min(end, row - i + line);
      std::int64_t in_line = i;
      while (row < line_end) {
        const bool between = in_line >= radius_ && in_line < line - radius_;
        const std::int64_t count = between ? std::min(line_end - row, line - radius_ - in_line) : 1;
        run(row, count, patterns_[kind + axes_[2].kind(in_line, radius_)]);
        row += count;
        in_line += count;
      }
    }
  }

 private:
  struct Axis {
    std::int64_t extent = 1;
    std::size_t kinds = 1;
    bool wraps = true;  ///< periodic: as many neighbours at the ends as between
    std::size_t kind(std::int64_t i, std::int64_t radius) const noexcept {
      if (kinds == 1) return 0;
      return static_cast<std::size_t>(std::min(i, radius) + std::max<std::int64_t>(0, i - (extent - 1 - radius)));
    }
    std::int64_t neighbours(std::int64_t i, std::int64_t radius) const noexcept;
    std::int64_t neighbours_before(std::int64_t i, std::int64_t radius) const noexcept;
  };

  std::array<Axis, 3> axes_;  // slowest first; the axes a smaller rank lacks have one point and no neighbours
  std::int64_t radius_ = 0;
  std::vector<RowPattern> patterns_;
};

}  // namespace almanac::compute
