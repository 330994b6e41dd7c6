#pragma once

#include <cstdint>
#include <span>

namespace almanac::compute {

inline constexpr double kMaxIntegrationAlpha = 4.0;
inline constexpr std::uint64_t kMaxIntegrationIndex = 100'000'000;

/// Weights of the product rectangle rule, b_k = ((k+1)^alpha - k^alpha) / Gamma(alpha + 1), for the integral of order alpha,
///   J^alpha f(t_n) = 1/Gamma(alpha) ∫_0^{t_n} (t_n - s)^(alpha-1) f(s) ds:
///   explicit (and predictor of Diethelm, Ford, Freed):  h^alpha Σ_{k=0}^{n-1} b_k f_{n-1-k}
///   implicit:                                           h^alpha Σ_{k=0}^{n-1} b_k f_{n-k}
/// Shapes:   out[i] = b_(first + i); any first, length and alignment
/// Units:    for h = 1
/// Errors:   ArgumentError naming alpha ← not in (0, 4]; first ← above kMaxIntegrationIndex; out.size() ← the last index would be
///           above it. out is untouched then
/// Threads:  thread-safe; b_k has the same bits for every first, length and alignment
/// Cost:     a power and a logarithm a weight, 50 to 100 ns; 0.2 ms where first < 16
/// Accuracy: 7 ulp (bound in power_differences.hpp); correctly rounded but for 2^-40 of an ulp for k < 16. Proved to k = 1e8
///           against golden values of 180 digits by ProductIntegration.WeightsAreWithin…
/// Source:   Diethelm, Ford, Freed 2002, Nonlinear Dynam. 29, 3; Garrappa 2018, Mathematics 6, 16
void rectangle_weights(double alpha, std::uint64_t first, std::span<double> out);

/// Weights of the product trapezoidal rule: J^alpha f(t_n) ≈ h^alpha (s_n f_0 + Σ_{k=0}^{n-1} a_k f_{n-k}), with
///   a_0 = 1 / Gamma(alpha + 2),  a_k = ((k+1)^(alpha+1) - 2 k^(alpha+1) + (k-1)^(alpha+1)) / Gamma(alpha + 2),
///   s_n = trapezoid_start_weights.
/// As corrector of Diethelm, Ford, Freed: f_n in it is taken at the predictor's value.
/// Shapes, Units, Errors, Threads, Cost, Accuracy: as rectangle_weights
/// Source:   Diethelm, Ford, Freed 2002; Garrappa 2018
void trapezoid_weights(double alpha, std::uint64_t first, std::span<double> out);

/// s_n = ((n-1)^(alpha+1) - n^alpha (n - alpha - 1)) / Gamma(alpha + 2), n ≥ 1.
/// Shapes:   out[i] = s_(first + i)
/// Errors:   as rectangle_weights; first ← below 1
/// Units, Threads, Cost, Accuracy: as rectangle_weights
void trapezoid_start_weights(double alpha, std::uint64_t first, std::span<double> out);

/// The same rules on any increasing mesh: J^alpha f(t_n) - with 0 = t_0, from t_0 on - as
///   rectangle:  explicit Σ_{j=0}^{n-1} b_{n,j} f_j, implicit Σ_{j=0}^{n-1} b_{n,j} f_{j+1}
///   trapezoid:  Σ_{j=0}^{n} a_{n,j} f_j
/// Shapes:   mesh (at least step + 1); out: b_{n,j} at j (step), a_{n,j} at j (step + 1), for n = step
/// Units:    t^alpha
/// Errors:   ArgumentError ← alpha not in (0, 4]; step outside [1, mesh.size() - 1]; out.size() not as above; mesh[i] with its
///           value where it is not finite or not above the one before
/// Cost:     50 to 200 ns a weight
/// Accuracy: the mesh is taken as exact: 16 ulp, ProductIntegration.MeshWeightsAreWithin…
/// Source:   Diethelm, Ford, Freed 2002; Garrappa 2018; graded: Liu, Roberts, Yan 2018, Numer. Algorithms 78, 1195
void rectangle_mesh_weights(double alpha, std::span<const double> mesh, std::uint64_t step, std::span<double> out);
void trapezoid_mesh_weights(double alpha, std::span<const double> mesh, std::uint64_t step, std::span<double> out);

}  // namespace almanac::compute
