#include <almanac/compute/fft.hpp>

#include "fft_layout.hpp"
#include "fft_strides.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <limits>
#include <string>

#include <unistd.h>

namespace almanac::compute {
namespace {

bool is_real_to_real(Transform transform) noexcept {
  return transform != Transform::c2c && transform != Transform::r2c && transform != Transform::c2r;
}

std::uint64_t memory_of_this_machine() noexcept {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
}

template <class T>
std::string list(const std::vector<T>& values, const char* separator) {
  std::string text;
  for (const T& value : values) {
    if (!text.empty()) text += separator;
    if constexpr (std::is_same_v<T, Transform>) {
      text += to_string(value);
    } else {
      text += std::to_string(value);
    }
  }
  return text;
}

void check_transforms(const FftProblem& problem) {
  const auto& values = problem.transform.values();
  const std::size_t rank = problem.extent.size();
  if (!problem.transform.fits(rank)) {
    throw ArgumentError("transform", list(values, ","), "be one for all axes or one for each of " + std::to_string(rank));
  }
  for (Transform transform : values) {
    if (transform < Transform::c2c || transform > Transform::dst4) {
      throw ArgumentError("transform", std::to_string(static_cast<int>(transform)), "be one of the transforms");
    }
    if (!is_real_to_real(transform) && std::any_of(values.begin(), values.end(), [&](Transform t) { return t != transform; })) {
      throw ArgumentError("transform", list(values, ","), "be the same for all axes: c2c, r2c and c2r do not mix");
    }
  }
}

void check_extents(const FftProblem& problem) {
  const std::size_t rank = problem.extent.size();
  if (rank < 1 || rank > kMaxFftRank) {
    throw ArgumentError("extent", std::to_string(rank) + " axes", "have 1 to " + std::to_string(kMaxFftRank) + " axes");
  }
  check_transforms(problem);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t least = problem.transform[axis] == Transform::dct1 ? 2 : 1;
    if (problem.extent[axis] < least) {
      throw ArgumentError("extent[" + std::to_string(axis) + "]", std::to_string(problem.extent[axis]),
                          "be at least " + std::to_string(least) + " for " +
                              std::string(to_string(problem.transform[axis])));
    }
  }
}

template <class Enum>
void check_enumerator(const char* parameter, Enum value, Enum last) {
  if (value < Enum{} || value > last) {
    const auto number = std::to_string(static_cast<int>(value));
    throw ArgumentError(parameter, number, "lie in [0, " + std::to_string(static_cast<int>(last)) + "]");
  }
}

// Reals of one side of contiguous arrays, at most the largest value there is. In place r2c and c2r have their real rows padded.
std::uint64_t contiguous_reals(const FftProblem& problem, bool complex, bool padded) {
  std::uint64_t reals = static_cast<std::uint64_t>(problem.batch);
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    const auto points = static_cast<std::uint64_t>(problem.extent[axis]);
    const bool last = axis + 1 == problem.extent.size();
    reals = saturated_product(reals, last && padded ? points / 2 + 1 : points);
  }
  return saturated_product(reals, complex || padded ? 2 : 1);
}

std::uint64_t reals_of_side(const FftProblem& problem, bool output) {
  const FftFamily family = family_of(problem.transform[0]);
  const bool complex = output ? has_complex_output(family) : has_complex_input(family);
  if (problem.strides) return saturated_product(strided_span(problem, output), complex ? 2 : 1);
  const bool half = family == FftFamily::r2c || family == FftFamily::c2r;
  return contiguous_reals(problem, complex, half && (complex || problem.in_place));
}

void check_memory(const FftProblem& problem, std::size_t bytes_per_real) {
  const std::uint64_t input = reals_of_side(problem, false);
  const std::uint64_t output = reals_of_side(problem, true);
  const std::uint64_t reals = problem.in_place ? std::max(input, output) : saturated_sum(input, output);
  const std::uint64_t memory = memory_of_this_machine();
  if (saturated_product(reals, bytes_per_real) > memory) {
    const std::string arrays = problem.strides ? " with strides" : " with batch " + std::to_string(problem.batch);
    throw ArgumentError("extent", list(problem.extent, "x") + arrays,
                        "fit into this machine's memory of " + std::to_string(memory >> 20) + " MiB with input and output");
  }
}

void check_split(const FftProblem& problem) {
  if (!problem.split) return;
  const Transform kind = problem.transform[0];
  if (is_real_to_real(kind)) {
    throw ArgumentError("split", "true", "be false for " + std::string(to_string(kind)) + ", which has no complex side");
  }
  if (problem.in_place && kind != Transform::c2c) {
    throw ArgumentError("split", "true", "be false for " + std::string(to_string(kind)) + " in place, which has no split form");
  }
}

}  // namespace

void check(const FftProblem& problem, std::size_t bytes_per_real) {
  check_extents(problem);
  check_enumerator("direction", problem.direction, Direction::backward);
  check_enumerator("rigor", problem.rigor, Rigor::adaptive);
  if (problem.rigor == Rigor::adaptive) {
    throw ArgumentError("rigor", "adaptive", "be estimate, measure, patient or exhaustive here: adaptive is the engine's");
  }
  if (problem.batch < 1) throw ArgumentError("batch", std::to_string(problem.batch), "be at least 1");
  if (problem.threads < 1 || problem.threads > kMaxFftThreads) {
    throw ArgumentError("threads", std::to_string(problem.threads), "lie in [1, " + std::to_string(kMaxFftThreads) + "]");
  }
  check_split(problem);
  if (problem.strides) {
    if (problem.batch != 1) {
      throw ArgumentError("batch", std::to_string(problem.batch), "be 1 where there are strides: they have their batches");
    }
    check_stride_values(problem);
  }
  check_memory(problem, bytes_per_real);
  if (problem.strides) check_places(problem);
}

double normalisation(const FftProblem& problem) {
  check_extents(problem);
  double product = 1;
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    const auto n = static_cast<double>(problem.extent[axis]);
    switch (problem.transform[axis]) {
      case Transform::dct1: product *= 2 * (n - 1); break;
      case Transform::dst1: product *= 2 * (n + 1); break;
      case Transform::dct2:
      case Transform::dct3:
      case Transform::dct4:
      case Transform::dst2:
      case Transform::dst3:
      case Transform::dst4: product *= 2 * n; break;
      case Transform::c2c:
      case Transform::r2c:
      case Transform::c2r:
      case Transform::r2hc:
      case Transform::hc2r: product *= n; break;
    }
  }
  return product;
}

}  // namespace almanac::compute
