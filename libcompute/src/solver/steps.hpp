#pragma once

#include "run.hpp"

namespace almanac::compute::stepping {

// One function a way of stepping: it keeps row after row of the run, or throws what stops it. Arguments have been checked.

/// Σ_i c_i D^(alpha_i), discretized by convolution quadrature, = f: grunwald, bdf2 … bdf6.
void step_quadrature(Run& run);

/// y = initial part + quadrature of the integral of f: trapezoidal, newton_gregory, flmm_bdf2.
void step_multistep(Run& run);

/// l1, l1_2, l2_1_sigma for orders below 1 on uniform times.
void step_l_scheme(Run& run);

/// l1 for 1 < alpha < 2 on uniform times, as Sun and Wu have it.
void step_l1_wave(Run& run);

/// The product integrations on uniform times.
void step_product(Run& run);

/// l1, l1_2, l2_1_sigma on a mesh, and variable order.
void step_l_mesh(Run& run);

/// The product integrations on a mesh.
void step_product_mesh(Run& run);

}  // namespace almanac::compute::stepping
