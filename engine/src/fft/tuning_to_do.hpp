#pragma once

#include "fft/better_bundle.hpp"
#include "fft/planning_rates.hpp"

#include <almanac/engine.hpp>
#include <almanac/tune.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace almanac {

/// One bundle to make.
struct TuningStage {
  cache::Request request;
  Rigor rigor;                         ///< what it plans at
  std::chrono::nanoseconds planning;   ///< what that may take by the problem's size
  bool is_race = false;                ///< it plans nothing: it holds two plans against each other
};

/// The bundles of one item that are not there yet, in the order of making.
struct TuningWork {
  std::string label;
  std::optional<cache::Key> adaptive;  ///< the entry of adaptive requests, where the item has to do with it
  std::vector<TuningStage> stages;
};

/// What holding two plans against each other takes.
inline constexpr std::chrono::milliseconds kRaceRound{150};
inline constexpr std::chrono::milliseconds kRaceTime = kRounds * kRaceRound;

/// Finds out what is to be done for the items of `tune`.
class TuningToDo {
 public:
  /// `rates` learns from what is there, and from what the requests plan; both live as long as the requests. `stop` is as
  /// TuneOptions::stop, and may be none.
  TuningToDo(Engine& engine, PlanningRates& rates, std::function<bool()> stop)
      : engine_(engine), rates_(rates), stop_(std::move(stop)) {}

  enum class Depth {
    headers,  ///< what is there counts as usable, and teaches how long planning takes
    bundles   ///< of bundles that are there, those that FFTW does not take are taken away and count as missing
  };

  /// Errors: compute::ArgumentError ← a problem out of range
  /// Cost:   by headers some peeks; by bundles a plan of each, which has memory for its arrays to plan with
  TuningWork work_of(const TuneItem& item, Depth depth);

  /// What this process and all others will find: on the disk, where there is one.
  static std::optional<cache::EntryInfo> look(Engine& engine, const cache::Request& request);

 private:
  template <class Real>
  cache::EntryPtr usable(const FftSpec& spec, cache::Request& request);
  template <class Real>
  std::string known_or_planned(const FftSpec& spec);
  template <class Real>
  bool is_ready(const FftSpec& spec, cache::Request& request);
  template <class Real>
  TuningWork work_in(const TuneItem& item);
  template <class Real>
  void add_own(const FftSpec& spec, TuningWork& work);
  template <class Real>
  void add_first(const FftSpec& adaptive, cache::Request request, TuningWork& work);
  template <class Real>
  void add_race(const FftSpec& adaptive, Rigor rigor, TuningWork& work);
  template <class Plan>
  auto learning(const FftSpec& spec, Plan plan);

  Engine& engine_;
  PlanningRates& rates_;
  const std::function<bool()> stop_;
  Depth depth_ = Depth::bundles;  ///< of the look under way
};

}  // namespace almanac
