#pragma once

#include "wisdom_grammar.hpp"

#include <optional>

namespace almanac::compute {

/// The header of what FFTW's planner of Real would export now, where it holds no wisdom. nullopt ← it holds some, or is of an
/// FFTW of which is not known where it keeps that: then an export tells.
/// Precondition: the planner's lock is held.
/// Cost: 0.14 ms, for the digest of all solvers; an export takes 0.24 ms. 1 µs where there is wisdom.
template <class Real>
std::optional<WisdomHeader> header_of_empty_planner();

}  // namespace almanac::compute
