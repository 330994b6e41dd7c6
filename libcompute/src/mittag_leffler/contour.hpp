#pragma once

// The inverse Laplace transform (1/2πi) ∫ e^s s^(alpha gamma - beta) / (s^alpha - z)^order ds along the parabola
// s = mu (1 + iu)², by the trapezoidal rule in u. Near the real axis of u the integrand's only singularities are the poles at
// the branches s_j; what they do to the trapezoidal rule is known exactly,
//   E = T_h + Σ_j Res_{s = s_j} [ e^s F(s) / (1 - exp(-2πi u(s) / h)) ],  u(s) = i (1 - √(s / mu)),
// wherever they lie: right of the contour, left of it or on it (not on a node: a grid of two is taken that has none there).
// So the contour is fixed, its logarithms and exponentials are tabulated, and no case is told from another. What is left is
// the distance 1 to the image of the cut: exp(-2π/h).
// Sources: J. A. C. Weideman, L. N. Trefethen 2007, Math. Comp. 76, 1341 (parabola); R. Garrappa 2015, SIAM J. Numer. Anal. 53,
// 1350 (the transform); L. N. Trefethen, J. A. C. Weideman 2014, SIAM Review 56, 385, §5 (poles in the trapezoidal rule).
#include "asymptotic_series.hpp"

#include <array>
#include <vector>

namespace almanac::compute::mlf {

inline constexpr int kContourLevels = 11;

template <class T>
struct ContourNode {
  Complex<T> log_s, inverse_s;
  Complex<T> weight;  ///< h mu/π (1 + iu) e^s, half of it at u = 0
  T u;
};

/// One parabola: mu = 6 · 2^(level/2), and h shrinking as mu^-1/2.
template <class T>
struct Contour {
  T mu, h;
  std::array<std::vector<ContourNode<T>>, 2> grids;  ///< u = k h and u = (k + 1/2) h, k ≥ 0

