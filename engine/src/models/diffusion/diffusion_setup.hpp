#pragma once

#include "diffusivity.hpp"
#include "models/case_settings.hpp"
#include "models/grid.hpp"
#include "models/initial_profile.hpp"
#include "models/stepping_settings.hpp"
#include "time_factor.hpp"

#include <almanac/cache/cache.hpp>
#include <almanac/compute/diffusion_operator.hpp>

#include <memory>
#include <string>
#include <vector>

namespace almanac::models {

/// A case of D_t^alpha u = ∇·(kappa ∇u) + source, as its mission has it.
struct DiffusionSetup {
  double alpha = 1;
  Diffusivity kappa;
  std::string space;                          ///< "spectral", or the order of differences; "2" where kappa varies or sides have data
  std::vector<std::vector<double>> symbols;   ///< eigenvalues of the Laplacian, one list an axis
  SteppingSettings stepping;
  double solve_tolerance = 1e-12;             ///< of a step whose kappa varies: residual over right side
  TimeSettings time;
  std::int64_t every = 1;
  Grid grid;
  std::shared_ptr<const InitialProfile> initial, velocity;
  bool has_velocity = false;
  std::shared_ptr<const InitialProfile> source;
  bool has_source = false;
  TimeFactor source_factor;
  std::vector<compute::SideData> sides;          ///< data at the sides, one an axis; empty: none
  TimeFactor side_factor;
  std::string units, colormap;
  FftSettings fft;
  std::vector<cache::Request> starting;          ///< tables of starting weights
  std::size_t coupled = 0;                       ///< first steps that these couple
  double past_bytes = 0;                         ///< of the histories of all points together, where kappa varies

  /// Whether nothing but its own eigenvalue moves a mode: then all of them relax.
  bool relaxes() const noexcept;
  /// The Laplacian with conservative differences of order 2, by which a kappa that varies is stepped, and data of sides enter.
  compute::LaplacianProblem differences() const;
  /// The largest |eigenvalue| of ∇·(kappa ∇), or more.
  double fastest_rate() const noexcept;
  /// The smallest that is not 0, or less; 0 where kappa varies.
  double slowest_rate() const noexcept;
};

/// A field times a factor of time, on the right side of the equation; in modes or at points.
struct DrivenField {
  std::vector<double> field;
  TimeFactor factor;
};

/// [source], [boundary], [model.kappa] and all else of a case. Errors: InputError
DiffusionSetup read_diffusion(mission::MissionText& text, mission::InputFiles& files);

/// Finds the tables of starting weights that its scheme asks for, and how many steps they couple.
/// Errors: compute::ArgumentError ← what the solver refuses before its first step
void find_starting_weights(DiffusionSetup& setup);

/// What a scheme that differentiates makes of an error in its sums.
double history_amplification(const DiffusionSetup& setup) noexcept;
/// What a sum may leave out so that the solution has history_tolerance, as the solver takes it.
double sum_tolerance(const DiffusionSetup& setup) noexcept;

/// What the history of a case that relaxes is; of one mode, since some at a time are stepped through all times.
compute::HistoryChoice mode_history(const DiffusionSetup& setup);

/// Bytes that stepping takes with that many threads, beside the fields that are read, written and transformed.
double stepping_bytes(const DiffusionSetup& setup, int threads) noexcept;

/// Refuses what would not stay bounded: steps too long for an explicit scheme, or a scheme that is not A-stable for this order.
/// Errors: InputError at [time]
void refuse_unstable(const DiffusionSetup& setup, mission::Section& time);

}  // namespace almanac::models
