#pragma once

#include "run.hpp"

#include <Eigen/Core>

#include <functional>
#include <vector>

namespace almanac::compute::stepping {

/// First steps r = 1 … m that starting weights couple: Σ_{j=1}^{m} (a_{r,j} v_j - b_{r,j} f(t_j, v_j + initial part)) = right_r.
struct StartBlock {
  Eigen::MatrixXd a, b;       ///< (m, m); r, j from 0
  std::vector<double> right;  ///< (m, unknowns)
};

/// A v - B f - right, (m, unknowns) as v and f. By rows in plain loops, m being small and unknowns many.
std::vector<double> residual_of(const StartBlock& block, std::span<const double> v, std::span<const double> f);

/// Solves it by Newton's method and keeps its rows.
/// Gives:  v_1 … v_m, (m, unknowns)
std::vector<double> solve_start_block(Run& run, const StartBlock& block);

/// The same where the equation brings its linear solve.
std::vector<double> solve_linear_start_block(Run& run, const StartBlock& block);

/// The most that the rounding of values in double may come to, multiplied by starting weights, before they are given up.
inline constexpr double kMostStartingError = 2e-10;

/// What `make` gives; none, and run.start_reason says why, where `may_do_without` and the weights cannot be made or are of no use: too
/// many, too ill-conditioned, or so large, in that unit, that they multiply roundings by more than kMostStartingError allows.
StartingWeights starting_weights_or_reason(Run& run, bool may_do_without, double unit, const std::function<StartingWeights()>& make);

/// The same of the steps that they couple: where their system is singular, Newton's method does not converge or memory does not do.
std::vector<double> first_steps_or_reason(Run& run, bool may_do_without, const std::function<std::vector<double>()>& solve);

/// Refuses a block that is too large, or has more steps than the run.
void check_start_block(const Run& run, std::int64_t block_steps);

/// Starting weights of the run's steps, from whom the options name. Errors: ArgumentError ← what they gave has another shape
StartingWeights starting_weights_for(const Run& run, QuadratureRule rule, double alpha, std::span<const double> exponents);

/// The powers of t - t_0, up to `last`, that v = y - initial part begins with, where f is smooth: the largest order plus sums of 1, the
/// orders and their differences; and whole powers, which a right side that is not smooth can leave.
/// Gives them increasing; sums closer than 1e-12 count once
std::vector<double> solution_exponents(const FractionalEquation& equation, double last);

}  // namespace almanac::compute::stepping
