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
/// is put aside at its start and given back at its end, or at the end of the last FftPlanningScope.
template <class Real>
class FftwPlannerSession {
 public:
  explicit FftwPlannerSession(int threads);
  ~FftwPlannerSession();
  FftwPlannerSession(const FftwPlannerSession&) = delete;
  FftwPlannerSession& operator=(const FftwPlannerSession&) = delete;

  void forget() noexcept { Fftw<Real>::forget_wisdom(); }
  bool import(const std::string& bundle) noexcept { return Fftw<Real>::import_wisdom_from_string(bundle.c_str()) != 0; }
  std::string export_bundle() const;
  /// What an emptied planner writes at the head of its wisdom; for the life of the process.
  const WisdomHeader& header() const noexcept;

  /// Plans on scratch arrays; nullptr when FFTW has no plan with these flags.
  typename Fftw<Real>::Plan plan(const FftLayout& layout, const FftProblem& problem, unsigned flags);
  /// Plans and throws the plan away: what stays is the wisdom. False when there was no plan.
  bool learn(const FftLayout& layout, const FftProblem& problem, unsigned flags);

 private:
  std::unique_lock<std::mutex> lock_;
};

/// What to say when FFTW has no plan at all of a problem, at any rigor.
/// Errors: always ArgumentError
[[noreturn]] void refuse_problem(const FftProblem& problem);

/// FFTW's planner flag of a rigor.
unsigned fftw_flag(Rigor rigor) noexcept;

}  // namespace almanac::compute
