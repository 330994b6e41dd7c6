#include "diffusion_setup.hpp"

#include "stepping.hpp"

#include <almanac/compute/grunwald.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace almanac::models {

bool DiffusionSetup::relaxes() const noexcept {
  return stepping.scheme == compute::FractionalScheme::grunwald && !time.is_graded && !kappa.varies() && !has_source && sides.empty();
}

compute::LaplacianProblem DiffusionSetup::differences() const {
  std::vector<double> spacing;
  for (std::size_t axis = 0; axis < grid.rank(); ++axis) spacing.push_back(grid.spacing(axis));
  return {.extent = grid.extent, .spacing = std::move(spacing), .order = 2, .boundary = grid.boundary};
}

double DiffusionSetup::fastest_rate() const noexcept {
  double largest = 0;
  for (const std::vector<double>& symbol : symbols) largest -= *std::ranges::min_element(symbol);
  return kappa.largest() * largest;
}

double DiffusionSetup::slowest_rate() const noexcept {
  if (kappa.varies()) return 0;
  double sum = 0, least = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& symbol : symbols) {
    const double of_axis = -*std::ranges::max_element(symbol);
    sum += std::max(of_axis, 0.0);
    for (const double value : symbol)
      if (value < 0) least = std::min(least, -value);
  }
  return kappa.constant() * (sum > 0 ? sum : std::isfinite(least) ? least : 0.0);
}

double history_amplification(const DiffusionSetup& setup) noexcept {
  return compute::history_amplification(setup.alpha, setup.time.steps);
}

double sum_tolerance(const DiffusionSetup& setup) noexcept {
  return std::clamp(setup.stepping.history_tolerance / history_amplification(setup), compute::kMinExponentialTolerance, 1.0);
}

compute::HistoryChoice mode_history(const DiffusionSetup& setup) {
  return compute::choose_history({.alpha = setup.alpha,
                                  .steps = setup.time.steps,
                                  .tolerance = sum_tolerance(setup),
                                  .method = setup.stepping.history,
                                  .terms = setup.stepping.history_terms});
}

namespace {

/// Modes that are stepped together, at most: a panel's first steps are among what it may take.
double modes_at_once(const DiffusionSetup& setup) noexcept {
  const double of_blocks = setup.coupled == 0 ? kMostModesAtOnce : std::max(kFirstPanel, kPanelBytes / block_bytes(setup));
  return std::min({static_cast<double>(setup.grid.points()), kMostModesAtOnce, of_blocks});
}

}  // namespace

double stepping_bytes(const DiffusionSetup& setup, int threads) noexcept {
  const auto points = static_cast<double>(setup.grid.points()), steps = static_cast<double>(setup.time.steps);
  constexpr double kKernel = 3 * sizeof(double), kTile = 200;  // a step: weights and times; relax_modes, a step and thread
  if (setup.relaxes()) return steps * (kKernel + kTile * threads);
  // Beside what the solver is allowed: initial part and rows of the steps. Of a field at points, the operator and its solve as well.
  const double rows = setup.kappa.varies() ? 16 + static_cast<double>(setup.grid.rank()) : 10;
  const double modes = setup.kappa.varies() ? points : modes_at_once(setup);
  const double past = setup.kappa.varies() ? setup.past_bytes : std::min(modes * steps * 4 * sizeof(double), kPanelBytes);
  // The table: as the cache has it, as it was handed over, and as the solver keeps it.
  const double table = 3 * steps * static_cast<double>(setup.coupled) * sizeof(double);
  return steps * 2 * kKernel + modes * (rows * sizeof(double) + block_bytes(setup)) + past + table;
}

// As linear_start_block has them: (6 m + 8) rows of it, and of the step before the m rows of its result.
double block_bytes(const DiffusionSetup& setup) noexcept {
  return setup.coupled == 0 ? 0.0 : (7.0 * static_cast<double>(setup.coupled) + 8) * sizeof(double);
}

}  // namespace almanac::models
