#pragma once

#include <almanac/compute/fft.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::bench {

/// The transforms whose planning is compared: double precision, out of place, one thread, MEASURE; powers of two and primes in
/// one dimension, squares and cubes, complex (forward) and real to complex.
inline const std::vector<compute::FftProblem>& problems() {
  static const std::vector<compute::FftProblem> all = [] {
    std::vector<compute::FftProblem> list;
    for (const compute::Transform transform : {compute::Transform::c2c, compute::Transform::r2c}) {
      for (const std::vector<std::int64_t>& extent : std::vector<std::vector<std::int64_t>>{
               {1024}, {4096}, {65536}, {1 << 20}, {1009}, {10007}, {64, 64}, {256, 256}, {512, 512}, {1024, 1024}, {32, 32, 32},
               {64, 64, 64}, {128, 128, 128}}) {
        list.push_back({.extent = extent, .transform = transform});
      }
    }
    return list;
  }();
  return all;
}

/// Places in problems(): all 26, or five of them that are measured in seconds.
inline std::vector<std::size_t> chosen_problems(bool all) {
  if (!all) return {0, 2, 7, 8, 11};
  std::vector<std::size_t> places(problems().size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  return places;
}

/// The names of one competitor's benchmarks over these problems, joined for a sum; `suffix` as Google Benchmark adds it.
inline std::string sum_over(const std::vector<std::size_t>& places, const std::string& competitor, const std::string& suffix = "") {
  std::string names;
  for (const std::size_t place : places) names += (names.empty() ? "" : "+") + competitor + "/" + std::to_string(place) + suffix;
  return names;
}

using Places = std::vector<std::size_t>;

// Each competitor's file registers its benchmarks, one a problem.
void register_almanac(const Places& places);
void register_by_hand(const Places& places);
void register_from_scratch(const Places& places);
void register_new_processes(const Places& places);
void register_wrapped();

/// What a process started by register_new_processes does: plans once, and prints the nanoseconds it took. Gives its exit code.
int plan_once(std::string_view how, const std::string& folder, std::size_t place);

}  // namespace almanac::bench
