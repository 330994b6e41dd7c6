#pragma once

#include "laplacian_samples.hpp"

#include <almanac/compute/diffusion_operator.hpp>
#include <almanac/compute/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {

/// The grids of order 2 of all_kinds(): one to three axes, every boundary on every axis.
inline std::vector<LaplacianProblem> diffusion_grids() {
  std::vector<LaplacianProblem> grids;
  for (const LaplacianProblem& problem : all_kinds())
    if (problem.order == 2) grids.push_back(problem);
  return grids;
}

/// Fewer of them, for what factors dense matrices of their 504 rows.
inline std::vector<LaplacianProblem> diffusion_grids_for_dense_matrices() {
  std::vector<LaplacianProblem> grids;
  for (const LaplacianProblem& grid : diffusion_grids())
    if (grid.extent.size() < 3 || (grid.boundary[0] == grid.boundary[2] &&
                                   (grid.boundary[1] == grid.boundary[0] || has_two_kinds_of_walls(grid.boundary[1]))))
      grids.push_back(grid);
  return grids;
}

inline Vector uniform_values(std::int64_t n, std::uint64_t seed = 1) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> distribution(-1.0, 1.0);
  Vector values(static_cast<std::size_t>(n));
  for (double& value : values) value = distribution(generator);
  return values;
}

/// A diffusivity without any smoothness, from 1/sqrt(contrast) to sqrt(contrast), both of which it takes.
inline Vector rough_kappa(std::int64_t n, double contrast, std::uint64_t seed = 2) {
  Vector kappa = uniform_values(n, seed);
  for (double& value : kappa) value = std::pow(contrast, value / 2);
  kappa.front() = 1 / std::sqrt(contrast);
  kappa.back() = std::sqrt(contrast);
  return kappa;
}

/// Another number for each side that may have one.
inline std::vector<SideData> data_for(const LaplacianProblem& grid) {
  std::vector<SideData> data;
  for (std::size_t axis = 0; axis < grid.extent.size(); ++axis) {
    const double one = 0.7 + static_cast<double>(axis);
    data.push_back(grid.boundary[axis] == Boundary::periodic ? SideData{} : SideData{.lower = one, .upper = -2.5 * one});
  }
  return data;
}

/// That calling it throws an ArgumentError about that parameter, with that value in its text.
inline void expect_refused(const std::string& parameter, const std::string& value, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_NE(error.value().find(value), std::string::npos) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

}  // namespace almanac::compute
