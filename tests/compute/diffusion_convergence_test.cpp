#include "diffusion_samples.hpp"

#include <almanac/compute/shifted_diffusion.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace almanac::compute {
namespace {

/// A smooth function of one variable on [0, 1].
struct Curve {
  std::function<double(double)> value, slope, bend;
};

const Curve kWave{[](double x) { return std::exp(std::sin(2 * kPi * x)); },
                  [](double x) { return 2 * kPi * std::cos(2 * kPi * x) * std::exp(std::sin(2 * kPi * x)); },
                  [](double x) {
                    const double s = std::sin(2 * kPi * x), c = std::cos(2 * kPi * x);
                    return 4 * kPi * kPi * (c * c - s) * std::exp(s);
                  }};
// Nothing about it is special at a wall: neither value, slope nor bend.
const Curve kSlant{[](double x) { return std::exp(x) * std::cos(2 * x + 0.3); },
                   [](double x) { return std::exp(x) * (std::cos(2 * x + 0.3) - 2 * std::sin(2 * x + 0.3)); },
                   [](double x) { return std::exp(x) * (-3 * std::cos(2 * x + 0.3) - 4 * std::sin(2 * x + 0.3)); }};

/// u and κ as functions of a point, and what goes with them.
struct Manufactured {
  std::vector<Boundary> boundary;
  std::function<double(const Vector&)> u, kappa, image;  ///< image = ∇·(κ∇u)
  std::vector<SideData> data;
};

/// The largest error of u - ∇·(κ∇u) = f on grids of about n points an axis.
double largest_error(const Manufactured& problem, std::int64_t n) {
  const std::size_t rank = problem.boundary.size();
  LaplacianProblem grid{.extent = {}, .boundary = problem.boundary};
  Vector spacing;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t intervals = n + 2 * static_cast<std::int64_t>(axis);  // no axis like another
    grid.extent.push_back(problem.boundary[axis] == Boundary::dirichlet ? intervals - 1 : intervals);
    spacing.push_back(1.0 / static_cast<double>(intervals));
  }
  grid.spacing = spacing;
  const std::int64_t rows = laplacian_rows(grid);
  Vector exact, kappa, rhs;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto index = indices(grid, row);
    Vector x;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const double shift = problem.boundary[axis] == Boundary::periodic ? 0 : problem.boundary[axis] == Boundary::dirichlet ? 1 : 0.5;
      x.push_back((static_cast<double>(index[axis]) + shift) * spacing[axis]);
    }
    exact.push_back(problem.u(x));
    kappa.push_back(problem.kappa(x));
    rhs.push_back(problem.u(x) - problem.image(x));
  }
  const auto diffusion = std::make_shared<const DiffusionOperator>(grid, kappa);
  diffusion->add_boundary_terms(problem.data, 1, rhs);
  Vector solved(rhs.size());
  const LinearSolveReport report = ShiftedDiffusion(diffusion).solve(1, 1, rhs, solved, {.tolerance = 1e-10});
  EXPECT_TRUE(report.converged) << report.text;
  double largest = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) largest = std::max(largest, std::abs(solved[i] - exact[i]));
  return largest;
}

double observed(const Manufactured& problem, std::int64_t n) { return std::log2(largest_error(problem, n) / largest_error(problem, 2 * n)); }

