#pragma once

#include <almanac/compute/fft.hpp>

#include <chrono>
#include <functional>
#include <span>
#include <vector>

namespace almanac::compute {

/// Seconds that one execution of each plan takes: the least of many, which the plans run in turns on the same zeroed arrays, so
/// that what disturbs the machine meets them alike. Takes about `budget` for all together, and at least three executions of
/// each. Empty when `stop` said so, which is asked between executions (of short ones, between some 20 µs of them).
/// Errors:  ArgumentError ← the plans are not of one problem but for its rigor
/// Threads: thread-safe; what else runs on the machine is in the figures
template <class Real>
std::vector<double> execution_seconds(std::span<const FftPlan<Real>* const> plans, std::chrono::nanoseconds budget,
                                      const std::function<bool()>& stop = {});

}  // namespace almanac::compute
