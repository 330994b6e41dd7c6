#pragma once

#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace almanac::compute {

// Real is float, double or long double throughout; each precision is a library of its own, with its own planner and wisdom.

/// What wisdom depends on besides the problem: library version, precision, and FFTW's hash over the solvers it has
/// ("fftw-3.3.10/fftw_wisdom/3c273403192df1144d08727ce98e9b9d"). It does not tell processors apart: see cpu_model.
/// This library initialises FFTW's threads the first time a precision is asked for, as fftw_init_threads() does. They bring
/// solvers of their own: wisdom that the program exported before is then of another signature, and FFTW does not take it; a
/// program with wisdom of its own calls fftw_init_threads() first.
/// It is the same for the life of the process unless the program calls fftw_cleanup() or fftw_cleanup_threads(), which it may
/// where no FftPlan and no FftPlanningScope lives. Then the next planning through this library sees what FFTW has become,
/// refuses bundles of the earlier signature, and this function gives the new one.
/// Threads: thread-safe
template <class Real>
std::string fftw_signature();

/// The processor model, as wisdom is bound to it ("Intel(R) Xeon(R) Processor, family 6, model 207, stepping 2").
/// Threads: thread-safe; the same for the life of the process
std::string cpu_model();

/// Plans at the problem's rigor in an emptied planner and gives the bundle: the wisdom of this problem alone, in the text
/// form that FFTW exports (and fftw-wisdom(1) reads), without_timeouts. Empty for Rigor::estimate,
/// which needs none. The program's own wisdom is afterwards as it was.
/// Errors:  ArgumentError ← check, or FFTW cannot do this problem at any rigor; WisdomError ← FFTW found no plan at this rigor
///          (the program has set a time limit)
/// Threads: thread-safe, one at a time
/// Cost:    milliseconds (measure, small) to hours (exhaustive, large); memory for input and output
template <class Real>
std::string make_wisdom(const FftProblem& problem);

/// How plans of a split problem have the parts of their sides, which wisdom depends on: FftPlan::input_split_distance() and
/// output_split_distance(), without a plan.
/// Errors: ArgumentError ← check
struct SplitDistances {
  std::size_t input = 0, output = 0;
};
template <class Real>
SplitDistances split_distances(const FftProblem& problem);

/// While one lives, the wisdom and thread count that the program itself has in FFTW's planner are put aside once, and given
/// back when the last one ends, instead of for every plan: that saves 0.2 ms a plan (FFTW hashes the names of its solvers
/// at every export). Meanwhile nobody else in the process may plan with FFTW: what they learn would be lost.
/// May be a static object: it can end after everything in this library.
/// Threads: thread-safe, nests
class FftPlanningScope {
 public:
  FftPlanningScope();
  ~FftPlanningScope();
  FftPlanningScope(const FftPlanningScope&) = delete;
  FftPlanningScope& operator=(const FftPlanningScope&) = delete;
};

inline constexpr std::size_t kMaxWisdomBytes = std::size_t{1} << 20;

/// Empty when `wisdom` is a bundle that FFTW of this precision and signature reads without harm; else the reason, with its
/// line. Checked are the exact form FFTW exports, version, precision and signature, and for each record that every number
/// fits the planner's fields (FFTW aborts the process on one that does not), and that no problem has more than 64 records
/// (FFTW searches them one by one). It does not say that the wisdom is good.
/// Threads: thread-safe
template <class Real>
std::string refuse_wisdom(std::string_view wisdom);

/// The wisdom without the records of searches that ran out of time: they would keep FFTW from looking again.
std::string without_timeouts(std::string_view exported);

}  // namespace almanac::compute
