#pragma once

#include <almanac/compute/fft.hpp>

#include <array>
#include <string>

namespace almanac::bench {

/// The transforms whose planning is compared: complex, double precision, forward, out of place, one thread, MEASURE.
inline const std::array<compute::FftProblem, 5> kProblems{{
    {.extent = {1024}},
    {.extent = {65536}},
    {.extent = {256, 256}},
    {.extent = {512, 512}},
    {.extent = {64, 64, 64}},
}};

/// The names of one competitor's benchmarks over all problems, joined for a sum; `suffix` as Google Benchmark adds it.
inline std::string sum_over_problems(const std::string& competitor, const std::string& suffix = "") {
  std::string names;
  for (std::size_t i = 0; i < kProblems.size(); ++i) names += (i == 0 ? "" : "+") + competitor + "/" + std::to_string(i) + suffix;
  return names;
}

}  // namespace almanac::bench
