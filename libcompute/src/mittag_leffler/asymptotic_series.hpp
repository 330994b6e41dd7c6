#pragma once

#include "problem.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace almanac::compute::mlf {

/// Exponents above this are cut to it: e^5000 and its square are extended numbers and far beyond double: signs survive.
template <class T>
inline constexpr T kMaxExponent = 5000;

/// [e^0 … e^count-1] of ((1 - (1+e)^-alpha) / (alpha e))^-order (1+e)^-beta, the factors of the expansion about a branch.
template <class T>
std::vector<T> branch_coefficients(const Problem<T>& problem, int count) {
  const auto n = static_cast<std::size_t>(count);
  std::vector<T> p(n), q(n), out(n);
  T binomial = -problem.alpha;  // binom(-alpha, i + 1)
  for (std::size_t i = 0; i < n; ++i) {
    p[i] = -binomial / problem.alpha;
    binomial *= (-problem.alpha - static_cast<T>(i + 1)) / static_cast<T>(i + 2);
  }
  q[0] = 1;  // p^-order by Miller's recurrence; p[0] = 1
  for (std::size_t i = 1; i < n; ++i) {
    T sum = 0;
    for (std::size_t j = 1; j <= i; ++j) sum += (-problem.order * static_cast<T>(j) - static_cast<T>(i - j)) * p[j] * q[i - j];
    q[i] = sum / static_cast<T>(i);
  }
  binomial = 1;  // binom(-beta, j)
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) out[i] += binomial * q[i - j];
    binomial *= (-problem.beta_k - static_cast<T>(j)) / static_cast<T>(j + 1);
  }
  return out;
}

/// ln Gamma(y), y ≥ 1/2, to a few percent: for the sizes of terms alone.
inline double log_gamma_roughly(double y) { return (y - 0.5) * std::log(y) - y + 0.9189 + 1 / (12 * y); }

/// The exponential part: Σ over branches of alpha^-order s^(order-beta) e^s Σ_m c_m s^-m / Gamma(order - m).
template <class T>
Estimate<T> exponential_part(const Problem<T>& problem, Complex<T> z, int most) {
  const int count = problem.poles > 0 ? problem.poles : std::min(most, 120);
  const std::vector<T> c = branch_coefficients(problem, count);
  std::vector<T> gammas(c.size());
  for (std::size_t m = 0; m < c.size(); ++m) gammas[m] = reciprocal_gamma(exact_sum(problem.order, -static_cast<T>(m)));
  const T exponent_of_s = problem.order - problem.beta_k;
  const T log_scale = problem.order * log_of(problem.alpha);
  T largest = 0;
  for_each_branch(problem, z, [&](const Branch<T>& b, T) {
    largest = std::max(largest, b.s.re + exponent_of_s * b.log_radius - log_scale);
  });
  const T highest = std::min(largest, kMaxExponent<T>);  // what the largest exponent is lowered to

  Estimate<T> part{{}, 0, 0};
  Complex<T> slope;
  for_each_branch(problem, z, [&](const Branch<T>& b, T weight) {
    const Complex<T> exponent{(b.s.re + exponent_of_s * b.log_radius - log_scale - largest) + highest,
                              b.s.im + exponent_of_s * b.angle};
    if (exponent.re < -kMaxExponent<T>) return;
    const Complex<T> scale = weight * exp_of(exponent), inverse = reciprocal(b.s);
    Complex<T> sum, sloping, power(1);
    T absolute_sum = 0, least = -1, rest = 0;
    for (std::size_t m = 0; m < c.size(); ++m) {
      const Complex<T> term = (c[m] * gammas[m]) * power;
      const T size = size_of(term);
      if (problem.poles == 0) {
        if (least >= 0 && size > 4 * least && m > 8) break;  // the terms grow again
        rest = size;
        least = least < 0 ? size : std::min(least, size);
        if (size < kUnit<T> * absolute_sum && m > 2) break;
      }
      sum += term;
      sloping += (b.s + Complex<T>(exponent_of_s - static_cast<T>(m))) * term;  // alpha z times the derivative, s = z^(1/alpha)
      absolute_sum += size * (1 + static_cast<T>(m));
      power *= inverse;
    }
    const Complex<T> value = scale * sum;
    const T amount = modulus(scale) * 2;
    part.value += value;
    part.error += amount * (rest + kUnit<T> * absolute_sum * (16 + absolute(exponent_of_s) * absolute(b.angle)));
    part.error += amount * kUnit<T> * modulus(b.s) * size_of(sum);  // the exponent's own rounding
    slope += scale * sloping;
  });
  part.slope = size_of(slope) / problem.alpha;
  return part;
}

/// (-z)^-order Σ_{i<count} (order)_i / i! z^-i / Gamma(beta - alpha (gamma + i)), cut where its terms are least, at `tolerance`
/// of what there is with `other` added, or after `most`. R. B. Paris 2010, Proc. R. Soc. A 466, 3379 has both parts.
template <class T>
Estimate<T> algebraic_part(const Problem<T>& problem, Complex<T> z, int most, T tolerance, Complex<T> other, bool to_the_end) {
  const Complex<T> inverse = reciprocal(z);
  const double log_size = std::log(static_cast<double>(modulus(inverse)));
  Complex<T> prefactor, power(1), sum;
  if (problem.poles > 0) {
    prefactor = mlf::power(-inverse, problem.poles);
  } else {
    const Complex<T> l = log_of(-z);
    prefactor = exp_of(Complex<T>(-problem.order * l.re, -problem.order * l.im));
  }
  const T scale = size_of(prefactor);
  T factor = 1, rounding = 0, rest = 0, least = -1;
  double log_factor = 0;
  Complex<T> slope;
  for (int i = 0; i < most; ++i) {
    const T x = problem.beta - problem.alpha * (problem.gamma + static_cast<T>(i));
    const double y = static_cast<double>(1 - x);
    const double log_bound = log_factor + i * log_size + (y > 0.5 ? log_gamma_roughly(y) : 0.0);
    const T bound = static_cast<T>(std::exp(std::min(log_bound, 5000.0)));
    if (!to_the_end) {
      rest = least < 0 ? bound : std::min(least, bound);
      if (least >= 0 && bound > 1.5 * least && y > 2) break;  // the terms grow
      least = rest;
      if (bound * scale < tolerance * size_of(prefactor * sum + other)) break;
    }
    const Complex<T> term = (factor * problem.reciprocal_gamma_at(-(problem.gamma + static_cast<T>(i)))) * power;
    sum += term;
    slope += (problem.order + static_cast<T>(i)) * term;
    rounding += size_of(term) * (8 + absolute(x) / 4);
    power *= inverse;
    factor *= (problem.order + static_cast<T>(i)) / static_cast<T>(i + 1);
    log_factor += std::log(static_cast<double>((problem.order + static_cast<T>(i)) / static_cast<T>(i + 1)));
  }
  return {prefactor * sum, 2 * scale * (rest + rounding * kUnit<T>), 2 * scale * size_of(slope)};
}

template <class T>
Estimate<T> asymptotic_series(const Problem<T>& problem, Complex<T> z, int most) {
  const Estimate<T> exponential = exponential_part(problem, z, most);
  const Estimate<T> algebraic = algebraic_part(problem, z, most, kUnit<T> * 16, exponential.value, false);
  return {exponential.value + algebraic.value, exponential.error + algebraic.error, exponential.slope + algebraic.slope};
}

}  // namespace almanac::compute::mlf
