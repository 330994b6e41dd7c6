#pragma once

// The two wide real types everything is evaluated in, and their elementary functions: long double (64 bits on x86: three
// decimals more than the result needs) and, where cancellation takes more than that, quadruple precision.
#include <array>
#include <cmath>
#include <limits>

#if defined(__SIZEOF_FLOAT128__) && defined(__GLIBC__) && LDBL_MANT_DIG < 113
#define ALMANAC_QUADRUPLE 1
extern "C" {
__float128 expf128(__float128) noexcept;
__float128 logf128(__float128) noexcept;
__float128 atan2f128(__float128, __float128) noexcept;
__float128 sqrtf128(__float128) noexcept;
__float128 rintf128(__float128) noexcept;
__float128 sinf128(__float128) noexcept;
__float128 cosf128(__float128) noexcept;
}
#endif

namespace almanac::compute::mlf {

using Extended = long double;
#ifdef ALMANAC_QUADRUPLE
using Quadruple = __float128;
#else
using Quadruple = long double;
#endif

/// A constant as an unevaluated sum of three doubles.
struct Constant {
  double high, middle, low;
  template <class T>
  constexpr T as() const {
    return static_cast<T>(high) + (static_cast<T>(middle) + static_cast<T>(low));
  }
};

inline constexpr Constant kPiParts{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53, -0x1.f1976b7ed8fbcp-109};

template <class T>
inline constexpr T kPi = kPiParts.as<T>();

/// Half of the distance from 1 to the next number.
template <class T>
inline constexpr T kUnit = static_cast<T>(std::numeric_limits<Extended>::epsilon() / 2);
#ifdef ALMANAC_QUADRUPLE
template <>
inline constexpr Quadruple kUnit<Quadruple> = static_cast<Quadruple>(0x1p-113);
#endif

template <class T>
constexpr T absolute(T x) {
  return x < 0 ? -x : x;
}

inline Extended exp_of(Extended x) { return std::exp(x); }
inline Extended log_of(Extended x) { return std::log(x); }
inline Extended sqrt_of(Extended x) { return std::sqrt(x); }
inline Extended atan2_of(Extended y, Extended x) { return std::atan2(y, x); }
inline Extended round_of(Extended x) { return std::rint(x); }
inline Extended sin_of(Extended x) { return std::sin(x); }
inline Extended cos_of(Extended x) { return std::cos(x); }

#ifdef ALMANAC_QUADRUPLE
inline Quadruple exp_of(Quadruple x) { return expf128(x); }
inline Quadruple log_of(Quadruple x) { return logf128(x); }
inline Quadruple sqrt_of(Quadruple x) { return sqrtf128(x); }
inline Quadruple atan2_of(Quadruple y, Quadruple x) { return atan2f128(y, x); }
inline Quadruple round_of(Quadruple x) { return rintf128(x); }
inline Quadruple sin_of(Quadruple x) { return sinf128(x); }
inline Quadruple cos_of(Quadruple x) { return cosf128(x); }
#endif

/// 1/n!
template <class T, int size>
inline constexpr std::array<T, size> kReciprocalFactorial = [] {
  std::array<T, size> values{};
  T factorial = 1;
  for (int n = 0; n < size; ++n) {
    if (n > 0) factorial *= static_cast<T>(n);
    values[static_cast<std::size_t>(n)] = 1 / factorial;
  }
  return values;
}();

/// sin and cos of x for |x| ≤ pi/4 by their Taylor series: a tenth of the time of the C library's in these types.
template <class T>
void sincos_reduced(T x, T& sine, T& cosine) {
  constexpr int terms = kUnit<T> < static_cast<T>(0x1p-100) ? 28 : 20;  // (pi/4)^n / n! is below the rounding
  constexpr const auto& c = kReciprocalFactorial<T, terms>;
  const T minus_square = -x * x;
  T even = c[terms - 2], odd = c[terms - 1];
  for (int n = terms - 4; n >= 0; n -= 2) {
    even = even * minus_square + c[static_cast<std::size_t>(n)];
    odd = odd * minus_square + c[static_cast<std::size_t>(n) + 1];
  }
  sine = x * odd;
  cosine = even;
}

/// From the values at the remainder to those `quarter` quarter turns further.
template <class T>
void turn_by_quarters(int quarter, T& sine, T& cosine) {
  const T s = sine, c = cosine;
  switch (quarter & 3) {
    case 1: sine = c, cosine = -s; break;
    case 2: sine = -s, cosine = -c; break;
    case 3: sine = -c, cosine = s; break;
    default: break;
  }
}

template <class T>
void sincos_of(T x, T& sine, T& cosine) {
  if (absolute(x) > static_cast<T>(0x1p30)) {
    sine = sin_of(x), cosine = cos_of(x);
    return;
  }
  const T quarters = round_of(x * (2 / kPi<T>));
  // pi/2 in pieces of 33 bits, whose products with the quarters are exact in T, and a rest.
  const T rest = (((x - quarters * static_cast<T>(0x1.921fb544p+0)) - quarters * static_cast<T>(0x1.0b4611a6p-34)) -
                  quarters * static_cast<T>(0x1.3198a2ep-69)) -
                 quarters * static_cast<T>(0x1.b839a252049c1p-104);
  const T turns = round_of(quarters / 4) * 4;
  sincos_reduced(rest, sine, cosine);
  turn_by_quarters(static_cast<int>(quarters - turns), sine, cosine);
}

/// sin and cos of pi x: exactly 0 and 1 where they are.
template <class T>
void sincospi_of(T x, T& sine, T& cosine) {
  const T quarters = round_of(2 * x), turns = round_of(quarters / 4) * 4;
  sincos_reduced((x - quarters / 2) * kPi<T>, sine, cosine);
  turn_by_quarters(static_cast<int>(quarters - turns), sine, cosine);
}

/// a + b = the first exactly, split as its rounding and the rest.
template <class T>
struct Pair {
  T high, low;
};

template <class T>
Pair<T> exact_sum(T a, T b) {
  const T sum = a + b, part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

}  // namespace almanac::compute::mlf
