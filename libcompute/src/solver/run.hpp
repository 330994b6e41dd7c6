#pragma once

#include "initial_part.hpp"

#include <almanac/compute/convolution_quadrature.hpp>
#include <almanac/compute/solve_fractional.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace almanac::compute::stepping {

/// What ends a run at a step. Thrown by what steps, caught by solve_fractional, which keeps it in the solution.
struct Stop {
  SolverFailure failure;
};

[[noreturn]] void stop(SolverStop reason, std::int64_t step, double time, std::int64_t unknown, double value,
                       const std::string& what);

/// A step, or the first ones together, that the caller's own solve has not solved.
SolverFailure failure_of(const LinearSolveFailure& error, std::int64_t step, double time);

/// Whether the past is needed on a uniform mesh, by History.
HistoryProblem history_problem(const FractionalOptions& options, std::int64_t unknowns, std::int64_t steps);

/// One solution being made: the equation, the times, and the rows that are finished. Arguments have been checked.
class Run {
 public:
  Run(const FractionalEquation& equation, const FractionalTimes& times, const FractionalOptions& options);

  const FractionalEquation& equation;
  const FractionalOptions& options;
  const InitialPart initial;
  const bool uniform;
  const std::int64_t unknowns;
  const std::int64_t steps;
  double step_size = 0;        ///< of uniform times
  std::vector<double> times;   ///< absolute
  const bool keeps_all;        ///< or only the last two rows, where an observer takes them
  std::vector<double> values;  ///< (steps + 1, unknowns), finished rows; or two rows, that of step n at n % 2
  std::int64_t finished = 0;   ///< the last row that is
  SolverWork work;
  std::optional<HistoryChoice> history;
  double history_amplification = 1;  ///< see FractionalSolution::history_error
  StartCorrection start = StartCorrection::none;
  std::string start_reason;  ///< why it is not what automatic tries first
  double starting_digits_lost = 0, starting_error = 0;
  double most_starting_error = 1e-6;  ///< that rounding may leave in coupled first steps; less where they can be done without
  double first_order = 0;  ///< the order in the first step, where it varies

  double largest_order() const { return equation.terms.back().order; }
  double coefficient() const { return equation.terms.back().coefficient; }
  double time(std::int64_t n) const { return times[static_cast<std::size_t>(n)]; }
  std::span<const double> row(std::int64_t n) const;  ///< the last or the one before it, where not all are kept

  /// f(t, y), counted. Stops at what is not finite.
  void evaluate(std::int64_t step, double t, std::span<const double> y, std::span<double> out);

  /// Takes units × size doubles off what memory_limit leaves. Errors: ArgumentError ← there is less; says what for, and `instead`
  void reserve(std::int64_t units, std::int64_t size, const std::string& what, const std::string& instead);
  bool is_short_of_memory() const noexcept { return is_short_; }  ///< the last reserve was refused

  /// Asks of the sums of a scheme that differentiates what the solution is to have: v has their error, divided by the coefficient, times
  /// the sum of the weights of the integral, steps^alpha / Gamma(1 + alpha).
  void sharpen(HistoryProblem& problem, double coefficient);

  /// Makes a history of a uniform run, of `still` that are to share the memory left, and notes which it is.
  std::unique_ptr<History> make_history(HistoryProblem problem, int still = 1);

  /// Weights of convolution quadrature 0 … out.size() - 1, some at a time, between which the caller is polled.
  void make_weights(QuadratureRule rule, double alpha, std::span<double> out) const;

  /// Keeps y_n = initial part + v, the next row. Stops where it is not finite.
  void keep(std::int64_t n, std::span<const double> v);
  /// Tells the observer of the last row.
  void tell(std::int64_t n) const;

 private:
  std::span<double> place(std::int64_t n);

  std::uint64_t memory_left_;
  bool is_short_ = false;
};

}  // namespace almanac::compute::stepping
