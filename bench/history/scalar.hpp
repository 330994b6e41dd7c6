#pragma once

#include <almanac/compute/history.hpp>

#include <cstdint>
#include <string_view>

namespace almanac::bench {

// D^alpha u = -u, u(0) = 1 on [0, 1] by implicit Grünwald–Letnikov with the whole memory: what all solve.
inline constexpr double kAlpha = 0.5, kLambda = -1.0;

/// u(1) after `steps` steps by an engine of the library.
double relaxed(std::int64_t steps, compute::HistoryMethod method, const compute::FftPlanProvider& plans = {});

/// Ends the program with a message where u(1) differs by more than `tolerance` from sums in another way: up to 2^16 steps each
/// term, beyond exponentials to 1e-15. Gives the difference.
double verify(std::string_view competitor, std::int64_t steps, double u, double tolerance);

/// The tolerance of an engine whose sums are off by at most `bound`: this scheme makes it steps^alpha of that at most, u ≤ 1.
double tolerance_of(std::int64_t steps, double bound);

}  // namespace almanac::bench