  explicit Contour(int level) {
    const T root = exp_of(static_cast<T>(level) * log_of(static_cast<T>(2)) / 4);
    mu = 6 * root * root;
    h = (kUnit<T> < static_cast<T>(0x1p-100) ? static_cast<T>(0.0625) : static_cast<T>(0.1)) / root;
    for (int offset = 0; offset < 2; ++offset)
      for (int k = 0; static_cast<T>(k) * h * root < 10; ++k) {
        const T u = (static_cast<T>(k) + static_cast<T>(offset) / 2) * h;
        const Complex<T> direction(1, u), s = mu * (direction * direction);
        const T scale = h * mu / kPi<T> * (u == 0 ? static_cast<T>(0.5) : static_cast<T>(1));
        const Complex<T> l = log_of(direction);
        grids[static_cast<std::size_t>(offset)].push_back(
            {{log_of(mu) + 2 * l.re, 2 * l.im}, reciprocal(s), scale * (direction * exp_of(s)), u});
      }
  }
};

template <class T>
const Contour<T>& contour_at(int level);  // each made once, when it is first asked for

extern template const Contour<Extended>& contour_at<Extended>(int level);
#ifdef ALMANAC_QUADRUPLE
extern template const Contour<Quadruple>& contour_at<Quadruple>(int level);
#endif

/// (1-w)^-n less its first m powers of w: w^m Σ_{i<n} binom(m+i-1, i) (1-w)^(i-n).
template <class T>
Complex<T> binomial_rest(Complex<T> w, int n, int m) {
  const Complex<T> inverse = reciprocal(Complex<T>(1) - w);
  Complex<T> sum;
  T binomial = 1;
  std::array<T, 64> binomials{};
  for (int i = 0; i < n; ++i) {
    binomials[static_cast<std::size_t>(i)] = binomial;
    binomial *= static_cast<T>(m + i) / static_cast<T>(i + 1);
  }
  for (int i = 0; i < n; ++i) sum = (sum + Complex<T>(binomials[static_cast<std::size_t>(i)])) * inverse;
  return power(w, m) * sum;
}

/// The residue at a branch, with the trapezoidal rule's factor: alpha^-n s^(1-beta) e^s times the coefficient of e^(n-1) in
/// e^(s e) c(e) / (1 - q(e)), q = sign exp(2π/h (1 - √(s/mu) √(1+e))), where c are branch_coefficients.
template <class T>
Complex<T> corrected_residue(const Problem<T>& problem, const Branch<T>& b, const Contour<T>& contour, T sign,
                             const std::vector<T>& c, T* amount) {
  const auto n = static_cast<std::size_t>(problem.poles);
  const T rate = 2 * kPi<T> / contour.h;
  const Complex<T> root = exp_of(Complex<T>((b.log_radius - log_of(contour.mu)) / 2, b.angle / 2));
  const Complex<T> log_q = Complex<T>(rate) - rate * root;
  const T exponent_of_s = 1 - problem.beta_k;
  const Complex<T> log_scale{b.s.re + exponent_of_s * b.log_radius - static_cast<T>(problem.poles) * log_of(problem.alpha),
                             b.s.im + exponent_of_s * b.angle};
  // A pole this near the origin is one with the cut: the trapezoidal rule does not see it, but for what a correction would add.
  const T near = std::max(static_cast<T>(0.01), problem.beta_k * problem.beta_k * contour.h * contour.h / 40);
  if (b.log_radius < log_of(near * contour.mu) || log_scale.re < -kMaxExponent<T>) return {};
  const Complex<T> scale = exp_of(Complex<T>(std::min(log_scale.re, kMaxExponent<T>), log_scale.im));
  std::vector<Complex<T>> f(n), q(n), inverse(n);
  std::vector<T> f_size(n), inverse_size(n);  // the sums' sizes without their cancellation: what their roundings are made of
  // f = e^(s e) c(e)
  Complex<T> exponential(1);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      f[i] += c[i - j] * exponential;
      f_size[i] += absolute(c[i - j]) * modulus(exponential);
    }
    exponential *= (1 / static_cast<T>(j + 1)) * b.s;
  }
  Complex<T> result;
  if (log_q.re < -120) {
    result = f[n - 1];
  } else {
    // q by the derivative of its exponent, a = -rate root (√(1+e) - 1): i q_i = Σ j a_j q_{i-j}
    std::vector<Complex<T>> a(n);
    T binomial = static_cast<T>(0.5);
    for (std::size_t i = 1; i < n; ++i) {
      a[i] = (-rate * binomial) * root;
      binomial *= (static_cast<T>(0.5) - static_cast<T>(i)) / static_cast<T>(i + 1);
    }
    q[0] = sign * exp_of(log_q);
    for (std::size_t i = 1; i < n; ++i) {
      Complex<T> sum;
      for (std::size_t j = 1; j <= i; ++j) sum += static_cast<T>(j) * (a[j] * q[i - j]);
      q[i] = (1 / static_cast<T>(i)) * sum;
    }
    const Complex<T> first = reciprocal(Complex<T>(1) - q[0]);
    inverse[0] = first;
    inverse_size[0] = modulus(first);
    for (std::size_t i = 1; i < n; ++i) {
      Complex<T> sum;
      for (std::size_t j = 1; j <= i; ++j) {
        sum += q[j] * inverse[i - j];
        inverse_size[i] += modulus(q[j]) * inverse_size[i - j];
      }
      inverse[i] = first * sum;
      inverse_size[i] *= inverse_size[0];
    }
    T sizes = 0;
    for (std::size_t i = 0; i < n; ++i) {
      result += f[i] * inverse[n - 1 - i];
      sizes += f_size[i] * inverse_size[n - 1 - i];
    }
    // q itself is off by the rounding of its exponent, and its i-th coefficient by that of i powers of it.
    *amount = size_of(scale) * sizes *
              (1 + static_cast<T>(absolute(log_q.re) < 20 ? 4 * problem.poles * problem.poles * problem.poles : 0));
    return scale * result;
  }
  *amount = size_of(scale) * f_size[n - 1] * problem.order;
  return scale * result;
}

