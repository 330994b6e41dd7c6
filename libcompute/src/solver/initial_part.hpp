#pragma once

#include <almanac/compute/fractional_equation.hpp>

#include <span>
#include <vector>

namespace almanac::compute::stepping {

/// What initial data contribute to a solution, a sum of powers of t - t_0, so that y = initial part + v with v = 0 at t_0 and
/// before: Caputo's polynomial P, Riemann–Liouville's Q; nothing for Grünwald–Letnikov.
class InitialPart {
 public:
  struct Power {
    double power;
    std::vector<double> coefficients;  ///< one an unknown
  };

  InitialPart(const FractionalEquation& equation, double start);

  /// The part at t; infinite at t_0 where a power is negative.
  void value(double t, std::span<double> out) const;

  /// Σ c_i D^(alpha_i) of it, t > t_0. Zero for Riemann–Liouville.
  void derivatives(double t, std::span<double> out) const;
  bool has_derivatives() const noexcept { return !derivatives_.empty(); }
  const std::vector<Power>& derivative_powers() const noexcept { return derivatives_; }

  /// Whether the part is finite at t_0.
  bool is_finite() const noexcept;
  /// Whether it is a polynomial: then v begins as t^alpha.
  bool is_polynomial() const noexcept;
  const std::vector<Power>& powers() const noexcept { return powers_; }

 private:
  void add_caputo(const FractionalEquation& equation);
  void add_riemann_liouville(const FractionalEquation& equation);

  double start_;
  std::vector<Power> powers_, derivatives_;
};

}  // namespace almanac::compute::stepping
