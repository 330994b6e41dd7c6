#pragma once

#include "mission/mission_text.hpp"
#include "output/canvas.hpp"
#include "output/series.hpp"

#include <almanac/compute/starting_weights.hpp>
#include <almanac/engine.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::mission {
class InputFiles;
}

namespace almanac::models {

/// What a case may use while it runs.
/// Threads: one caller at a time; every case has its own.
class CaseContext {
 public:
  virtual ~CaseContext() = default;

  virtual FractionalKernel kernel(const FractionalKernelSpec& spec) = 0;
  virtual FftPlan<double> plan(const FftSpec& spec) = 0;
  virtual compute::StartingWeights starting_weights(compute::QuadratureRule rule, double alpha, std::span<const double> exponents,
                                                    std::int64_t steps) = 0;

  virtual int threads() const noexcept = 0;  ///< for loops; never for what decides about bits
  /// Says how far the case is, 0 … 1. To be called every fraction of a second.
  /// Errors: Interrupted ← the user asked to stop
  virtual void progress(double fraction) = 0;
};

/// One case of a mission, read and checked.
/// Threads: immutable.
class Case {
 public:
  virtual ~Case() = default;

  virtual std::int64_t steps() const noexcept = 0;
  /// Every parameter that decides about the result, as it goes into the result file and the summary.
  virtual output::Facts parameters() const = 0;
  /// The artifacts it needs.
  virtual std::vector<cache::Request> needs() const = 0;
  /// Bytes it takes while it runs with that many threads, input included.
  virtual double bytes(int threads) const noexcept = 0;

  /// Errors: Interrupted ← as CaseContext::progress; whatever else goes wrong is any other exception
  /// The series' facts are what only the run could tell. One that ends before its last time says why (Series::incomplete): its
  /// results are kept, and the case counts as failed.
  virtual output::Series run(CaseContext& context) const = 0;
  virtual output::Image picture(const output::Series& result, const std::string& title, const std::string& line) const = 0;
  virtual output::Image panel(const output::Series& result) const = 0;
};

/// One equation a mission can have. One file a model in this folder, one line in the registry.
/// Threads: immutable.
class Model {
 public:
  virtual ~Model() = default;

  virtual std::string_view equation() const noexcept = 0;  ///< [model] equation
  /// A list in [model] that stands for a sweep of its own: the list's name and the name of one value; empty: none.
  struct ImpliedSweep {
    std::string_view list, one;
  };
  virtual ImpliedSweep implied_sweep() const noexcept { return {}; }

  /// Reads one case, everything but [mission], [sweep] and [cache].
  /// Errors: InputError ← anything that is wrong with it
  virtual std::unique_ptr<const Case> read(mission::MissionText& text, mission::InputFiles& files) const = 0;
};

/// All models this build knows.
std::span<const std::unique_ptr<Model>> models();
/// Errors: InputError ← [model] equation names none of them
const Model& read_model(mission::MissionText& text);

std::unique_ptr<Model> make_time_fractional_diffusion();
std::unique_ptr<Model> make_fractional_derivative();
std::unique_ptr<Model> make_relaxation();
std::unique_ptr<Model> make_oscillation();
std::unique_ptr<Model> make_bagley_torvik();
std::unique_ptr<Model> make_multi_term();
std::unique_ptr<Model> make_fractional_lorenz();

}  // namespace almanac::models
