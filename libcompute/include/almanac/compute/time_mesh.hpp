#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace almanac::compute {

inline constexpr std::uint64_t kMaxMeshSteps = 100'000'000;

/// t_n = T n / N, n = 0 … N.
/// Errors:   ArgumentError naming end ← T not positive and finite, or so small that t_1 is not a normal number; steps ← N outside
///           [1, kMaxMeshSteps]
/// Accuracy: 1 ulp; t_N = T
std::vector<double> uniform_mesh(double end, std::uint64_t steps);

/// t_n = T (n/N)^r, n = 0 … N: steps that grow from T N^-r to r T/N, for solutions that behave as t^alpha at 0. With
/// r = p/alpha a scheme of order p gains it back; L1: r = (2 - alpha) / alpha.
/// Errors:   ArgumentError as uniform_mesh; grading ← r not in [1, 100], or T N^-r not a normal number
/// Accuracy: 3 ulp; t_N = T; r = 1 is uniform_mesh bit for bit
/// Source:   Brunner 2004, Collocation Methods for Volterra Integral Equations; Stynes, O'Riordan, Gracia 2017, SIAM J.
///           Numer.
///           Anal. 55, 1057
std::vector<double> graded_mesh(double end, std::uint64_t steps, double grading);

/// Refuses a mesh that is not finite and increasing.
/// Errors:   ArgumentError naming mesh ← fewer than 2 points; mesh[i], with its value and the one before ← not finite, or not
///           above mesh[i-1]
void check_mesh(std::span<const double> mesh);

}  // namespace almanac::compute
