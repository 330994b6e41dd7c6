#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace almanac::compute {

/// Schemes that differentiate a piecewise polynomial and integrate it against the kernel exactly.
enum class LScheme {
  l1,          ///< piecewise linear; order 2 - alpha. Also for 1 < alpha < 2, see l_weights
  l1_2,        ///< quadratic through three levels back from each interval; order 3 - alpha
  l2_1_sigma,  ///< quadratic through the level after each interval, at t_(n-1) + sigma h, sigma = 1 - alpha/2; order 3 - alpha
};

std::string_view to_string(LScheme scheme) noexcept;
std::optional<LScheme> parse_l_scheme(std::string_view name) noexcept;

inline constexpr std::uint64_t kMaxLIndex = 100'000'000;

/// Where in its last interval a scheme's derivative stands: t_(n-1) + l_offset(…) h. 1, or 1 - alpha/2 with l2_1_sigma.
/// Errors:   ArgumentError naming alpha ← not in (0, 1), with l1 nor in (1, 2)
double l_offset(LScheme scheme, double alpha);

/// Weights c_k of the Caputo derivative on a uniform mesh, of backward differences:
///   D^alpha u ≈ h^-alpha (Σ_{k=0}^{n-1} c_k (u_{n-k} - u_{n-k-1}) - beta_n (u_1 - u_0)),
/// at t_n, or t_(n-1) + sigma h with l2_1_sigma; beta_n = l_corrections, 0 with l1. With s = 1 - alpha and
///   A_x = ((x + 1/2)^s - (x - 1/2)^s) / Gamma(2 - alpha),
///   B_x = (∫_{x-1/2}^{x+1/2} y^s dy - ((x + 1/2)^s + (x - 1/2)^s) / 2) / Gamma(2 - alpha),
/// they are
///   l1          c_k = A_{k+1/2}
///   l1_2        c_k = A_{k+1/2} + B_{k+1/2} - B_{k-1/2}; without the last term for k = 0
///   l2_1_sigma  c_k = A_{k+sigma-1/2} + B_{k+sigma+1/2} - B_{k+sigma-1/2}; for k = 0, sigma^s / Gamma(2 - alpha) + B_{sigma+1/2}
/// For 1 < alpha < 2, l1 gives ((k+1)^(2-alpha) - k^(2-alpha)) / Gamma(3 - alpha), which are at once the weights of
///   Sun–Wu, order 3 - alpha:  (D^alpha u(t_n) + D^alpha u(t_{n-1})) / 2 ≈ h^(1-alpha) Σ_{k=0}^{n-1} c_k (d_{n-k} - d_{n-k-1}),
///                             d_j = (u_j - u_{j-1}) / h, d_0 = u'(0);
///   L2, order 1:              D^alpha u(t_n) ≈ h^-alpha Σ_{k=0}^{n-1} c_k (u_{n-k+1} - 2 u_{n-k} + u_{n-k-1}), as explicit
///                             schemes have it, or one level back, u_{n-k} - 2 u_{n-k-1} + u_{n-k-2}.
/// Shapes:   out[i] = c_(first + i); any first, length and alignment
/// Units:    for h = 1
/// Errors:   ArgumentError naming alpha ← not in (0, 1), with l1 nor in (1, 2); first ← above kMaxLIndex; out.size() ← the last
///           index would be above it; scheme ← no enumerator. out is untouched then
/// Threads:  thread-safe; c_k has the same bits for every first, length and alignment
/// Cost:     a power and a logarithm a weight, 50 to 100 ns, twice that with the others than l1; 0.3 ms where first < 18
/// Accuracy: 7 ulp (bound in power_differences.hpp) for k ≥ 18, correctly rounded but for 2^-40 of an ulp before; proved for
///           every scheme to k = 1e8 by LSchemes.WeightsAreWithin… against golden values of 180 digits
/// Source:   l1, L2: Oldham, Spanier 1974, The Fractional Calculus, 8.2; Lin, Xu 2007, J. Comput. Phys. 225, 1533. l1_2: Gao, Sun,
///           Zhang 2014, J. Comput. Phys. 259, 33. l2_1_sigma: Alikhanov 2015, J. Comput. Phys. 280, 424. Sun, Wu 2006, Appl.
///           Numer. Math. 56, 193
void l_weights(LScheme scheme, double alpha, std::uint64_t first, std::span<double> out);

/// The same sums over values instead of differences, for v = u - u_0:
///   Σ_{k=0}^{n-1} c_k (v_{n-k} - v_{n-k-1}) = Σ_{k=0}^{n-1} d_k v_{n-k},  d_0 = c_0, d_k = c_k - c_{k-1},
/// without the 7 digits that the subtraction would lose at k = 1e7. A causal convolution, as histories take it; negative for k ≥ 1
/// with l1 and l2_1_sigma.
/// Shapes, Units, Errors, Threads, Cost: as l_weights
/// Accuracy: 7 ulp for k ≥ 18, as above before; LSchemes.NodalWeightsAreWithin…
void l_nodal_weights(LScheme scheme, double alpha, std::uint64_t first, std::span<double> out);

/// beta_n, what the first interval, which has no level before it (l1_2) or is the only one (l2_1_sigma), takes back:
/// B_{n-1/2} with l1_2, B_{n+sigma-1/2} with l2_1_sigma, 0 with l1.
/// Shapes:   out[i] = beta_(first + i), first ≥ 1
/// Errors:   as l_weights; first ← below 1
/// Accuracy: 7 ulp, as above
void l_corrections(LScheme scheme, double alpha, std::uint64_t first, std::span<double> out);

/// The same derivative on any increasing mesh t_0 < t_1 < …: Σ_{j=1}^{n} a_{n,j} (u_j - u_{j-1}) at t_n, or t_(n-1) + sigma
/// (t_n - t_{n-1}) with l2_1_sigma; quadratics are through the same levels as on a uniform mesh.
/// Shapes:   mesh (at least step + 1); out (step): a_{n,j} at j-1 for n = step
/// Units:    1/t^alpha
/// Errors:   ArgumentError ← alpha not in (0, 1); step outside [1, mesh.size() - 1]; out.size() not step; mesh[i] with its value
///           where it is not finite or not above the one before
/// Cost:     100 to 200 ns a weight
/// Accuracy: the mesh is taken as exact. 16 ulp with l1; with the others 16 ulp of the largest of the terms A and B that a weight
///           is the sum of. LSchemes.MeshWeightsAreWithin…
/// Source:   l1: Stynes, O'Riordan, Gracia 2017, SIAM J. Numer. Anal. 55, 1057 (graded, r = (2-alpha)/alpha: order 2 - alpha);
///           l2_1_sigma: Liao, McLean, Zhang 2019, SIAM J. Numer. Anal. 57, 218; Chen, Stynes 2019, J. Sci. Comput. 79, 624
void l_mesh_weights(LScheme scheme, double alpha, std::span<const double> mesh, std::uint64_t step, std::span<double> out);

}  // namespace almanac::compute
