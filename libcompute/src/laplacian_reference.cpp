// The obvious version: one reflection function, one loop over the points, one over the stencil.
#include <almanac/compute/error.hpp>
#include <almanac/compute/laplacian.hpp>

#include <array>
#include <cstdlib>

namespace almanac::compute {

namespace {

struct Reflected {
  std::int64_t index;
  int sign;  ///< of the value there; 0 on a Dirichlet boundary node
};

/// Where the grid continues beyond its ends, by any distance.
Reflected reflect(std::int64_t i, std::int64_t n, Boundary boundary) {
  if (boundary == Boundary::periodic) return {(i % n + n) % n, 1};
  if (boundary == Boundary::neumann) {
    const std::int64_t j = (i % (2 * n) + 2 * n) % (2 * n);  // period 2n, even about -1/2
    return {j < n ? j : 2 * n - 1 - j, 1};
  }
  if (boundary == Boundary::dirichlet_neumann || boundary == Boundary::neumann_dirichlet) {
    // One wall odd: period 4n. The first half is even (odd) about the wall at n - 1/2, the second the first, negative.
    const std::int64_t j = (i % (4 * n) + 4 * n) % (4 * n), k = j % (2 * n);
    const int second = j < 2 * n ? 1 : -1, mirrored = boundary == Boundary::neumann_dirichlet && k >= n ? -1 : 1;
    return {k < n ? k : 2 * n - 1 - k, second * mirrored};
  }
  const std::int64_t period = 2 * (n + 1), node = ((i + 1) % period + period) % period;  // odd about nodes 0 and n+1
  if (node == 0 || node == n + 1) return {0, 0};
  return node <= n ? Reflected{node - 1, 1} : Reflected{period - node - 1, -1};
}

/// Coefficients at distance 0, 1, 2, 3 times the denominator.
struct Coefficients {
  std::array<int, 4> numerator;
  int denominator;
};

Coefficients coefficients(int order) {
  if (order == 2) return {{-2, 1, 0, 0}, 1};      // δ²
  if (order == 4) return {{-30, 16, -1, 0}, 12};  // δ² - δ⁴/12
  return {{-490, 270, -27, 2}, 180};              // δ² - δ⁴/12 + δ⁶/90
}

/// Calls entry(row, column, axis, numerator) for every coefficient of every row, before folding.
template <class Visit>
void for_each_entry(const LaplacianProblem& problem, Visit entry) {
  const std::vector<std::int64_t>& extent = problem.extent;
  const std::int64_t rows = laplacian_rows(problem);
  const Coefficients c = coefficients(problem.order);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::int64_t stride = rows;
    for (std::size_t axis = 0; axis < extent.size(); ++axis) {
      stride /= extent[axis];
      const std::int64_t i = row / stride % extent[axis];
      for (int d = -problem.order / 2; d <= problem.order / 2; ++d) {
        const Reflected to = reflect(i + d, extent[axis], problem.boundary[axis]);
        const int numerator = to.sign * c.numerator[static_cast<std::size_t>(std::abs(d))];
        if (numerator != 0) entry(row, row + (to.index - i) * stride, axis, numerator);
      }
    }
  }
}

}  // namespace

Eigen::SparseMatrix<double, Eigen::RowMajor> laplacian_matrix_reference(const LaplacianProblem& problem) {
  const std::int64_t rows = laplacian_rows(problem);
  const int denominator = coefficients(problem.order).denominator;
  Eigen::SparseMatrix<double, Eigen::RowMajor> sum(rows, rows);
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    std::vector<Eigen::Triplet<double>> triplets;
    for_each_entry(problem, [&](std::int64_t row, std::int64_t column, std::size_t of, int numerator) {
      if (of == axis) triplets.emplace_back(static_cast<int>(row), static_cast<int>(column), numerator);
    });
    Eigen::SparseMatrix<double, Eigen::RowMajor> part(rows, rows);
    part.setFromTriplets(triplets.begin(), triplets.end());
    const double h = problem.spacing[axis];
    part.coeffs() /= denominator * (h * h);
    sum = axis == 0 ? part : Eigen::SparseMatrix<double, Eigen::RowMajor>(sum + part);
  }
  return sum;
}

void apply_laplacian_reference(const LaplacianProblem& problem, std::span<const double> in, std::span<double> out) {
  const int denominator = coefficients(problem.order).denominator;
  for (double& value : out) value = 0.0;
  for_each_entry(problem, [&](std::int64_t row, std::int64_t column, std::size_t axis, int numerator) {
    const double h = problem.spacing[axis];
    out[static_cast<std::size_t>(row)] += numerator * in[static_cast<std::size_t>(column)] / (denominator * (h * h));
  });
}

}  // namespace almanac::compute
