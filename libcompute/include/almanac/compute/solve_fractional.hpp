#pragma once

#include <almanac/compute/fractional_equation.hpp>
#include <almanac/compute/fractional_scheme.hpp>
#include <almanac/compute/fractional_solution.hpp>
#include <almanac/compute/history.hpp>
#include <almanac/compute/starting_weights.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace almanac::compute {

/// The times of a solution: uniform ones, or a mesh.
struct FractionalTimes {
  double start = 0;                   ///< t_0, where the derivatives begin
  double end = 1;                     ///< > start
  std::int64_t steps = 0;             ///< ≥ 1: t_n = t_0 + (end - t_0) n / steps
  std::span<const double> mesh = {};  ///< instead of all that: t_0 < t_1 < …; taken as not uniform, whatever it is
};

inline constexpr double kMinNewtonTolerance = 1e-15;
inline constexpr std::int64_t kMaxNewtonUnknowns =
    10'000;  ///< of the dense system: unknowns, times the first steps that are coupled

/// Is given each finished step, step 0 first; y is valid during the call. What it throws passes through the solver.
using FractionalObserver = std::function<void(std::int64_t step, double t, std::span<const double> y)>;

/// Gives the starting weights that starting_weights would make of the same arguments, out of a cache for instance.
using StartingWeightsProvider =
    std::function<StartingWeights(QuadratureRule rule, double alpha, std::span<const double> exponents, std::uint64_t steps)>;

struct FractionalOptions {
  FractionalScheme scheme = FractionalScheme::bdf2;
  StartCorrection start = StartCorrection::automatic;  ///< of bdf2 … bdf6 and the multistep schemes
  std::vector<double> start_exponents =
      {};                           ///< of starting weights; empty: found from the orders. Without those of the initial part
  int corrections = 1;              ///< of predictor_corrector, in [1, 100]
  double newton_tolerance = 1e-13;  ///< relative change at which Newton's method ends, in the largest norm; in [1e-15, 0.1]
  int newton_iterations = 50;       ///< at most, a step; in [1, 1000]
  // as HistoryProblem has them
  HistoryMethod history = HistoryMethod::automatic;
  /// What the history's truncation may make of the solution (FractionalSolution::history_error), in [1e-15, 1]: a scheme that
  /// differentiates is given sums to this divided by history_amplification(alpha, steps), but not below 1e-15, which their rounding is
  double history_tolerance = 1e-12;
  std::int64_t history_terms = 0;
  std::uint64_t memory_limit = 0;  ///< bytes of histories, past and kept values together; 0: half of this machine's memory
  int threads = 1;
  FftPlanProvider plans = {};
  /// Empty: they are made here. What it throws passes through the solver, but an ArgumentError where automatic does without weights
  StartingWeightsProvider starting_weights = {};
  /// Called every now and then before the first step, while weights and histories of many steps are made. What it throws passes through
  std::function<void()> poll = {};
  FractionalObserver observer = {};  ///< with one, the solution keeps times and no values, two rows are in memory at a time
};

/// Solves an equation of fractional order step by step.
///
/// Implicit schemes solve their step by Newton's method from the step before: the matrix a I - b ∂f/∂y is factored (Eigen, dense)
/// and kept from step to step until a change is not ten times smaller than the one before; then it is made anew, there. One unknown: the
/// slope is renewed by the secant. It ends at newton_tolerance, or where rounding keeps changes below 1e-10 from shrinking (8 units over the
/// reciprocal condition of the step where that is more, up to 1e-6). Differences of f are taken to one side; where the condition is beyond
/// what these tell, to both; and beyond what those tell, a Jacobian counts as singular where the iteration does not converge. On a
/// uniform mesh the past is summed by `History`, one for all terms together.
///
/// Where equation.linear_solve is given, a step is one such solve, for fields of any size. First steps that are coupled, A v - B L v =
/// right, are then solved by refinement: through the complex Schur form of B^-1 A to shifted systems (mu - L) w = r, each by
/// Chebyshev's iteration with (|mu| - L)^-1 before it, whose spectrum is the segment from 1 to mu / |mu|: an iteration multiplies the
/// error by tan(arg(mu) / 4).
/// Units:    of f: those of y / t^alpha
/// Errors:   ArgumentError beforehand ← any field outside its range (terms[i].order, mesh[i] … with their values); an order outside
///           the scheme's range; a scheme that does not take the mesh, the terms, the derivative or the data; values, past or a history
///           that do not fit memory_limit, with what would (choose_history). What happens at a step ends the solution there:
///           solution.failure() says the step, the time and the value, and all steps before are kept. Exceptions of f, linear_solve and observer pass through
/// Threads:  thread-safe as far as f is; f, linear_solve and observer are called from the calling thread only
/// Cost:     the history's, two or three f a step, unknowns² of solving a step; on a mesh steps² / 2 weights of 50 to 200 ns a term
/// Accuracy: order and start as FractionalScheme says, FractionalOrders.…; the discrete scheme itself to rounding and Newton tolerance,
///           FractionalGolden.AreTheDiscreteSchemesOfR05, times what the scheme makes of an error in its sums: up to
///           steps^alpha / Gamma(1+alpha), which for alpha near 2 and many steps is much (5e-8 at alpha = 1.9, 32768 steps)
/// Source:   grunwald … bdf6: Lubich 1986, SIAM J. Math. Anal. 17, 704; Jin, Li, Zhou 2017, SIAM J. Sci. Comput. 39, A3129.
///           trapezoidal … flmm_bdf2: Lubich 1985, Math. Comput. 45, 463; Garrappa 2015, Math. Comput. Simulation 110, 96. l1: Lin, Xu
///           2007; Sun, Wu 2006, Appl. Numer. Math. 56, 193. l1_2: Gao, Sun, Zhang 2014. l2_1_sigma: Alikhanov 2015. Product
///           integration: Diethelm, Ford, Freed 2002, Nonlinear Dynam. 29, 3; Garrappa 2018, Mathematics 6, 16
FractionalSolution solve_fractional(const FractionalEquation& equation, const FractionalTimes& times,
                                    const FractionalOptions& options = {});

}  // namespace almanac::compute
