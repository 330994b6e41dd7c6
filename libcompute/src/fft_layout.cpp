#include "fft_layout.hpp"

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

FftFamily family_of(Transform transform) noexcept {
  switch (transform) {
    case Transform::c2c: return FftFamily::c2c;
    case Transform::r2c: return FftFamily::r2c;
    case Transform::c2r: return FftFamily::c2r;
    default: return FftFamily::r2r;
  }
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

// A product that stays at the largest value once it does not fit.
std::uint64_t times(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max() : product;
}

void check_memory(const FftProblem& problem, std::size_t bytes_per_real) {
  const Transform kind = problem.transform[0];
  const bool half = kind == Transform::r2c || kind == Transform::c2r;
  std::uint64_t reals = static_cast<std::uint64_t>(problem.batch);
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    const auto points = static_cast<std::uint64_t>(problem.extent[axis]);
    const bool padded = half && axis + 1 == problem.extent.size();
    reals = times(reals, padded ? points / 2 + 1 : points);
  }
  const std::uint64_t parts = (is_real_to_real(kind) ? 1U : 2U) * (problem.in_place ? 1U : 2U);
  const std::uint64_t bytes = times(times(reals, parts), bytes_per_real);
  const std::uint64_t memory = memory_of_this_machine();
  if (bytes > memory) {
    throw ArgumentError("extent", list(problem.extent, "x") + " with batch " + std::to_string(problem.batch),
                        "fit into this machine's memory of " + std::to_string(memory >> 20) + " MiB with input and output");
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
  check_memory(problem, bytes_per_real);
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

FftLayout lay_out(const FftProblem& problem, std::size_t bytes_per_real) {
  check(problem, bytes_per_real);
  const std::size_t rank = problem.extent.size();

  FftLayout layout{};
  layout.kinds = problem.transform.expand(rank);
  layout.family = family_of(layout.kinds.front());
  layout.axes.resize(rank);

  // The check above bounds every product that follows by the memory of the machine.
  const std::ptrdiff_t half = problem.extent.back() / 2 + 1;
  const std::ptrdiff_t row = problem.extent.back();
  const std::ptrdiff_t real_row = problem.in_place ? 2 * half : row;
  std::ptrdiff_t input = 1;
  std::ptrdiff_t output = 1;
  for (std::size_t axis = rank; axis-- > 0;) {
    layout.axes[axis] = {problem.extent[axis], input, output};
    const bool last = axis + 1 == rank;
    if (last && layout.family == FftFamily::r2c) {
      input = real_row;
      output = half;
    } else if (last && layout.family == FftFamily::c2r) {
      input = half;
      output = real_row;
    } else {
      input *= problem.extent[axis];
      output *= problem.extent[axis];
    }
  }
  layout.batch = {problem.batch, input, output};

  const bool complex_input = layout.family == FftFamily::c2c || layout.family == FftFamily::c2r;
  const bool complex_output = layout.family == FftFamily::c2c || layout.family == FftFamily::r2c;
  layout.input_size = static_cast<std::size_t>(problem.batch * input);
  layout.output_size = static_cast<std::size_t>(problem.batch * output);
  layout.input_reals = layout.input_size * (complex_input ? 2 : 1);
  layout.output_reals = layout.output_size * (complex_output ? 2 : 1);
  if (problem.in_place && (layout.family == FftFamily::r2c || layout.family == FftFamily::c2r)) {
    layout.input_size = layout.output_size = layout.input_reals;
  }
  layout.destroys_input = !problem.in_place && (layout.family == FftFamily::c2r ||
                                                std::find(layout.kinds.begin(), layout.kinds.end(), Transform::hc2r) !=
                                                    layout.kinds.end());
  return layout;
}

}  // namespace almanac::compute
