#include "fft_strides.hpp"

#include "fft_layout.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

struct Loop {
  std::uint64_t points;
  std::uint64_t stride;
};

std::uint64_t last_place(const std::vector<Loop>& loops) noexcept {
  std::uint64_t last = 0;
  for (const Loop& loop : loops) last = saturated_sum(last, saturated_product(loop.points - 1, loop.stride));
  return last;
}

bool is_complex(const FftProblem& problem, bool output) noexcept {
  const FftFamily family = family_of(problem.transform[0]);
  return output ? has_complex_output(family) : has_complex_input(family);
}

// Of r2c and c2r the complex side has the first half of the last axis only.
std::uint64_t points_of(const FftProblem& problem, std::size_t axis, bool output) noexcept {
  const auto points = static_cast<std::uint64_t>(problem.extent[axis]);
  const bool half = axis + 1 == problem.extent.size() && is_complex(problem, output) &&
                    family_of(problem.transform[0]) != FftFamily::c2c;
  return half ? points / 2 + 1 : points;
}

std::vector<Loop> loops_of(const FftProblem& problem, bool output) {
  std::vector<Loop> loops;
  for (const auto& batch : problem.strides->batches) {
    loops.push_back({static_cast<std::uint64_t>(batch.count), static_cast<std::uint64_t>(output ? batch.output : batch.input)});
  }
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    const auto& strides = problem.strides->axes[axis];
    loops.push_back({points_of(problem, axis, output), static_cast<std::uint64_t>(output ? strides.output : strides.input)});
  }
  return loops;
}

// Whether the pattern, a sorted list of places from 0, meets itself nowhere when the loops repeat it.
bool has_places_of_its_own(std::vector<Loop> loops, const std::vector<std::uint64_t>& pattern) {
  std::erase_if(loops, [](const Loop& loop) { return loop.points == 1; });
  std::sort(loops.begin(), loops.end(), [](const Loop& a, const Loop& b) { return a.stride < b.stride; });
  std::uint64_t last = pattern.back();
  std::uint64_t copies = 1;
  bool nested = true;
  for (const Loop& loop : loops) {
    nested = nested && loop.stride > last;
    last += (loop.points - 1) * loop.stride;
    copies = saturated_product(copies, loop.points);
  }
  if (nested) return true;
  if (saturated_product(copies, pattern.size()) > last + 1) return false;    // more elements than places

  std::vector<bool> taken(last + 1);
  std::vector<std::uint64_t> index(loops.size());
  std::uint64_t start = 0;
  for (std::uint64_t copy = 0; copy < copies; ++copy) {
    for (const std::uint64_t place : pattern) {
      if (taken[start + place]) return false;
      taken[start + place] = true;
    }
    for (std::size_t i = 0; i < loops.size(); ++i) {    // the next copy: count up, the innermost loop first
      start += loops[i].stride;
      if (++index[i] < loops[i].points) break;
      start -= loops[i].points * loops[i].stride;
      index[i] = 0;
    }
  }
  return true;
}

// The Reals of a row of r2c or c2r in place, numbers of both sides.
std::vector<std::uint64_t> row_places(std::uint64_t points, std::uint64_t real_stride, std::uint64_t complex_stride) {
  std::vector<std::uint64_t> places;
  for (std::uint64_t k = 0; k < points; ++k) places.push_back(k * real_stride);
  for (std::uint64_t k = 0; k < points / 2 + 1; ++k) {
    places.push_back(2 * k * complex_stride);
    places.push_back(2 * k * complex_stride + 1);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

std::string written(const FftStrides& strides, bool output) {
  std::string text;
  for (const auto& axis : strides.axes) {
    text.append(text.empty() ? "" : ",").append(std::to_string(output ? axis.output : axis.input));
  }
  for (const auto& batch : strides.batches) {
    text.append("; ").append(std::to_string(batch.count)).append(" at ");
    text.append(std::to_string(output ? batch.output : batch.input));
  }
  return text;
}

// One pair of strides, called `name` in messages. In place the sides are one array; `free` is the last axis of r2c and c2r.
void check_pair(const FftProblem& problem, const std::string& name, std::int64_t input, std::int64_t output, bool free) {
  if (input < 1) throw ArgumentError(name + ".input", std::to_string(input), "be at least 1");
  if (output < 1) throw ArgumentError(name + ".output", std::to_string(output), "be at least 1");
  if (!problem.in_place || free) return;
  const bool complex_input = is_complex(problem, false);
  const bool complex_output = is_complex(problem, true);
  if (complex_input == complex_output) {
    if (input == output) return;
    throw ArgumentError(name + ".output", std::to_string(output), "in place be the input's, " + std::to_string(input));
  }
  const std::int64_t real = complex_output ? input : output;
  const std::int64_t complex = complex_output ? output : input;
  if (real % 2 != 0 || real / 2 != complex) {
    throw ArgumentError(name + (complex_output ? ".input" : ".output"), std::to_string(real),
                        "in place be twice the complex side's, " + std::to_string(complex));
  }
}

}  // namespace

void check_stride_values(const FftProblem& problem) {
  const FftStrides& strides = *problem.strides;
  const std::size_t rank = problem.extent.size();
  if (strides.axes.size() != rank) {
    throw ArgumentError("strides.axes", std::to_string(strides.axes.size()) + " axes",
                        "be as many as the extent's " + std::to_string(rank));
  }
  if (strides.batches.size() > kMaxFftRank) {
    throw ArgumentError("strides.batches", std::to_string(strides.batches.size()) + " batches",
                        "be at most " + std::to_string(kMaxFftRank));
  }
  const FftFamily family = family_of(problem.transform[0]);
  const bool halves = family == FftFamily::r2c || family == FftFamily::c2r;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    check_pair(problem, "strides.axes[" + std::to_string(axis) + "]", strides.axes[axis].input, strides.axes[axis].output,
               halves && axis + 1 == rank);
  }
  for (std::size_t i = 0; i < strides.batches.size(); ++i) {
    const auto& batch = strides.batches[i];
    const std::string name = "strides.batches[" + std::to_string(i) + "]";
    if (batch.count < 1) throw ArgumentError(name + ".count", std::to_string(batch.count), "be at least 1");
    check_pair(problem, name, batch.input, batch.output, false);
  }
}

void check_places(const FftProblem& problem) {
  for (const bool output : {false, true}) {
    if (has_places_of_its_own(loops_of(problem, output), {0})) continue;
    throw ArgumentError("strides", written(*problem.strides, output),
                        std::string("give each element of the ") + (output ? "output" : "input") + " a place of its own");
  }
  const FftFamily family = family_of(problem.transform[0]);
  if (!problem.in_place || (family != FftFamily::r2c && family != FftFamily::c2r)) return;

  // FFTW takes one row after the other: what it writes for one must not be what it has yet to read for another.
  const bool real_output = family == FftFamily::c2r;
  std::vector<Loop> rows = loops_of(problem, real_output);
  const std::uint64_t real_stride = rows.back().stride;
  rows.pop_back();
  const auto& last = problem.strides->axes.back();
  const auto complex_stride = static_cast<std::uint64_t>(real_output ? last.input : last.output);
  const auto points = static_cast<std::uint64_t>(problem.extent.back());
  if (!has_places_of_its_own(rows, row_places(points, real_stride, complex_stride))) {
    throw ArgumentError("strides", written(*problem.strides, real_output),
                        "in place keep each row, real and complex, apart from the others");
  }
}

std::uint64_t strided_span(const FftProblem& problem, bool output) {
  return saturated_sum(last_place(loops_of(problem, output)), 1);
}

}  // namespace almanac::compute
