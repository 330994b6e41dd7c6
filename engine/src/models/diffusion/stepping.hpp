#pragma once

#include "diffusion_setup.hpp"
#include "models/model.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

namespace almanac::models {

inline constexpr double kShareOfSteps = 0.9;       ///< of a case's time; the rest is transforms
inline constexpr double kPanelBytes = 0x1p28;      ///< what the histories of modes that are stepped together may take
inline constexpr double kMostModesAtOnce = 0x1p20;
inline constexpr double kFirstPanel = 512;         ///< modes, by which the bytes of one are known

/// Threads for loops over so many points: below `fewest`, waiting for each other would take them longer than the work. The bits
/// are the same for any.
inline int threads_for(const CaseContext& context, std::size_t points, std::size_t fewest) {
  return points < fewest ? 1 : context.threads();
}
inline constexpr std::size_t kFewestShared = std::size_t{1} << 17;       ///< of a pass over a field
inline constexpr std::size_t kFewestSharedPast = std::size_t{1} << 14;   ///< of a block of the past

/// Fields in, rows out. Of constant kappa all of them are modes of the Laplacian, of another one values at the points.
struct DiffusionFields {
  std::span<const double> u0, u1;             ///< u1 empty: no velocity
  std::span<const DrivenField> forcings;
  std::span<const std::int64_t> outputs;      ///< the steps that are wanted, 0 first
  std::span<const double> mesh;               ///< of graded times, else empty
  std::span<double> rows;                     ///< (outputs, points)
};

/// What came of it.
struct SteppingReport {
  output::Facts facts;            ///< history_used, history_bound …
  std::size_t rows = 0;           ///< that are there, of those wanted
  std::string incomplete = {};    ///< why it is not all of them: step, time and value
};

// Errors of all three: Interrupted ← as CaseContext::progress

/// Modes that only relax, by relax_modes. weights: of Grünwald–Letnikov, or none where mode_history is exponentials.
SteppingReport relax_field(CaseContext& context, const DiffusionSetup& setup, const DiffusionFields& fields,
                           std::span<const double> weights);

/// Modes under forcing or by any other scheme: as many at a time as their history leaves memory for.
SteppingReport step_modes(CaseContext& context, const DiffusionSetup& setup, const DiffusionFields& fields);

/// A field whose kappa varies: all of it at once, each step solved by conjugate gradients.
SteppingReport step_field(CaseContext& context, const DiffusionSetup& setup, const DiffusionFields& fields,
                          const FftPlan<double>& forward, const FftPlan<double>& backward);

/// Bytes of the histories of all points together, where kappa varies.
/// Errors: compute::ArgumentError ← that history does not fit
double history_bytes(const DiffusionSetup& setup);

/// How the past was summed, for the results; `error` is what that can do to them.
output::Facts history_facts(const compute::HistoryChoice& choice, double error);
output::Facts solution_facts(const compute::FractionalSolution& solution);

/// Adds what is known of another panel of modes: of numbers that are bounds or counts the larger, of texts those that differ.
void add_panel_facts(output::Facts& all, output::Facts of_panel);

/// Bytes that first steps take which starting weights couple, of each point or mode.
double block_bytes(const DiffusionSetup& setup) noexcept;

/// Options of the case for the solver. Starting weights come from the cache, once for all panels; they refer to the context.
compute::FractionalOptions solver_options(CaseContext& context, const DiffusionSetup& setup);

/// Initial values for the solver: one row, or two where alpha is above 1.
std::vector<double> initial_rows(const DiffusionSetup& setup, std::span<const double> u0, std::span<const double> u1);

/// Says how far a case is, at most some times a second: a step may be far shorter than telling.
class ProgressPace {
 public:
  explicit ProgressPace(CaseContext& context) : context_(context) {}

  /// Errors: Interrupted ← as CaseContext::progress
  void at(double fraction) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < std::chrono::milliseconds(50)) return;
    told_ = now;
    context_.progress(fraction);
  }
  /// The same, where nothing has been done since the last time that could be told.
  void again() { at(last_); }
  void note(double fraction) {
    last_ = fraction;
    at(fraction);
  }

 private:
  CaseContext& context_;
  double last_ = 0;
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace almanac::models
