#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace almanac::compute::quadrature {

/// Checks of a row of weights on a mesh: the mesh itself, step in [1, mesh.size() - 1], out.size() = `expected`.
void check_mesh_row(std::span<const double> mesh, std::uint64_t step, std::size_t size, std::size_t expected);

/// One interval of a mesh as the kernel sees it: from `near` to `far`, the distances of its ends from the time of the
/// derivative or integral, 0 ≤ near < far, and its length far - near, each rounded by itself.
struct Interval {
  double near, far, length;
};

/// Integrals of y^p, p > -1, over intervals: for the flat, the sloping and the centred linear functions there. Where the
/// interval is short beside its distance they are series about its middle, which lose no digits; else closed forms, whose
/// terms are at most some times the result.
class IntervalIntegrals {
 public:
  /// `order` is power + 1: each is given as exactly as the caller has it, since where one is small the other has lost it.
  IntervalIntegrals(double power, double order);

  /// ∫ y^p dy
  double flat(Interval interval) const;
  /// ∫ (m - y) y^p dy about the middle m; positive for p < 0. -1 < p ≤ 0.
  double centred(Interval interval) const;
  /// ∫ (y - near) y^p dy / length and ∫ (far - y) y^p dy / length
  struct Hats {
    double far_end, near_end;
  };
  Hats hats(Interval interval) const;

 private:
  static constexpr std::size_t kTerms = 192;
  double power_, order_;
  std::array<double, kTerms> binomials_;  // binom(p, j)
};

}  // namespace almanac::compute::quadrature
