#include "grunwald_kernel.hpp"

#include <algorithm>
#include <bit>

#include <hwy/cache_control.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grunwald_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "double_double-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace almanac::compute::HWY_NAMESPACE {
namespace {

using Kernel = GrunwaldKernel;
using OneLane = hn::CappedTag<double, 1>;
using AllLanes = hn::ScalableTag<double>;

template <class D>
HWY_INLINE DoubleDouble<hn::Vec<D>> load(D d, double hi, double lo) {
  return {hn::Set(d, hi), hn::Set(d, lo)};
}

/// e_1/u² + e_2/u⁴ + … for v = 1/u².
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expansion_tail(D d, const Kernel& kernel, V v) {
  V sum = hn::Set(d, kernel.expansion[Kernel::kTerms]);
  for (std::size_t j = Kernel::kTerms - 1; j >= 1; --j) {
    sum = hn::Add(hn::Mul(sum, v), hn::Set(d, kernel.expansion[j]));
  }
  return hn::Mul(sum, v);
}

/// shape(k) = (1-z)^-beta (1 + e_1/u² + …), z = alpha/(2k), for k ≥ 512. Of its terms only beta z reaches 2^-11: it alone is
/// carried in double-double, the rounding of the rest stays below 2^-64.
template <class D, class V = hn::Vec<D>>
HWY_INLINE DoubleDouble<V> shape(D d, const Kernel& kernel, V k) {
  const V half_alpha = hn::Set(d, 0.5 * kernel.alpha);
  const DoubleDouble<V> linear = divide(load(d, kernel.tilt_hi, kernel.tilt_lo), k);
  const V x = hn::Neg(hn::Div(half_alpha, k));
  V power = hn::Set(d, kernel.taylor[0][Kernel::kDegree]);
  for (std::size_t m = Kernel::kDegree - 1; m >= 2; --m) {
    power = hn::Add(hn::Mul(power, x), hn::Set(d, kernel.taylor[0][m]));
  }
  power = hn::Mul(power, hn::Mul(x, x));
  const V u = hn::Sub(k, half_alpha);
  const V tail = expansion_tail(d, kernel, hn::Div(hn::Set(d, 1.0), hn::Mul(u, u)));
  const V rest = hn::Add(hn::Add(power, tail), hn::Mul(hn::Add(linear.hi, power), tail));
  const DoubleDouble<V> sum = quick_two_sum(hn::Set(d, 1.0), linear.hi);
  return quick_two_sum(sum.hi, hn::Add(sum.lo, hn::Add(linear.lo, rest)));
}

/// The coefficients that depend on alpha alone.
void set_coefficients(Kernel& kernel) {
  const OneLane d;
  const double alpha = kernel.alpha;
  const auto beta = two_sum(hn::Set(d, alpha), hn::Set(d, 1.0));
  const auto tilt = multiply(beta, load(d, 0.5 * alpha, 0.0));
  kernel.tilt_hi = hn::GetLane(tilt.hi);
  kernel.tilt_lo = hn::GetLane(tilt.lo);
  const double order = hn::GetLane(beta.hi);
  kernel.beta_hi = order;
  kernel.beta_lo = hn::GetLane(beta.lo);

  // log w_k = log C - beta log u - sum_j d_j u^-2j with d_j = B_(2j+1)(a) / (j (2j+1)), a = -alpha/2, from the series of
  // log Gamma(u+a) - log Gamma(u+1-a); the Bernoulli polynomials of odd degree are (a - 1/2) times a polynomial in t = a (a-1).
  const double t = 0.25 * alpha * (alpha + 2.0), odd = -0.5 * order * t;
  const double d1 = odd / 3, d2 = odd * (t - 1.0 / 3) / 10, d3 = odd * (t * (t - 1.0) + 1.0 / 3) / 21,
               d4 = odd * (t * (t * (t - 2.0) + 9.0 / 5) - 3.0 / 5) / 36;
  double* e = kernel.expansion;  // exp(-sum_j d_j u^-2j)
  e[0] = 1;
  e[1] = -d1;
  e[2] = -(d1 * e[1] + 2 * d2) / 2;
  e[3] = -(d1 * e[2] + 2 * d2 * e[1] + 3 * d3) / 3;
  e[4] = -(d1 * e[3] + 2 * d2 * e[2] + 3 * d3 * e[1] + 4 * d4) / 4;

  for (std::size_t j = 0; j < Kernel::kTerms; ++j) {
    const double exponent = -order - 2.0 * static_cast<double>(j);
    kernel.taylor[j][0] = 1;
    for (std::size_t m = 1; m <= Kernel::kDegree; ++m) {
      const auto step = static_cast<double>(m);
      kernel.taylor[j][m] = kernel.taylor[j][m - 1] * (exponent - (step - 1.0)) / step;
    }
  }
}

void prepare(double alpha, std::uint64_t last, Kernel& kernel) {
  const OneLane d;
  const std::uint64_t end = std::min(last, Kernel::kHead);
  const auto minus_alpha = hn::Set(d, -alpha);
  auto weight = load(d, 1.0, 0.0);
  double low[Kernel::kHead + 1] = {};
  kernel.alpha = alpha;
  kernel.head[0] = 1;
  for (std::uint64_t k = 1; k <= end; ++k) {
    // k-1-alpha is exact as two doubles, also next to its zero.
    const auto factor = two_sum(hn::Set(d, static_cast<double>(k - 1)), minus_alpha);
    weight = multiply(weight, divide(factor, hn::Set(d, static_cast<double>(k))));
    kernel.head[k] = hn::GetLane(weight.hi);
    low[k] = hn::GetLane(weight.lo);
  }
  if (last <= Kernel::kHead) {
    return;
  }
  set_coefficients(kernel);
  const auto base = [&](std::size_t k) HWY_ATTR {
    return divide(load(d, kernel.head[k], low[k]), shape(d, kernel, hn::Set(d, static_cast<double>(k))));
  };
  const auto octave = divide(base(1024), base(512));
  kernel.octave_hi = hn::GetLane(octave.hi);
  kernel.octave_lo = hn::GetLane(octave.lo);
  for (std::size_t node = 0; node < Kernel::kNodes; ++node) {
    const auto value = base(512 + 8 * node + 4);
    kernel.base_hi[node] = hn::GetLane(value.hi);
    kernel.base_lo[node] = hn::GetLane(value.lo);
  }
}

/// The blocks of one octave: weights at their centres and, by powers of t = (k - centre) / (half a block), their Taylor series.
struct Octave {
  static constexpr std::size_t kDegree = 9;  ///< the next term is below 2^-60
  alignas(64) double value[Kernel::kNodes];
  alignas(64) double low[Kernel::kNodes];
  alignas(64) double coefficient[kDegree][Kernel::kNodes];
};

/// Fills the blocks of [2^exponent, 2^(exponent+1)).
HWY_NOINLINE void set_octave(const Kernel& kernel, int exponent, Octave& octave) {
  const OneLane one;
  auto scale = load(one, 1.0, 0.0);
  for (int p = 9; p < exponent; ++p) {
    scale = multiply(scale, load(one, kernel.octave_hi, kernel.octave_lo));
  }
  const double scale_hi = hn::GetLane(scale.hi), scale_lo = hn::GetLane(scale.lo);
  const double start = static_cast<double>(std::uint64_t{1} << exponent);
  const double block = start / Kernel::kNodes;

  const AllLanes d;
  using V = hn::Vec<AllLanes>;
  const V half_alpha = hn::Set(d, 0.5 * kernel.alpha), half_block = hn::Set(d, 0.5 * block), one_v = hn::Set(d, 1.0);
  for (std::size_t node = 0; node < Kernel::kNodes; node += hn::Lanes(d)) {
    const V index = hn::Iota(d, static_cast<double>(node) + 0.5);
    const V centre = hn::Add(hn::Set(d, start), hn::Mul(index, hn::Set(d, block)));  // exact
    const DoubleDouble<V> base{hn::Load(d, kernel.base_hi + node), hn::Load(d, kernel.base_lo + node)};
    const DoubleDouble<V> weight = multiply(multiply(base, load(d, scale_hi, scale_lo)), shape(d, kernel, centre));
    hn::Store(weight.hi, d, octave.value + node);
    hn::Store(weight.lo, d, octave.low + node);

    const DoubleDouble<V> u = two_sum(centre, hn::Neg(half_alpha));
    const V v = hn::Div(one_v, hn::Mul(u.hi, u.hi));
    const V size = hn::Add(one_v, expansion_tail(d, kernel, v));
    V share[Kernel::kTerms];  // e_j u^-2j / (1 + e_1 u^-2 + …)
    V power = one_v;
    for (std::size_t j = 0; j < Kernel::kTerms; ++j) {
      share[j] = hn::Div(hn::Mul(power, hn::Set(d, kernel.expansion[j])), size);
      power = hn::Mul(power, v);
    }
    // The linear term, -(beta + 2 sum_j j share_j) w_c half_block/u, reaches 2^-4.6 of the weight: it is rounded once.
    const DoubleDouble<V> reach = divide(DoubleDouble<V>{half_block, hn::Zero(d)}, u);
    V extra = hn::Set(d, kernel.beta_lo);
    for (std::size_t j = 1; j < Kernel::kTerms; ++j) {
      extra = hn::Add(extra, hn::Mul(hn::Set(d, 2.0 * static_cast<double>(j)), share[j]));
    }
    const DoubleDouble<V> slope = two_sum(hn::Set(d, kernel.beta_hi), extra);
    hn::Store(hn::Neg(multiply(multiply(weight, reach), slope).hi), d, octave.coefficient[0] + node);

    V scaled = hn::Mul(weight.hi, reach.hi);
    for (std::size_t m = 2; m <= Octave::kDegree; ++m) {
      V sum = hn::Mul(share[0], hn::Set(d, kernel.taylor[0][m]));
      for (std::size_t j = 1; j < Kernel::kTerms; ++j) {
        sum = hn::Add(sum, hn::Mul(share[j], hn::Set(d, kernel.taylor[j][m])));
      }
      scaled = hn::Mul(scaled, reach.hi);
      hn::Store(hn::Mul(scaled, sum), d, octave.coefficient[m - 1] + node);
    }
  }
}

/// The weights of one block from t_first on, t_step apart. Whole vectors bypass the caches where `stream` is set.
template <bool stream>
HWY_INLINE void evaluate_block(const Octave& octave, std::size_t node, double t_first, double t_step, double* out,
                               std::size_t count) {
  const AllLanes d;
  using V = hn::Vec<AllLanes>;
  const std::size_t lanes = hn::Lanes(d);
  const V value = hn::Set(d, octave.value[node]), low = hn::Set(d, octave.low[node]);
  const auto coefficient = [&](std::size_t m) HWY_ATTR { return hn::Set(d, octave.coefficient[m - 1][node]); };
  const V c1 = coefficient(1), c2 = coefficient(2), c3 = coefficient(3), c4 = coefficient(4), c5 = coefficient(5),
          c6 = coefficient(6), c7 = coefficient(7), c8 = coefficient(8), c9 = coefficient(9);
  const auto weights = [&](V t) HWY_ATTR {
    V sum = hn::Add(hn::Mul(c9, t), c8);
    sum = hn::Add(hn::Mul(sum, t), c7);
    sum = hn::Add(hn::Mul(sum, t), c6);
    sum = hn::Add(hn::Mul(sum, t), c5);
    sum = hn::Add(hn::Mul(sum, t), c4);
    sum = hn::Add(hn::Mul(sum, t), c3);
    sum = hn::Add(hn::Mul(sum, t), c2);
    sum = hn::Add(hn::Mul(sum, t), c1);
    return hn::Add(value, hn::Add(low, hn::Mul(sum, t)));
  };
  // Every t is a multiple of t_step of magnitude at most 1, so exact however it is reached.
  V t = hn::Add(hn::Set(d, t_first), hn::Mul(hn::Iota(d, 0.0), hn::Set(d, t_step)));
  const auto part = [&](std::size_t some) HWY_ATTR {
    HWY_ALIGN double lane[hn::MaxLanes(AllLanes())];
    hn::Store(weights(t), d, lane);
    std::copy_n(lane, some, out);
    t = hn::Add(t, hn::Set(d, t_step * static_cast<double>(some)));
    out += some;
    count -= some;
  };
  if constexpr (stream) {
    const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(out) / sizeof(double) % lanes;
    if (misaligned != 0) {
      part(std::min(count, lanes - misaligned));
    }
  }
  const V t_stride = hn::Set(d, t_step * static_cast<double>(lanes));
  for (; count >= lanes; count -= lanes, out += lanes) {
    if constexpr (stream) {
      hn::Stream(weights(t), d, out);
    } else {
      hn::StoreU(weights(t), d, out);
    }
    t = hn::Add(t, t_stride);
  }
  if (count > 0) {
    part(count);
  }
}

template <bool stream>
void evaluate_as(const Kernel& kernel, std::uint64_t first, double* out, std::size_t count) {
  const std::uint64_t end = first + count;
  std::uint64_t k = first;
  if (k <= Kernel::kHead) {
    const std::uint64_t stop = std::min(end, Kernel::kHead + 1);
    out = std::copy(kernel.head + k, kernel.head + stop, out);
    k = stop;
  }
  while (k < end) {
    const auto exponent = static_cast<int>(std::bit_width(k)) - 1;
    const std::uint64_t start = std::uint64_t{1} << exponent, block = start / Kernel::kNodes;
    const std::uint64_t octave_end = std::min(end, 2 * start);
    const double t_step = 2.0 / static_cast<double>(block);
    Octave octave;
    set_octave(kernel, exponent, octave);
    while (k < octave_end) {
      const std::uint64_t node = (k - start) / block, node_start = start + node * block;
      const std::uint64_t stop = std::min(octave_end, node_start + block);
      const double t_first = static_cast<double>(k - node_start) * t_step - 1.0;  // exact
      evaluate_block<stream>(octave, node, t_first, t_step, out, stop - k);
      out += stop - k;
      k = stop;
    }
  }
  if constexpr (stream) {
    hwy::FlushStream();
  }
}

void evaluate(const Kernel& kernel, std::uint64_t first, double* out, std::size_t count, bool stream) {
  if (stream) {
    evaluate_as<true>(kernel, first, out, count);
  } else {
    evaluate_as<false>(kernel, first, out, count);
  }
}

}  // namespace
}  // namespace almanac::compute::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace almanac::compute {

HWY_EXPORT(prepare);
HWY_EXPORT(evaluate);

void prepare_grunwald(double alpha, std::uint64_t last, GrunwaldKernel& kernel) {
  HWY_DYNAMIC_DISPATCH(prepare)(alpha, last, kernel);
}

void evaluate_grunwald(const GrunwaldKernel& kernel, std::uint64_t first, double* out, std::size_t count,
                       bool stream) {
  HWY_DYNAMIC_DISPATCH(evaluate)(kernel, first, out, count, stream);
}

}  // namespace almanac::compute
#endif
