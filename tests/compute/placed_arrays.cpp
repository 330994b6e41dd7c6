#include "placed_arrays.hpp"

#include "direct_transforms.hpp"

namespace almanac::compute {
namespace {

// Repeats the places for each index of a loop around them.
std::vector<std::size_t> around(std::int64_t points, std::int64_t stride, const std::vector<std::size_t>& inner) {
  std::vector<std::size_t> all;
  for (std::int64_t i = 0; i < points; ++i) {
    for (const std::size_t place : inner) all.push_back(static_cast<std::size_t>(i * stride) + place);
  }
  return all;
}

}  // namespace

std::vector<std::size_t> places(const FftProblem& problem, bool output) {
  const bool complex = !(output ? direct::real_output(problem) : direct::real_input(problem));
  const bool halves = problem.transform[0] == Transform::r2c || problem.transform[0] == Transform::c2r;
  std::vector<std::size_t> result{0};
  std::int64_t contiguous = 1;
  for (std::size_t axis = problem.extent.size(); axis-- > 0;) {
    const bool last = axis + 1 == problem.extent.size();
    const std::int64_t n = problem.extent[axis];
    const std::int64_t points = last && halves && complex ? n / 2 + 1 : n;
    std::int64_t stride = contiguous;
    if (problem.strides) stride = output ? problem.strides->axes[axis].output : problem.strides->axes[axis].input;
    result = around(points, stride, result);
    contiguous *= last && halves && !complex && problem.in_place ? 2 * (n / 2 + 1) : points;
  }
  if (!problem.strides) return around(problem.batch, contiguous, result);
  for (std::size_t i = problem.strides->batches.size(); i-- > 0;) {
    const auto& batch = problem.strides->batches[i];
    result = around(batch.count, output ? batch.output : batch.input, result);
  }
  return result;
}

}  // namespace almanac::compute
