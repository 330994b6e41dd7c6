#pragma once

#include <almanac/compute/fractional_equation.hpp>

#include <functional>
#include <vector>

namespace almanac::compute {

inline constexpr int kMaxDistributedNodes = 64;

/// The terms of ∫_from^to density(alpha) D^alpha y dalpha ≈ Σ_q w_q density(alpha_q) D^(alpha_q) y by the rule of Gauss and Legendre, of
/// `nodes` points on each part between whole orders: at these Caputo's derivative jumps, between them it is analytic in alpha.
/// Errors:   ArgumentError naming from, to ← not 0 ≤ from < to ≤ 4; nodes ← outside [1, 64]; density ← empty, or with its value where
///           it is not finite or 0 at the largest order
/// Cost:     the terms of an equation share one history: few more nodes cost their weights only
/// Accuracy: exact for density(alpha) D^alpha y (t) a polynomial of degree 2 nodes - 1 in alpha on each part; geometric for what is
///           analytic. Nodes and weights to 1e-15. DistributedOrder.…
/// Source:   Diethelm, Ford 2009, J. Comput. Appl. Math. 225, 96
std::vector<FractionalTerm> distributed_order(const std::function<double(double alpha)>& density, double from, double to,
                                              int nodes);

}  // namespace almanac::compute
