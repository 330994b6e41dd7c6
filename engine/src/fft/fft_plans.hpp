#pragma once

#include "fft/live_plans.hpp"
#include "fft/planned_log.hpp"

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>
#include <almanac/fft.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace almanac {

/// The plans of one engine: live ones, those from bundles, and those of Rigor::adaptive, which never wait.
/// Threads: thread-safe.
class FftPlans {
 public:
  using Get = std::function<cache::Answer(const cache::Request&)>;
  using Warn = std::function<void(std::string_view)>;

  /// `get` asks for a bundle and makes it where nobody has it; `disk` is the cache's tier on disk, or nullptr.
  FftPlans(cache::Cache& cache, cache::DiskTier* disk, Get get, Warn warn, PlannedLog& log)
      : cache_(cache), disk_(disk), get_(std::move(get)), warn_(std::move(warn)), log_(log) {}

  /// Errors: as Engine::fft_plan
  template <class Real>
  FftPlan<Real> plan(const FftSpec& spec);

  /// Requests that a live plan answered.
  std::uint64_t hits() const noexcept;

  /// True where an adaptive request was answered with less than a patient search gives.
  bool wants_tuning() const noexcept { return wants_tuning_.load(std::memory_order_relaxed); }

 private:
  template <class Real>
  using Plan = typename LivePlans<Real>::Plan;

  template <class Real>
  LivePlans<Real>& live();
  template <class Real>
  Plan<Real> made(const FftSpec& spec, const cache::Request& request);
  template <class Real>
  Plan<Real> estimated(const FftSpec& spec, const cache::Request& request);
  template <class Real>
  Plan<Real> measured(const FftSpec& spec, cache::Request request);
  template <class Real>
  Plan<Real> best_known(const FftSpec& spec, const cache::Request& request);
  template <class Real>
  Plan<Real> stored(const FftSpec& spec, cache::Request request);

  cache::Cache& cache_;
  cache::DiskTier* const disk_;
  const Get get_;
  const Warn warn_;
  PlannedLog& log_;
  LivePlans<float> single_;
  LivePlans<double> double_;
  LivePlans<long double> long_double_;
  std::atomic<bool> wants_tuning_{false};
};

}  // namespace almanac
