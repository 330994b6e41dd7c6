#pragma once

#include <almanac/compute/laplacian.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace almanac::compute {

using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;
using Vector = std::vector<double>;

inline constexpr double kRounding = std::numeric_limits<double>::epsilon() / 2;
inline constexpr double kPi = std::numbers::pi;
inline constexpr Boundary kBoundaries[] = {Boundary::periodic, Boundary::dirichlet, Boundary::neumann, Boundary::dirichlet_neumann,
                                           Boundary::neumann_dirichlet};

inline bool has_two_kinds_of_walls(Boundary boundary) { return side_of(boundary, false) != side_of(boundary, true); }

/// All orders; one to three axes; every boundary on every axis, mixed in every way (in three dimensions walls of two kinds on one
/// axis at most, another for each order); unequal extents and spacings.
inline std::vector<LaplacianProblem> all_kinds() {
  std::vector<LaplacianProblem> problems;
  for (const int order : {2, 4, 6})
    for (const Boundary a : kBoundaries) {
      problems.push_back({.extent = {order + 1}, .spacing = 0.3, .order = order, .boundary = a});
      problems.push_back({.extent = {50}, .spacing = 0.3, .order = order, .boundary = a});
      for (const Boundary b : kBoundaries) {
        problems.push_back({.extent = {order + 1, 41}, .spacing = {0.7, 1.3}, .order = order, .boundary = {a, b}});
        for (const Boundary c : kBoundaries) {
          const int slow = has_two_kinds_of_walls(a), middle = has_two_kinds_of_walls(b), fast = has_two_kinds_of_walls(c);
          if (slow + middle + fast > (order == 2 ? slow : order == 4 ? middle : fast)) continue;
          problems.push_back({.extent = {7, 9, 8}, .spacing = {0.5, 0.2, 1.1}, .order = order, .boundary = {a, b, c}});
        }
      }
    }
  return problems;
}

inline std::string name(const LaplacianProblem& problem) {
  std::string text = "order " + std::to_string(problem.order);
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis)
    text += ", " + std::to_string(problem.extent[axis]) + " " + std::string(to_string(problem.boundary[axis]));
  return text;
}

inline bool same_bits(const Matrix& a, const Matrix& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols() || a.nonZeros() != b.nonZeros()) return false;
  const auto rows = static_cast<std::size_t>(a.rows()), nonzeros = static_cast<std::size_t>(a.nonZeros());
  return std::memcmp(a.outerIndexPtr(), b.outerIndexPtr(), (rows + 1) * sizeof(int)) == 0 &&
         std::memcmp(a.innerIndexPtr(), b.innerIndexPtr(), nonzeros * sizeof(int)) == 0 &&
         std::memcmp(a.valuePtr(), b.valuePtr(), nonzeros * sizeof(double)) == 0;
}

/// Basis function k of an axis at point j: FFT (its real halfcomplex form), DST-I, DCT-II, DST-IV, DCT-IV.
/// The angle is reduced to [0, 2π) in integers, so it is off by at most 2π·1.5 rounding units, and the value by 11.
inline double basis(Boundary boundary, std::int64_t n, std::int64_t k, std::int64_t j) {
  const auto angle = [](std::int64_t numerator, std::int64_t denominator) {  // π numerator / denominator
    return kPi * (static_cast<double>(numerator % (2 * denominator)) / static_cast<double>(denominator));
  };
  switch (boundary) {
    case Boundary::periodic: return k <= n / 2 ? std::cos(angle(2 * k * j, n)) : std::sin(angle(2 * (n - k) * j, n));
    case Boundary::dirichlet: return std::sin(angle((k + 1) * (j + 1), n + 1));
    case Boundary::neumann: return std::cos(angle(k * (2 * j + 1), 2 * n));
    case Boundary::dirichlet_neumann: return std::sin(angle((2 * k + 1) * (2 * j + 1), 4 * n));
    case Boundary::neumann_dirichlet: return std::cos(angle((2 * k + 1) * (2 * j + 1), 4 * n));
  }
  return 0.0;
}

/// The index of a point on each axis.
inline std::vector<std::int64_t> indices(const LaplacianProblem& problem, std::int64_t row) {
  std::vector<std::int64_t> index(problem.extent.size());
  for (std::size_t axis = index.size(); axis-- > 0;) {
    index[axis] = row % problem.extent[axis];
    row /= problem.extent[axis];
  }
  return index;
}

}  // namespace almanac::compute
