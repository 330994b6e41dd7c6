#pragma once

#include "complex_number.hpp"
#include "reciprocal_gamma.hpp"

namespace almanac::compute::mlf {

/// d^k/dz^k E^gamma_{alpha,beta}(z) = (gamma)_k E^{gamma+k}_{alpha,beta+alpha k}(z): what is evaluated is that function, without
/// the factor (gamma)_k. beta + alpha k is never rounded: every Gamma function's argument is made from the four numbers.
template <class T>
struct Problem {
  T alpha, beta, gamma;
  int derivative;
  T order;    ///< gamma + derivative: the order of the poles of its Laplace transform
  int poles;  ///< the same where it is a small whole number, else 0
  T excess;   ///< alpha gamma - beta: the transform is s^excess / (s^alpha - z)^order
  T beta_k;   ///< beta + alpha k, rounded

  Problem(double a, double b, double g, int k)
      : alpha(static_cast<T>(a)),
        beta(static_cast<T>(b)),
        gamma(static_cast<T>(g)),
        derivative(k),
        order(gamma + static_cast<T>(k)),
        poles(order == round_of(order) && order < 64 ? static_cast<int>(order) : 0),
        excess(alpha * gamma - beta),
        beta_k(beta + alpha * static_cast<T>(k)) {}

  /// That of the derivative `more` times further.
  Problem(const Problem& p, int more) : Problem(p) {
    derivative += more;
    order = gamma + static_cast<T>(derivative);
    poles = order == round_of(order) && order < 64 ? static_cast<int>(order) : 0;
    beta_k = beta + alpha * static_cast<T>(derivative);
  }

  /// 1/Gamma(beta + alpha i)
  T reciprocal_gamma_at(T i) const { return reciprocal_gamma(exact_sum(beta, alpha * i)); }
};

/// A value with what is known of it.
template <class T>
struct Estimate {
  Complex<T> value;
  T error;  ///< bound of the rounding errors and of what was cut off
  T slope;  ///< size of z times the derivative, roughly: the scale that remains where the value has a zero

  bool within(T tolerance) const {
    const T size = size_of(value);
    return error <= tolerance * (size > slope ? size : slope);
  }
};

/// The branches s_j = z^(1/alpha) with |arg s_j| < pi: where the Laplace transform has its poles.
template <class T>
struct Branch {
  T log_radius, angle, sine, cosine;
  Complex<T> s;
};

/// What a branch's radius is cut to: e^100 is as good as infinite.
template <class T>
inline constexpr T kMaxLogRadius = 100;

/// Calls use(branch, weight) for all branches; of a real z's conjugate pairs only the upper one, with weight 2: the real part
/// is the answer then.
template <class T, class Use>
void for_each_branch(const Problem<T>& problem, Complex<T> z, Use use) {
  T log_radius = log_of(modulus(z)) / problem.alpha;
  if (log_radius > kMaxLogRadius<T>) log_radius = kMaxLogRadius<T>;
  const bool real = z.im == 0;
  const T arg = real ? static_cast<T>(z.re < 0 ? 1 : 0) : atan2_of(z.im, z.re) / kPi<T>;  // in units of pi
  const int last = static_cast<int>(problem.alpha / 2) + 1;
  for (int j = -last; j <= last; ++j) {
    const T turn = (arg + static_cast<T>(2 * j)) / problem.alpha;
    if (!(absolute(turn) < 1) || (real && turn < 0)) continue;
    Branch<T> b{log_radius, turn * kPi<T>, 0, 0, {}};
    sincospi_of(turn, b.sine, b.cosine);
    const T radius = exp_of(log_radius);
    b.s = problem.alpha == 1 && log_radius < kMaxLogRadius<T> ? z : Complex<T>(radius * b.cosine, radius * b.sine);
    use(b, real && turn > 0 ? static_cast<T>(2) : static_cast<T>(1));
  }
}

}  // namespace almanac::compute::mlf