TEST(DiffusionConvergence, IsOfOrderTwoWithVariableDiffusivityAndDataAtEveryKindOfSide) {
  for (const Boundary boundary : kBoundaries) {
    const Curve& u = boundary == Boundary::periodic ? kWave : kSlant;
    const bool periodic = boundary == Boundary::periodic;
    const auto kappa = [periodic](double x) { return periodic ? 2 + std::cos(2 * kPi * x) : 1 + x * x + 0.3 * std::sin(3 * x); };
    const auto kappa_slope = [periodic](double x) { return periodic ? -2 * kPi * std::sin(2 * kPi * x) : 2 * x + 0.9 * std::cos(3 * x); };
    const auto given = [&](bool upper) {
      const double x = upper ? 1 : 0;
      switch (side_of(boundary, upper)) {
        case Boundary::dirichlet: return u.value(x);
        case Boundary::neumann: return kappa(x) * (upper ? u.slope(x) : -u.slope(x));
        default: return 0.0;
      }
    };
    const Manufactured problem{{boundary},
                               [&](const Vector& x) { return u.value(x[0]); },
                               [&](const Vector& x) { return kappa(x[0]); },
                               [&](const Vector& x) { return kappa(x[0]) * u.bend(x[0]) + kappa_slope(x[0]) * u.slope(x[0]); },
                               {{given(false), given(true)}}};
    EXPECT_NEAR(observed(problem, 256), 2, 0.1) << to_string(boundary);
  }
}

TEST(DiffusionConvergence, IsOfOrderTwoInTwoAndThreeDimensions) {
  // u = X(x) + w(x) cos(πy) cos(πz) with w zero at both walls of x: data there are constant along the walls, and there is no flux
  // through the others. κ depends on all of them, but not along the walls of x.
  const auto w = [](double x) { return std::pow(std::sin(kPi * x), 2); };
  const auto w_slope = [](double x) { return kPi * std::sin(2 * kPi * x); };
  const auto w_bend = [](double x) { return 2 * kPi * kPi * std::cos(2 * kPi * x); };
  for (const std::size_t rank : {2, 3})
    for (const Boundary first : {Boundary::dirichlet, Boundary::neumann, Boundary::dirichlet_neumann, Boundary::neumann_dirichlet}) {
      const auto across = [rank](const Vector& x, std::size_t but) {  // Π cos(π x_i) over the other axes than the first and `but`
        double product = 1;
        for (std::size_t axis = 1; axis < rank; ++axis)
          if (axis != but) product *= std::cos(kPi * x[axis]);
        return product;
      };
      const auto kappa = [&, rank](const Vector& x) {
        double sum = 0;
        for (std::size_t axis = 1; axis < rank; ++axis) sum += 0.4 * std::sin(x[axis] + 0.2 * static_cast<double>(axis));
        return 1 + x[0] / 2 + w(x[0]) * sum;
      };
      const auto image = [&, rank](const Vector& x) {
        double sum = 0;
        for (std::size_t axis = 1; axis < rank; ++axis) sum += 0.4 * std::sin(x[axis] + 0.2 * static_cast<double>(axis));
        const double product = across(x, 0);
        double total = (0.5 + w_slope(x[0]) * sum) * (kSlant.slope(x[0]) + w_slope(x[0]) * product) +
                       kappa(x) * (kSlant.bend(x[0]) + w_bend(x[0]) * product);
        for (std::size_t axis = 1; axis < rank; ++axis) {
          const double kappa_slope = w(x[0]) * 0.4 * std::cos(x[axis] + 0.2 * static_cast<double>(axis));
          const double u_slope = -kPi * w(x[0]) * std::sin(kPi * x[axis]) * across(x, axis);
          total += kappa_slope * u_slope - kappa(x) * kPi * kPi * w(x[0]) * product;
        }
        return total;
      };
      const auto given = [&](bool upper) {
        const double x = upper ? 1 : 0, kappa_there = 1 + x / 2;
        return side_of(first, upper) == Boundary::dirichlet ? kSlant.value(x) : kappa_there * (upper ? kSlant.slope(x) : -kSlant.slope(x));
      };
      std::vector<Boundary> boundary(rank, Boundary::neumann);
      boundary[0] = first;
      std::vector<SideData> data(rank);
      data[0] = {given(false), given(true)};
      const Manufactured problem{boundary, [&](const Vector& x) { return kSlant.value(x[0]) + w(x[0]) * across(x, 0); }, kappa, image, data};
      EXPECT_NEAR(observed(problem, rank == 2 ? 48 : 24), 2, 0.15) << rank << " axes, " << to_string(first);
    }
}

}  // namespace
}  // namespace almanac::compute