/// One grid of a contour. `removed` terms of the algebraic series are taken out of the integrand (whole orders only): that many
/// must be added to the value.
template <class T>
Estimate<T> contour_sum(const Problem<T>& problem, Complex<T> z, const Contour<T>& contour, std::size_t grid, int removed,
                        bool correct_for_poles) {
  const bool real = z.im == 0;
  const int n = problem.poles;
  const T m = static_cast<T>(removed);
  const T p = n > 0 ? problem.excess : -problem.beta_k;
  const T peak = (n > 0 ? problem.excess + m * problem.alpha : problem.excess) / contour.mu;  // u² of the largest term
  const Complex<T> inverse = reciprocal(z), prefactor = removed > 0 ? power(-inverse, n) : Complex<T>(1);
  // s^p from s^alpha where that is a product.
  const bool by_powers =
      n > 0 && ((problem.beta == round_of(problem.beta) && problem.beta >= 0 && problem.beta <= 4) || p == 0);
  const int gamma = by_powers && p != 0 ? static_cast<int>(problem.gamma) : 0,
            beta = by_powers && p != 0 ? static_cast<int>(problem.beta) : 0;
  Complex<T> sum;
  T absolute_sum = 0, near_poles = 0;  // the latter: s^alpha - z rounds with z, not with the difference

  const auto term_at = [&](Complex<T> base, Complex<T> s_alpha, Complex<T> argument, Complex<T> argument_inverse,
                           Complex<T> front) {
    if (n == 0) {
      const Complex<T> w = argument * reciprocal(s_alpha), l = log_of(Complex<T>(1) - w);
      return base * exp_of(Complex<T>(-problem.order * l.re, -problem.order * l.im));
    }
    if (removed > 0) return base * front * binomial_rest(s_alpha * argument_inverse, n, removed);
    const Complex<T> d = reciprocal(s_alpha - argument), term = base * (n == 1 ? d : power(d, n));
    near_poles += size_of(term) * size_of(d);
    return term;
  };

  for (const ContourNode<T>& node : contour.grids[grid]) {
    const Complex<T> s_alpha = exp_of(problem.alpha * node.log_s);
    const Complex<T> base =
        node.weight * (by_powers ? power(s_alpha, gamma) * power(node.inverse_s, beta) : exp_of(p * node.log_s));
    Complex<T> term = term_at(base, s_alpha, z, inverse, prefactor);
    T size = size_of(term);
    if (real) {
      sum.re += 2 * term.re;
      size *= 2;
    } else {
      const Complex<T> other = conjugate(term_at(base, s_alpha, conjugate(z), conjugate(inverse), conjugate(prefactor)));
      sum += term + other;
      size += size_of(other);
    }
    absolute_sum += size;
    if (node.u * node.u > peak + 1 && size < kUnit<T> * absolute_sum) break;
  }

  // Each term's exponent rounds with its size; the last digits of the sum are the terms' own.
  Estimate<T> result{
      sum, absolute_sum * kUnit<T> * (4 + absolute(p) + 2 * m) + near_poles * problem.order * modulus(z) * kUnit<T>, 0};
  if (!correct_for_poles) return result;
  const std::vector<T> c = branch_coefficients(problem, n);
  const T sign = grid == 0 ? 1 : -1;
  for_each_branch(problem, z, [&](const Branch<T>& b, T weight) {
    T amount = 0;
    const Complex<T> residue = corrected_residue(problem, b, contour, sign, c, &amount);
    result.value += weight * residue;
    result.error += weight * amount * kUnit<T> * (10 + absolute(1 - problem.beta_k) * 2);
  });
  if (real) result.value.im = 0;
  // Poles of high order near a node: measured against quadruple precision, some hundred times what the sums above foresee.
  if (n > 6) result.error *= 1000;
  return result;
}

