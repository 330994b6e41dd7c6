#pragma once

#include <cstdint>
#include <span>

namespace almanac::compute {

/// The time axis of relax_modes.
struct RelaxationSteps {
  double alpha;                           ///< order of the Caputo derivative, in (0, 2]
  double dt;                              ///< > 0, dt^-alpha finite and not zero
  std::int64_t steps;                     ///< ≥ 0; t_n = n dt, n = 0 … steps
  std::span<const double> weights;        ///< Grünwald–Letnikov weights w_0 … of alpha, at least steps + 1; finite
  std::span<const std::int64_t> outputs;  ///< the step numbers to record, increasing, in [0, steps]
};

/// Steps many independent modes of Caputo D_t^alpha u = lambda u by implicit Grünwald–Letnikov on v = u - u0 - t u1:
///   dt^-alpha Σ_{k=0}^{n} w_k v^{n-k} = lambda u^n,  v^0 = 0,
/// with the full history, summed directly. alpha = 1 is implicit Euler, alpha = 2 its second-order companion.
/// Shapes:   lambda, u0 (modes); u1 (modes), or empty for zero; out (outputs, modes): element (o, m) at o*out_stride + m,
///           out_stride ≥ modes; what lies between the rows is not touched. out must not overlap the inputs
/// Units:    lambda in 1/t^alpha, u1 in units(u)/t
/// Errors:   ArgumentError ← anything outside the ranges above; lambda not finite or ≥ w_0 dt^-alpha (lambda ≤ 0 never is);
///           u0, u1 not finite; u1 given with alpha ≤ 1; sizes that do not match; threads < 1
/// Threads:  thread-safe; the same bits for every thread count and however the modes are cut into calls
/// Cost:     modes × min(steps, last weight that is not zero) × steps operations; steps × 200 bytes a thread, whatever the
///           number of modes. From about 1000 modes a call on every thread is busy
/// Accuracy: first order in dt. Rounding: each step that of a sum of n terms; relaxation_test.cpp derives and proves the
///           bound. u^n = u0 + t u1 + v^n is as good as that sum is large: absolute, not relative, once u has decayed
/// Source:   Podlubny 1999 (7.4); Lubich 1986, with the backward difference
void relax_modes(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                 std::span<const double> u1, std::span<double> out, std::int64_t out_stride, int threads = 1);

/// The obvious version, one mode after the other: what relax_modes is tested against. Arguments are taken as they are.
void relax_modes_reference(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                           std::span<const double> u1, std::span<double> out, std::int64_t out_stride);

}  // namespace almanac::compute
