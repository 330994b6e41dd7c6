#include "fft_layout.hpp"

#include <algorithm>
#include <numeric>

namespace almanac::compute {
namespace {

constexpr std::size_t kAlignment = 16;    // of the arrays that plans are made for

// Contiguous row-major arrays, one behind the other. The check bounds every product by the memory of the machine.
void lay_out_contiguous(const FftProblem& problem, FftLayout& layout) {
  const std::ptrdiff_t row = problem.extent.back();
  const std::ptrdiff_t half = row / 2 + 1;
  const std::ptrdiff_t real_row = problem.in_place ? 2 * half : row;
  std::ptrdiff_t input = 1;
  std::ptrdiff_t output = 1;
  for (std::size_t axis = problem.extent.size(); axis-- > 0;) {
    layout.axes[axis] = {problem.extent[axis], input, output};
    const bool last = axis + 1 == problem.extent.size();
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
  if (problem.batch > 1) layout.batches.push_back({problem.batch, input, output});
}

void lay_out_strides(const FftProblem& problem, FftLayout& layout) {
  for (std::size_t axis = 0; axis < problem.extent.size(); ++axis) {
    layout.axes[axis] = {problem.extent[axis], problem.strides->axes[axis].input, problem.strides->axes[axis].output};
  }
  for (const auto& batch : problem.strides->batches) layout.batches.push_back({batch.count, batch.input, batch.output});
}

FftSide side_of(const FftLayout& layout, bool output, std::size_t bytes_per_real) {
  const bool complex = output ? has_complex_output(layout.family) : has_complex_input(layout.family);
  const bool half = complex && layout.family != FftFamily::c2c;
  const bool split = complex && layout.split;
  FftSide side{};
  side.size = 1;
  const auto add = [&](const FftLayout::Axis& axis, std::ptrdiff_t points) {
    const auto stride = static_cast<std::size_t>(output ? axis.output_stride : axis.input_stride);
    side.size += static_cast<std::size_t>(points - 1) * stride;
    if (points > 1) side.loops.push_back({static_cast<std::size_t>(points), stride});
  };
  for (const auto& batch : layout.batches) add(batch, batch.points);
  for (const auto& axis : layout.axes) add(axis, half && &axis == &layout.axes.back() ? axis.points / 2 + 1 : axis.points);

  std::stable_sort(side.loops.begin(), side.loops.end(), [](const auto& a, const auto& b) { return a.stride > b.stride; });
  std::vector<FftSide::Loop> joined;
  for (const auto& loop : side.loops) {
    if (!joined.empty() && joined.back().stride == loop.points * loop.stride) {
      joined.back() = {joined.back().points * loop.points, loop.stride};
    } else {
      joined.push_back(loop);
    }
  }
  side.loops = std::move(joined);

  side.reals_per_element = complex && !split ? 2 : 1;
  side.reals = side.size * side.reals_per_element;
  if (split) {
    const std::size_t step = std::lcm(kAlignment, bytes_per_real) / bytes_per_real;
    side.split_distance = (side.size + step - 1) / step * step;
    side.reals = side.split_distance + side.size;
  }
  return side;
}

}  // namespace

FftFamily family_of(Transform transform) noexcept {
  switch (transform) {
    case Transform::c2c: return FftFamily::c2c;
    case Transform::r2c: return FftFamily::r2c;
    case Transform::c2r: return FftFamily::c2r;
    default: return FftFamily::r2r;
  }
}

FftLayout lay_out(const FftProblem& problem, std::size_t bytes_per_real) {
  check(problem, bytes_per_real);

  FftLayout layout{};
  layout.kinds = problem.transform.expand(problem.extent.size());
  layout.family = family_of(layout.kinds.front());
  layout.split = problem.split;
  layout.axes.resize(problem.extent.size());
  if (problem.strides) {
    lay_out_strides(problem, layout);
  } else {
    lay_out_contiguous(problem, layout);
  }
  layout.input = side_of(layout, false, bytes_per_real);
  layout.output = side_of(layout, true, bytes_per_real);
  layout.reals = std::max(layout.input.reals, layout.output.reals);

  const bool shared_reals = problem.in_place && (layout.family == FftFamily::r2c || layout.family == FftFamily::c2r);
  layout.input_size = shared_reals ? layout.reals : layout.input.size;
  layout.output_size = shared_reals ? layout.reals : layout.output.size;
  layout.destroys_input = !problem.in_place && (layout.family == FftFamily::c2r ||
                                                std::find(layout.kinds.begin(), layout.kinds.end(), Transform::hc2r) !=
                                                    layout.kinds.end());
  return layout;
}

}  // namespace almanac::compute
