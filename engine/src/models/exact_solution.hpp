#pragma once

#include "forcing.hpp"

#include <functional>

namespace almanac::models {

/// y(t) of Caputo D^alpha y = -rate y + forcing, y(0) = value and y'(0) = velocity:
///   y = value E_alpha(-rate t^alpha) + velocity t E_{alpha,2}(-rate t^alpha) + Σ_jumps size (t-s)^alpha E_{alpha,alpha+1}(-rate (t-s)^alpha)
/// Empty where the forcing is not made of jumps: nothing closed is known.
/// Errors:   none here; of a call: none, overflow is an infinity
/// Accuracy: that of compute::mittag_leffler, some 1e-14 of the largest term
/// Source:   Gorenflo, Mainardi 1997, Fractional calculus: integral and differential equations of fractional order, sec. 3
std::function<double(double t)> exact_solution(double alpha, double rate, double value, double velocity, const TemporalForcing& forcing);

}  // namespace almanac::models
