#pragma once

#include "mission/mission_text.hpp"
#include "output/series.hpp"

#include <almanac/compute/solve_fractional.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::models {

/// How an equation of fractional order is stepped, as [model] says: `scheme`, `start` and `corrections`, and how its past is summed:
/// `history`, `history_tolerance` and `history_terms`.
struct SteppingSettings {
  compute::FractionalScheme scheme = compute::FractionalScheme::bdf2;
  compute::StartCorrection start = compute::StartCorrection::automatic;
  int corrections = 1;
  compute::HistoryMethod history = compute::HistoryMethod::automatic;
  double history_tolerance = 1e-12;
  std::int64_t history_terms = 0;

  /// All of them for the solver; the rest of its options as they are by default.
  compute::FractionalOptions options() const;
  /// Those that have a say in this scheme.
  output::Facts facts() const;
};

/// Names of all schemes, "bdf1" among them.
std::vector<std::string_view> scheme_names();

/// Errors: InputError ← a scheme that is none of `schemes`; another field outside its range, or that has no say: start, but for
///         bdf2 … bdf6 and the multistep schemes; corrections, but for predictor_corrector; history_terms, but for short_memory
SteppingSettings read_stepping(mission::Section& model, std::span<const std::string_view> schemes, std::string_view default_scheme);

/// Refuses an order that the scheme does not have. Errors: InputError at `field` of [model]
void refuse_order(mission::Section& model, std::string_view field, const SteppingSettings& stepping, double order);

/// The times of a case, as [time] says: `steps` equal ones of `dt` or in a `duration`; or `mesh = "graded"`, t_n = duration
/// (n/steps)^grading.
struct TimeSettings {
  std::int64_t steps = 1;
  double dt = 1;        ///< of equal steps
  double duration = 1;  ///< dt steps
  bool is_graded = false;
  double grading = 1;   ///< of a graded mesh
  std::string units;

  /// t_0 … t_steps of a graded mesh; empty: equal steps.
  std::vector<double> mesh() const;
  /// For the solver; the mesh, where there is one, must outlive it.
  compute::FractionalTimes times(std::span<const double> mesh) const;
  output::Facts facts() const;
};

/// `order` is that of the derivative: a mesh is graded by the scheme's order over it where the mission does not say how.
/// Errors: InputError ← a field outside its range; both dt and duration; a graded mesh for a scheme whose steps are equal, with dt or
///         with a history (on a mesh the past is always summed directly); steps of no length in double
TimeSettings read_time(mission::MissionText& text, mission::Section& model, const SteppingSettings& stepping, double order);

/// The steps whose values are written: 0, every `every`-th, and the last. [output] every; the default gives about `rows` of them.
/// Errors: InputError ← below 1
std::int64_t read_every(mission::MissionText& text, std::int64_t steps, std::int64_t rows);
std::vector<std::int64_t> steps_written(std::int64_t steps, std::int64_t every);

}  // namespace almanac::models
