#pragma once

#include <almanac/engine.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac {

/// A problem to plan ahead of need.
/// rigor: measure and exhaustive make those bundles ready; adaptive the one of adaptive requests, up to a patient search;
///        patient its own bundle, and that of adaptive requests with it. Where there are both, an exhaustive bundle and one of
///        adaptive requests that was held against a patient search, the two are held against each other as well.
struct TuneItem {
  FftSpec spec;
  std::string precision = "double";    ///< "single", "double", "long_double"

  /// "512x512 r2c, 2 threads, patient": what is not as by default.
  std::string label() const;
};

/// What programs over this engine's cache have planned, those first whose planning costs most: count times cost. Each at the
/// rigor it was asked for. What only a larger machine could plan is not among them.
std::vector<TuneItem> planned_problems(Engine& engine);

struct TuneProgress {
  std::string label;                   ///< the problem, and what is planned of it
  double fraction = 0;                 ///< of the time that all planning is expected to take, gone
  std::size_t done = 0, all = 0;       ///< problems
  std::chrono::nanoseconds left{0};    ///< expected, from the sizes and from what planning took here so far
};

struct TuneOptions {
  /// What may be spent; what is not expected to fit into the rest of it is left for the next time. nullopt: anything.
  std::optional<std::chrono::nanoseconds> budget{};
  bool idle = true;                    ///< before each measurement, wait until the machine is idle
  std::function<void(const TuneProgress&)> progress{};        ///< before each bundle that has to be made
  std::function<void(std::string_view)> say{};                ///< what is waited for; when it begins, and once a minute
  std::function<bool()> stop{};                               ///< true: end at the next clean point. Must not throw
  std::function<bool(std::chrono::nanoseconds)> pause{};      ///< sleeps so long; true: asked to stop. Default: sleeps
};

struct TuneOutcome {
  enum class State { made, ready, left, failed, not_stored };
  std::string label;
  State state = State::left;
  std::string message{};               ///< why it was left, or what failed
  double seconds = 0;
  // Of the bundle of adaptive requests, where there is one:
  std::string rigor{};                 ///< what it was planned at: "measure", "patient", "exhaustive"
  std::optional<double> measured_ns{}, patient_ns{}, exhaustive_ns{};   ///< one execution, of those held against each other
};
std::string_view to_string(TuneOutcome::State state) noexcept;

struct TuneReport {
  std::vector<TuneOutcome> outcomes;   ///< in the order of the items
  double seconds = 0;
  bool interrupted = false;

  std::size_t count(TuneOutcome::State state) const noexcept;
};

/// Plans one problem after the other and stores what comes out. What is there already is not measured again, unless FFTW does
/// not take it; a failing problem does not stop the rest. Whoever runs this keeps others off the machine or waits for them:
/// planning is measuring. Planning happens in this thread, and FFTW has one planner a process: a program that plans itself
/// has this done by another process (`almanac tune`).
/// Errors: compute::ArgumentError ← a problem out of range, before anything is planned
TuneReport tune(Engine& engine, std::span<const TuneItem> items, const TuneOptions& options);

}  // namespace almanac
