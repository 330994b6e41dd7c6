#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <benchmark/benchmark.h>

namespace almanac::bench {

inline constexpr double kAlpha = 0.75;

/// The lengths that are compared; the two longest do not fit any cache.
inline void lengths(benchmark::internal::Benchmark* timed) {
  timed->Arg(100'000)->Arg(1'000'000)->Arg(10'000'000)->Arg(100'000'000)->Unit(benchmark::kMicrosecond);
}

/// The array all competitors write: allocated and touched once, so that no page is mapped while the clock runs.
std::span<double> output(std::int64_t length);

/// Ends the program with a message when weights differ from a recurrence in extended precision by more than `tolerance` of
/// themselves and the recurrence's own error, at some thousand indices up to the last.
void verify(std::string_view competitor, std::span<const double> weights, double tolerance);

}  // namespace almanac::bench
