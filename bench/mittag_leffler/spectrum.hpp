#pragma once

#include <span>
#include <string_view>

#include <benchmark/benchmark.h>

namespace almanac::bench {

inline constexpr double kAlpha = 0.8;

/// The arguments of one step of a 512 x 512 diffusion: -kappa (k² + l²) pi² t^alpha, over six magnitudes; the first is zero.
std::span<const double> eigenvalues();

/// Where the competitors write: allocated and touched once.
std::span<double> output();

/// Ends the program with a message where values of E_alpha differ by more than `tolerance` of themselves from mittag_leffler,
/// at every 997th eigenvalue.
void verify(std::string_view competitor, std::span<const double> values, double tolerance);

}  // namespace almanac::bench
