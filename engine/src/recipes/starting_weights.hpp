#pragma once

#include <almanac/cache/cache.hpp>
#include <almanac/parameter.hpp>

#include <almanac/compute/starting_weights.hpp>

#include <vector>

namespace almanac::recipes {

/// What says which starting weights are meant, but for their number: scheme, alpha, and exponents or the last of them.
std::vector<Parameter> starting_weights_parameters();

compute::QuadratureRule starting_rule(const ParameterValues& values);

/// The exponents that are given, or those of solutions up to `last`, up to the order of the scheme less one where that is left out too.
/// Errors: InputError ← both are given; compute::ArgumentError ← as compute::starting_exponents.
std::vector<double> starting_exponents(const ParameterValues& values);

/// The artifact of starting weights: `weights` (steps, exponents) and `exponents`; attributes first_node, and of the worst row
/// condition, digits_lost and error. Longer tables keep the rows of shorter ones. Errors: compute::ArgumentError.
cache::Request starting_weights_request(compute::QuadratureRule rule, double alpha, std::vector<double> exponents, std::int64_t steps);

/// The first `steps` rows of such an artifact. digits_lost and error are those of all its rows, so an upper bound.
compute::StartingWeights starting_weights_of(const cache::Artifact& artifact, std::int64_t steps);

}  // namespace almanac::recipes
