#include "diffusion_lines.hpp"

#include <algorithm>

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "diffusion/diffusion_lines.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace almanac::compute {
namespace {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The point (or vector of points) at k, whose neighbours along the line are given.
template <std::size_t kSlower, bool kShifted, class D, class V = hn::Vec<D>>
HWY_INLINE void point(D d, const DiffusionLine& line, double a, double b, std::size_t k, V left, V right) {
  const V centre = hn::LoadU(d, line.in + k);
  V sum = hn::Zero(d);
  for (std::size_t axis = 0; axis < kSlower; ++axis) {
    const V rise = hn::Mul(hn::LoadU(d, line.face_above[axis] + k), hn::Sub(hn::LoadU(d, line.above[axis] + k), centre));
    const V fall = hn::Mul(hn::LoadU(d, line.face_below[axis] + k), hn::Sub(centre, hn::LoadU(d, line.below[axis] + k)));
    sum = hn::Add(sum, hn::Sub(rise, fall));
  }
  const V rise = hn::Mul(hn::LoadU(d, line.along + k + 1), hn::Sub(right, centre));
  const V fall = hn::Mul(hn::LoadU(d, line.along + k), hn::Sub(centre, left));
  sum = hn::Add(sum, hn::Sub(rise, fall));
  if (kShifted) sum = hn::Sub(hn::Mul(hn::Set(d, a), centre), hn::Mul(hn::Set(d, b), sum));
  hn::StoreU(sum, d, line.out + k);
}

template <std::size_t kSlower, bool kShifted>
void points(const DiffusionLine& line, double a, double b, std::size_t begin, std::size_t end) {
  const hn::ScalableTag<double> d;
  const hn::CappedTag<double, 1> one;
  const std::size_t lanes = hn::Lanes(d);
  const auto single = [&](std::size_t k) {
    const double left = k == 0 ? line.first_ghost : line.in[k - 1];
    const double right = k + 1 == line.points ? line.last_ghost : line.in[k + 1];
    point<kSlower, kShifted>(one, line, a, b, k, hn::Set(one, left), hn::Set(one, right));
  };
  std::size_t k = begin;
  if (k < end && k == 0) single(k++);
  const std::size_t inner = std::min(end, line.points - 1);
  for (; k + lanes <= inner; k += lanes)
    point<kSlower, kShifted>(d, line, a, b, k, hn::LoadU(d, line.in + k - 1), hn::LoadU(d, line.in + k + 1));
  for (; k < end; ++k) single(k);
}

void plain(const DiffusionLine& line, std::size_t begin, std::size_t end) {
  switch (line.slower) {
    case 0: return points<0, false>(line, 0, 0, begin, end);
    case 1: return points<1, false>(line, 0, 0, begin, end);
    default: return points<2, false>(line, 0, 0, begin, end);
  }
}

void shifted(const DiffusionLine& line, double a, double b, std::size_t begin, std::size_t end) {
  switch (line.slower) {
    case 0: return points<0, true>(line, a, b, begin, end);
    case 1: return points<1, true>(line, a, b, begin, end);
    default: return points<2, true>(line, a, b, begin, end);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace almanac::compute
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace almanac::compute {
namespace {
HWY_EXPORT(plain);
HWY_EXPORT(shifted);
}  // namespace

void diffuse_line(const DiffusionLine& line, std::size_t begin, std::size_t end) { HWY_DYNAMIC_DISPATCH(plain)(line, begin, end); }

void diffuse_line_shifted(const DiffusionLine& line, double a, double b, std::size_t begin, std::size_t end) {
  HWY_DYNAMIC_DISPATCH(shifted)(line, a, b, begin, end);
}

}  // namespace almanac::compute
#endif
