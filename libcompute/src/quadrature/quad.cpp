#include "quad.hpp"

#include <array>
#include <cmath>

namespace almanac::compute::quadrature {
namespace {

// Three doubles hold a constant to 159 bits; their sum rounds once to 113.
constexpr Quad kLn2 = Quad(0x1.62e42fefa39efp-1) + (Quad(0x1.abc9e3b39803fp-56) + Quad(0x1.7b57a079a1934p-111));
constexpr Quad kPi = Quad(0x1.921fb54442d18p+1) + (Quad(0x1.1a62633145c07p-53) - Quad(0x1.f1976b7ed8fbcp-109));
constexpr Quad kHalfLog2Pi = Quad(0x1.d67f1c864beb5p-1) - (Quad(0x1.65b5a1b7ff5dfp-55) + Quad(0x1.b7f70c13dc1ccp-110));

struct BernoulliNumber {
  double numerator, denominator;
};

/// B_2, B_4 … B_34.
constexpr std::array<BernoulliNumber, 17> kBernoulli{{{1, 6},
                                                      {-1, 30},
                                                      {1, 42},
                                                      {-1, 30},
                                                      {5, 66},
                                                      {-691, 2730},
                                                      {7, 6},
                                                      {-3617, 510},
                                                      {43867, 798},
                                                      {-174611, 330},
                                                      {854513, 138},
                                                      {-236364091, 2730},
                                                      {8553103, 6},
                                                      {-23749461029, 870},
                                                      {8615841276005, 14322},
                                                      {-7709321041217, 510},
                                                      {2577687858367, 6}}};

Quad bernoulli(std::size_t j) { return Quad(kBernoulli[j].numerator) / Quad(kBernoulli[j].denominator); }

/// 2^exponent; in steps that neither overflow nor go below the normal doubles.
Quad power_of_two(int exponent) {
  Quad value = 1;
  for (; exponent > 1000; exponent -= 1000) value *= Quad(0x1p1000);
  for (; exponent < -1000; exponent += 1000) value *= Quad(0x1p-1000);
  return value * Quad(std::ldexp(1.0, exponent));
}

/// exp(x) - 1 for |x| ≤ 0.35, from x/64 by doubling.
Quad small_expm1(Quad x) {
  constexpr int kDegree = 15;
  const Quad part = x / 64;
  Quad less_one = 0;
  for (int j = kDegree; j >= 1; --j) less_one = (less_one + 1) * part / j;
  for (int doubling = 0; doubling < 6; ++doubling) less_one = less_one * (2 + less_one);
  return less_one;
}

/// Riemann's zeta for s > 1, by Euler–Maclaurin summation behind the 20th term (DLMF 25.2.9): the rest after B_34 is below
/// 2^-120.
Quad zeta_above_one(Quad s) {
  constexpr int kTerms = 20;
  const Quad n = kTerms, power = pow(n, -s);
  Quad sum = 0;
  Quad rising = s, scale = power / n;  // s (s+1) … (s+2j-2) and n^(1-s-2j) / (2j)!, j = 1
  for (std::size_t j = 0; j < kBernoulli.size(); ++j) {
    const auto first = static_cast<double>(2 * j + 1);  // 2j-1 for the j of the formula
    scale = scale / Quad(first * (first + 1));
    sum += bernoulli(j) * rising * scale;
    rising = rising * (s + Quad(first)) * (s + Quad(first + 1));
    scale = scale / (n * n);
  }
  sum += power * (n / (s - 1) + Quad(0.5));
  for (int k = kTerms - 1; k >= 1; --k) sum += pow(Quad(k), -s);
  return sum;
}

}  // namespace

Quad exp(Quad x) {
  const double whole = std::nearbyint(static_cast<double>(x / kLn2));
  return (1 + small_expm1(x - Quad(whole) * kLn2)) * power_of_two(static_cast<int>(whole));
}

Quad expm1(Quad x) { return x < Quad(0.3) && x > Quad(-0.3) ? small_expm1(x) : exp(x) - 1; }

Quad log(Quad x) {
  const Quad start = std::log(static_cast<double>(x));
  const Quad back = exp(start);
  return start + 2 * (x - back) / (x + back);  // Halley's step: from 2^-53 to 2^-159
}

Quad pow(Quad base, Quad exponent) {
  if (exponent == 0) return 1;
  if (base == 0) return 0;
  return exp(exponent * log(base));
}

Quad power_less_one(Quad base, Quad exponent) { return base == 0 ? Quad(-1) : expm1(exponent * log(base)); }

Quad sin_pi(Quad x) {
  // Both reductions are exact.
  const Quad turns = std::nearbyint(static_cast<double>(x / 2));
  Quad rest = x - 2 * turns;  // in [-1, 1], up to the rounding of the cast
  if (rest > Quad(0.5)) rest = 1 - rest;
  if (rest < Quad(-0.5)) rest = -1 - rest;
  const Quad angle = kPi * rest, square = angle * angle;
  Quad sum = 1;
  for (int j = 19; j >= 1; --j) sum = 1 - sum * square / (2 * j * (2 * j + 1));
  return angle * sum;
}

Quad reciprocal_gamma(Quad x) {
  Quad factor = 1;
  for (; x < 24; x += 1) factor *= x;  // 1 / Gamma(x) = x / Gamma(x + 1)
  Quad series = 0;                     // Stirling's; its term of B_36 is below 2^-130
  const Quad reciprocal = 1 / x, square = reciprocal * reciprocal;
  for (std::size_t j = kBernoulli.size(); j-- > 0;) {
    const auto twice = static_cast<double>(2 * j + 2);
    series = series * square + bernoulli(j) / Quad(twice * (twice - 1));
  }
  return factor * exp(x - (x - Quad(0.5)) * log(x) - kHalfLog2Pi - series * reciprocal);
}

Quad zeta(Quad s) {
  if (s > 1) return zeta_above_one(s);
  if (s == 0) return Quad(-0.5);
  // zeta(s) = 2 (2 pi)^(s-1) sin(pi s / 2) Gamma(1-s) zeta(1-s)
  const Quad reflected = 1 - s, sine = sin_pi(s / 2);
  return sine == 0 ? sine : 2 * pow(2 * kPi, -reflected) * sine * zeta_above_one(reflected) / reciprocal_gamma(reflected);
}

Quad binomial(Quad s, int j) {
  Quad product = 1;
  for (int i = 0; i < j; ++i) product = product * (s - i) / (i + 1);
  return product;
}

}  // namespace almanac::compute::quadrature
