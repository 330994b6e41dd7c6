#include "fft_strides.hpp"

#include "fft_layout.hpp"
#include "zero_sum.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
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

// Steps to find out whether places are apart: some milliseconds, each time a problem is checked. Strides as programs have them
// take a few hundred.
constexpr std::int64_t kMostPlaceSteps = 1 << 18;

// All pairs of different elements of the loops have one difference of indices in which some loop is the first that differs:
// calls `meets` with the terms of each such difference, until one can be zero. nullopt: not found out.
template <class Meets>
std::optional<bool> any_difference(std::vector<Loop> loops, Meets&& meets) {
  std::erase_if(loops, [](const Loop& loop) { return loop.points == 1; });
  std::sort(loops.begin(), loops.end(), [](const Loop& a, const Loop& b) { return a.stride > b.stride; });
  for (std::size_t first = 0; first < loops.size(); ++first) {
    std::vector<ZeroSumTerm> terms;
    for (std::size_t i = first; i < loops.size(); ++i) {
      const auto most = static_cast<std::int64_t>(loops[i].points) - 1;
      terms.push_back({static_cast<std::int64_t>(loops[i].stride), i == first ? 1 : -most, most});
    }
    if (const auto met = meets(std::move(terms)); !met || *met) return met;
  }
  return false;
}

// Whether two elements have one place.
std::optional<bool> elements_meet(const std::vector<Loop>& loops, std::int64_t& steps) {
  return any_difference(loops, [&](std::vector<ZeroSumTerm> terms) { return can_be_zero(std::move(terms), steps); });
}

// Whether a real number of one row of r2c or c2r in place and a part of a complex number of another have one place. Strides
// count Reals; the rows' own elements are checked.
std::optional<bool> rows_meet(const std::vector<Loop>& rows, const Loop& real, const Loop& complex, std::int64_t& steps) {
  return any_difference(rows, [&](const std::vector<ZeroSumTerm>& difference) -> std::optional<bool> {
    for (const int sign : {1, -1}) {
      std::vector<ZeroSumTerm> terms = difference;
      if (sign < 0) terms.front() = {terms.front().stride, -terms.front().high, -terms.front().low};
      const auto last = [](const Loop& loop) { return static_cast<std::int64_t>(loop.points) - 1; };
      if (real.points > 1) terms.push_back({static_cast<std::int64_t>(real.stride), 0, last(real)});
      if (complex.points > 1) terms.push_back({static_cast<std::int64_t>(complex.stride), -last(complex), 0});
      terms.push_back({1, -1, 0});    // the imaginary part lies behind the real one
      if (const auto met = can_be_zero(std::move(terms), steps); !met || *met) return met;
    }
    return false;
  });
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
  std::int64_t steps = kMostPlaceSteps;
  const auto refuse_where = [&](std::optional<bool> met, bool output, const std::string& range) {
    const std::string value = written(*problem.strides, output);
    if (!met) throw ArgumentError("strides", value, "be simpler: whether each element has a place of its own takes too long to tell");
    if (*met) throw ArgumentError("strides", value, range);
  };
  for (const bool output : {false, true}) {
    refuse_where(elements_meet(loops_of(problem, output), steps), output,
                 std::string("give each element of the ") + (output ? "output" : "input") + " a place of its own");
  }
  const FftFamily family = family_of(problem.transform[0]);
  if (!problem.in_place || (family != FftFamily::r2c && family != FftFamily::c2r)) return;

  // FFTW takes one row after the other: what it writes for one must not be what it has yet to read for another.
  const bool real_output = family == FftFamily::c2r;
  std::vector<Loop> rows = loops_of(problem, real_output);
  const Loop real = rows.back();
  rows.pop_back();
  Loop complex = loops_of(problem, !real_output).back();
  complex.stride = saturated_product(complex.stride, 2);
  refuse_where(rows_meet(rows, real, complex, steps), real_output, "in place keep each row, real and complex, apart from the others");
}

std::uint64_t strided_span(const FftProblem& problem, bool output) {
  return saturated_sum(last_place(loops_of(problem, output)), 1);
}

}  // namespace almanac::compute
