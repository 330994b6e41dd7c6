#pragma once

#include "equation_case.hpp"

#include <almanac/compute/starting_weights.hpp>

#include <vector>

namespace almanac::models {

/// Starting weights that a case will ask for.
struct StartingNeed {
  compute::QuadratureRule rule;
  double alpha;
  std::vector<double> exponents;
};

/// Lets the solver go as far as it gets without f, on the first steps of a case: what it refuses is refused here, before anything is
/// computed, and what starting weights it asks for is known.
/// Errors: InputError ← what it refuses, at the field that it comes from
/// Cost:   well below a millisecond
std::vector<StartingNeed> probe(const EquationSetup& setup, mission::MissionText& text);

}  // namespace almanac::models
