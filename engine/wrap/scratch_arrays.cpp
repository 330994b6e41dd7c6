#include "scratch_arrays.hpp"

#include <algorithm>

#include <sys/mman.h>

namespace almanac::wrap {
namespace {

/// Further than any alignment that FFTW looks at.
constexpr std::ptrdiff_t kPage = 4096;

struct PointedSide {
  const FftwTensor *size, *repeats;
  char *one, *other;
  std::ptrdiff_t FftwDimension::* stride;
};

/// The bytes from the first to the last element; of half complex sides somewhat more.
template <class Range>
Range range_of(const PointedSide& side, std::size_t bytes_per_real) noexcept {
  std::ptrdiff_t before = 0, behind = 0;
  for (const FftwTensor* tensor : {side.size, side.repeats}) {
    for (const FftwDimension& dimension : tensor->dimensions()) {
      const std::ptrdiff_t reach = (dimension.count - 1) * dimension.*side.stride;
      (reach < 0 ? before : behind) += reach;
    }
  }
  const auto unit = static_cast<std::ptrdiff_t>(bytes_per_real);
  char* const low = std::min(untainted(side.one), untainted(side.other));
  char* const high = std::max(untainted(side.one), untainted(side.other));
  return {low + before * unit, high + (behind + 1) * unit};
}

}  // namespace

ScratchArrays::~ScratchArrays() {
  for (const auto& region : regions_) {
    if (region.start != nullptr) ::munmap(region.start, region.bytes);
  }
}

bool ScratchArrays::reserve(const Range& range, std::ptrdiff_t& shift) noexcept {
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(range.first) % kPage);
  const auto bytes = static_cast<std::size_t>(range.end - range.first + offset);
  void* start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return false;
  ::madvise(start, bytes, MADV_HUGEPAGE);  // as the program's own arrays are, see large_pages.hpp; where there are none, it is as it was
  auto& region = regions_[regions_[0].start == nullptr ? 0 : 1];
  region = {start, bytes};
  shift = static_cast<char*>(start) + offset - range.first;
  return true;
}

bool ScratchArrays::move(const FftwProblem& problem, std::size_t bytes_per_real, std::size_t most, std::ptrdiff_t& input,
                         std::ptrdiff_t& output) noexcept {
  PointedSide in{}, out{};
  const auto from = &FftwDimension::input;
  const auto to = &FftwDimension::output;
  if (*problem.kind == kDft) {
    const auto& given = static_cast<const FftwDft&>(problem);
    in = {given.size, given.repeats, given.real_in, given.imaginary_in, from};
    out = {given.size, given.repeats, given.real_out, given.imaginary_out, to};
  } else if (*problem.kind == kRdft) {
    const auto& given = static_cast<const FftwRdft&>(problem);
    in = {given.size, given.repeats, given.in, given.in, from};
    out = {given.size, given.repeats, given.out, given.out, to};
  } else {
    const auto& given = static_cast<const FftwRdft2&>(problem);
    const bool to_complex = given.direction == kR2hc;
    const PointedSide real{given.size, given.repeats, given.even, given.odd, to_complex ? from : to};
    const PointedSide complex{given.size, given.repeats, given.real, given.imaginary, to_complex ? to : from};
    in = to_complex ? real : complex;
    out = to_complex ? complex : real;
  }
  const Range inputs = range_of<Range>(in, bytes_per_real);
  const Range outputs = range_of<Range>(out, bytes_per_real);
  const auto bytes = static_cast<std::size_t>((inputs.end - inputs.first) + (outputs.end - outputs.first));
  if (bytes > most) return false;
  if (untainted(in.one) == untainted(out.one)) {
    if (!reserve({std::min(inputs.first, outputs.first), std::max(inputs.end, outputs.end)}, input)) return false;
    output = input;
    return true;
  }
  return reserve(inputs, input) && reserve(outputs, output);
}

}  // namespace almanac::wrap
