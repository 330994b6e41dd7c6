#pragma once

#include "fft_layout.hpp"
#include "fftw_api.hpp"
#include "wisdom_grammar.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <type_traits>

namespace almanac::compute {

/// The lock around all planner state of every precision, destruction of plans included. Nothing else is locked under it.
std::mutex& fftw_planner_lock() noexcept;

template <class Real>
struct FftwPlanDeleter {
  using pointer = typename Fftw<Real>::Plan;
  void operator()(pointer plan) const noexcept {
    const std::lock_guard lock(fftw_planner_lock());
    Fftw<Real>::destroy_plan(plan);
  }
};

/// A live plan. Its deleter takes the planner's lock: never destroy one while a session is open.
template <class Real>
using FftwPlanHandle = std::unique_ptr<std::remove_pointer_t<typename Fftw<Real>::Plan>, FftwPlanDeleter<Real>>;

/// The planner, emptied, for one caller: while it lives it holds the lock; what wisdom and thread count the program had
/// is put aside at its start and given back at its end, or at the end of the last FftPlanningScope. What one session has held
/// the next one may find there while such a scope is open.
template <class Real>
class FftwPlannerSession {
 public:
  enum class Keep { nothing, held };
  explicit FftwPlannerSession(int threads, Keep keep = Keep::nothing);
  ~FftwPlannerSession();
  FftwPlannerSession(const FftwPlannerSession&) = delete;
  FftwPlannerSession& operator=(const FftwPlannerSession&) = delete;

  void forget() noexcept;
  bool import(const std::string& bundle) noexcept { return Fftw<Real>::import_wisdom_from_string(bundle.c_str()) != 0; }
  /// Has it know this bundle and nothing else: a look-up with FFTW_WISDOM_ONLY leaves it so. Nothing to do where it is held.
  bool hold(const std::shared_ptr<const std::string>& bundle) noexcept;
  std::string export_bundle() const;
  /// What an emptied planner writes at the head of its wisdom, as long as the program does not clean FFTW up.
  const WisdomHeader& header() const noexcept;

  /// Plans on scratch arrays; nullptr when FFTW has no plan with these flags.
  typename Fftw<Real>::Plan plan(const FftLayout& layout, const FftProblem& problem, unsigned flags);
  /// Plans and throws the plan away: what stays is the wisdom. False when there was no plan.
  bool learn(const FftLayout& layout, const FftProblem& problem, unsigned flags);

 private:
  std::unique_lock<std::mutex> lock_;
};

/// What an emptied planner wrote at the head of its wisdom when the last session began; if there was none yet, one is opened.
/// Threads: thread-safe, waits for nobody once there was a session; lives as long as the process
template <class Real>
const WisdomHeader& last_wisdom_header();

/// What to say when FFTW has no plan at all of a problem, at any rigor.
/// Errors: always ArgumentError
[[noreturn]] void refuse_problem(const FftProblem& problem);

/// FFTW's planner flag of a rigor.
unsigned fftw_flag(Rigor rigor) noexcept;

}  // namespace almanac::compute