/// The grid whose nodes are farther from the poles that lie on the contour, or nearly.
template <class T>
std::size_t clear_grid(const Problem<T>& problem, Complex<T> z, const Contour<T>& contour) {
  T clear[2] = {1, 1};
  for_each_branch(problem, z, [&](const Branch<T>& b, T) {
    const Complex<T> root = exp_of(Complex<T>((b.log_radius - log_of(contour.mu)) / 2, b.angle / 2));
    const T aside = (1 - root.re) / contour.h, along = root.im / contour.h;
    if (absolute(aside) > 2) return;
    for (int grid = 0; grid < 2; ++grid) {
      const T shifted = along - static_cast<T>(grid) / 2, distance = absolute(shifted - round_of(shifted));
      clear[grid] = std::min(clear[grid], distance + absolute(aside));
    }
  });
  return clear[1] > clear[0] ? 1 : 0;
}

/// Whole orders: the level whose vertex has the smallest integrand, for that is what cancels.
template <class T>
int best_level(const Problem<T>& problem, Complex<T> z) {
  const double alpha = static_cast<double>(problem.alpha), beta = static_cast<double>(problem.beta_k);
  const double log_z = std::log(static_cast<double>(modulus(z)));
  int best = 0;
  double least = 0;
  for (int level = 0; level < kContourLevels; ++level) {
    const double log_mu = std::log(6.0) + level * 0.34657359;
    const double size =
        std::exp(log_mu) - beta * log_mu - static_cast<double>(problem.order) * std::max(0.0, log_z - alpha * log_mu);
    if (level == 0 || size < least) best = level, least = size;
  }
  return best;
}

/// Other orders have branch points, which the contour must pass on the right and at a distance; -1 where no level does.
template <class T>
int enclosing_level(const Problem<T>& problem, Complex<T> z) {
  T farthest = 0;
  for_each_branch(problem, z, [&](const Branch<T>& b, T) {
    T sine, cosine;
    sincos_of(b.angle / 2, sine, cosine);
    farthest = std::max(farthest, exp_of(b.log_radius / 2) * cosine);
  });
  for (int level = best_level(problem, z); level < kContourLevels; ++level)
    if (farthest < static_cast<T>(0.6) * sqrt_of(contour_at<T>(level).mu)) return level;
  return -1;
}

/// The function by the contour; with `removed` > 0 the first terms of the algebraic series are summed by themselves, where
/// each is precise, and only the rest is integrated: for large |z|, above all where those terms nearly vanish.
template <class T>
Estimate<T> by_contour(const Problem<T>& problem, Complex<T> z, int removed) {
  if (problem.poles == 0) {
    const int level = enclosing_level(problem, z);
    if (level < 0) return {{}, 1, 0};
    const Contour<T>& contour = contour_at<T>(level);
    // Both grids: half the step, for the branch points are nearer than the cut. Their difference bounds the error.
    const Estimate<T> a = contour_sum(problem, z, contour, 0, 0, false), b = contour_sum(problem, z, contour, 1, 0, false);
    const T apart = size_of(a.value - b.value), size = size_of(a.value) + size_of(b.value);
    return {static_cast<T>(0.5) * (a.value + b.value), (a.error + b.error) / 2 + (size > 0 ? apart * apart / size : 0), 0};
  }
  const Contour<T>& contour = contour_at<T>(best_level(problem, z));
  Estimate<T> integral = contour_sum(problem, z, contour, clear_grid(problem, z, contour), removed, true);
  if (absolute(problem.beta_k) > 6) {
    // s^-beta is large near the cut's image: half of the step, by both grids.
    const Estimate<T> other = contour_sum(problem, z, contour, 1 - clear_grid(problem, z, contour), removed, true);
    integral = {static_cast<T>(0.5) * (integral.value + other.value), (integral.error + other.error) / 2, 0};
  }
  if (removed > 0) {
    const Estimate<T> series = algebraic_part(problem, z, removed, static_cast<T>(0), integral.value, true);
    integral.value += series.value;
    integral.error += series.error;
  }
  return integral;
}

}  // namespace almanac::compute::mlf
