// Arithmetic on unevaluated sums of two doubles, lane by lane. Included once an instruction set, inside grunwald_kernel.cpp.
// Every operation is made of IEEE additions, products and divisions in a fixed order, and the product's rounding error is
// exact with and without a fused multiply-add: the bits do not depend on the instruction set.
// Source: T. J. Dekker 1971, Numer. Math. 18, 224; errors in M. Joldes, J.-M. Muller, V. Popescu 2017, ACM TOMS 44(2).
#if defined(ALMANAC_COMPUTE_DOUBLE_DOUBLE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ALMANAC_COMPUTE_DOUBLE_DOUBLE_INL_HPP
#undef ALMANAC_COMPUTE_DOUBLE_DOUBLE_INL_HPP
#else
#define ALMANAC_COMPUTE_DOUBLE_DOUBLE_INL_HPP
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace almanac::compute::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// hi + lo with hi = hi + lo rounded to double.
template <class V>
struct DoubleDouble {
  V hi, lo;
};

/// a + b exactly, for |a| ≥ |b| or a = 0.
template <class V>
HWY_INLINE DoubleDouble<V> quick_two_sum(V a, V b) {
  const V sum = hn::Add(a, b);
  return {sum, hn::Sub(b, hn::Sub(sum, a))};
}

/// a + b exactly.
template <class V>
HWY_INLINE DoubleDouble<V> two_sum(V a, V b) {
  const V sum = hn::Add(a, b);
  const V b_part = hn::Sub(sum, a);
  const V a_part = hn::Sub(sum, b_part);
  return {sum, hn::Add(hn::Sub(a, a_part), hn::Sub(b, b_part))};
}

/// a b exactly, where neither overflows nor has bits below 2^-1074.
template <class V>
HWY_INLINE DoubleDouble<V> two_product(V a, V b) {
  const V product = hn::Mul(a, b);
#if HWY_NATIVE_FMA
  return {product, hn::MulSub(a, b, product)};
#else
  const hn::DFromV<V> d;
  const V splitter = hn::Set(d, 134217729.0);  // 2^27 + 1
  const V a_scaled = hn::Mul(a, splitter), b_scaled = hn::Mul(b, splitter);
  const V a_hi = hn::Sub(a_scaled, hn::Sub(a_scaled, a)), a_lo = hn::Sub(a, a_hi);
  const V b_hi = hn::Sub(b_scaled, hn::Sub(b_scaled, b)), b_lo = hn::Sub(b, b_hi);
  const V cross = hn::Add(hn::Sub(hn::Mul(a_hi, b_hi), product), hn::Mul(a_hi, b_lo));
  return {product, hn::Add(hn::Add(cross, hn::Mul(a_lo, b_hi)), hn::Mul(a_lo, b_lo))};
#endif
}

/// a b; relative error below 2^-102.
template <class V>
HWY_INLINE DoubleDouble<V> multiply(DoubleDouble<V> a, DoubleDouble<V> b) {
  const DoubleDouble<V> product = two_product(a.hi, b.hi);
  const V cross = hn::Add(hn::Mul(a.hi, b.lo), hn::Mul(a.lo, b.hi));
  return quick_two_sum(product.hi, hn::Add(product.lo, cross));
}

/// a / b; relative error below 2^-102.
template <class V>
HWY_INLINE DoubleDouble<V> divide(DoubleDouble<V> a, V b) {
  const V quotient = hn::Div(a.hi, b);
  const DoubleDouble<V> back = two_product(quotient, b);
  const V rest = hn::Add(hn::Sub(hn::Sub(a.hi, back.hi), back.lo), a.lo);
  return quick_two_sum(quotient, hn::Div(rest, b));
}

/// a / b; relative error below 2^-100.
template <class V>
HWY_INLINE DoubleDouble<V> divide(DoubleDouble<V> a, DoubleDouble<V> b) {
  const V quotient = hn::Div(a.hi, b.hi);
  const DoubleDouble<V> back = two_product(quotient, b.hi);
  const V rest = hn::Sub(hn::Add(hn::Sub(hn::Sub(a.hi, back.hi), back.lo), a.lo), hn::Mul(quotient, b.lo));
  return quick_two_sum(quotient, hn::Div(rest, b.hi));
}

}  // namespace almanac::compute::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
