#pragma once

#include "problem.hpp"

namespace almanac::compute::mlf {

/// d^k/dz^k E^gamma_{alpha,beta} at one z, for checked parameters, with the error that it is thought to have, relative to the
/// larger of the value and its slope. What is beyond the double numbers is beyond them here too.
struct Evaluation {
  Complex<Extended> value;
  Extended relative_error;
};

Evaluation evaluate(double alpha, double beta, double gamma, int derivative, Complex<Extended> z);

}  // namespace almanac::compute::mlf
