#include <almanac/compute/l_schemes.hpp>

#include <almanac/compute/error.hpp>

#include "written.hpp"
#include "power_differences.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

using quadrature::PowerSeries;
using quadrature::Quad;

// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kLSchemes{"l1", "l1_2", "l2_1_sigma"};

/// Weights below it are made in quadruple precision, from powers of y < kLHead + 3; behind it every series has its x ≥ 16.
constexpr std::uint64_t kLHead = 18;

/// y^s less a linear function, which second differences and defects do not see, so that it is as small as they are: y^s - y for
/// s > 1/2, else y^s - 1. alpha is 1 - s.
class ReducedPowers {
 public:
  /// At y_i = i + offset, or 0 where that is below it; i < count.
  ReducedPowers(Quad alpha, Quad offset, int count) : less_y_(alpha < Quad(0.5)) {
    const Quad s = 1 - alpha;
    for (int i = 0; i < count; ++i) {
      const Quad y = std::max<Quad>(0, offset + i);
      const Quad power = !less_y_ ? quadrature::power_less_one(y, s)
                         : y == 0 ? Quad(0)
                                  : y * quadrature::expm1(-alpha * quadrature::log(y));
      power_.push_back(power);
      // y (y^s - 1 - s) / (s+1), y (y^s - y + y alpha / 2) / (s+1)
      integral_.push_back(y * (less_y_ ? power + y * alpha / 2 : power - s) / (s + 1));
    }
  }

  Quad difference(std::size_t i) const { return power_[i + 1] - power_[i]; }
  Quad defect(std::size_t i) const { return integral_[i + 1] - integral_[i] - (power_[i] + power_[i + 1]) / 2; }
  bool less_y() const { return less_y_; }

 private:
  bool less_y_;
  std::vector<Quad> power_, integral_;
};

/// The weights of one scheme and alpha. beta_0 = 0, and for n ≥ 1 beta_n is the defect of the interval (n-1, n), of
/// (n-1+sigma, n+sigma) with l2_1_sigma: c_k = A + beta_{k+1} - beta_k.
class UniformScheme {
 public:
  UniformScheme(LScheme scheme, double alpha)
      : quadratic_(scheme != LScheme::l1),
        staggered_(scheme == LScheme::l2_1_sigma),
        order_(alpha > 1 ? Quad(alpha) - 1 : Quad(alpha)),
        shift_(staggered_ ? -order_ / 2 : Quad(0)),
        scale_(quadrature::reciprocal_gamma(2 - order_)),
        first_(quadrature::first_difference(quadrature::Power::beside_one(-order_), scale_)),
        second_(quadrature::second_difference(quadrature::Power::beside_one(-order_), scale_)),
        defect_(quadrature::trapezoid_defect(quadrature::Power::beside_one(-order_), scale_)),
        first_offset_(quadrature::split(shift_ + Quad(0.5))),
        second_offset_(quadrature::split(shift_)),
        defect_offset_(quadrature::split(staggered_ ? shift_ + Quad(0.5) : Quad(-0.5))) {}

  void weights(std::uint64_t k, std::span<double> out) const {
    if (k < kLHead) {
      const Head head(*this);
      for (; k < kLHead && !out.empty(); ++k, out = out.subspan(1)) out[0] = static_cast<double>(scale_ * head.weight(k));
    }
    double before = beta(k);
    for (double& weight : out) {
      const double here = beta(k + 1);
      weight = first_(quadrature::shifted(k, first_offset_)) + (here - before);
      before = here;
      ++k;
    }
  }

  void nodal_weights(std::uint64_t k, std::span<double> out) const {
    if (k < kLHead) {
      const Head head(*this);
      for (; k < kLHead && !out.empty(); ++k, out = out.subspan(1))
        out[0] = static_cast<double>(scale_ * (k == 0 ? head.weight(0) : head.nodal_weight(k)));
    }
    double oldest = beta(k - 1), before = beta(k);
    for (double& weight : out) {
      const double here = beta(k + 1);
      weight = second_(quadrature::shifted(k, second_offset_)) + ((here - before) - (before - oldest));
      oldest = before;
      before = here;
      ++k;
    }
  }

  void corrections(std::uint64_t n, std::span<double> out) const {
    if (n < kLHead) {
      const Head head(*this);
      for (; n < kLHead && !out.empty(); ++n, out = out.subspan(1)) out[0] = static_cast<double>(scale_ * head.beta(n));
    }
    for (double& correction : out) correction = beta(n++);
  }

 private:
  /// Weights for k < kLHead, without their scale.
  class Head {
   public:
    explicit Head(const UniformScheme& scheme)
        : scheme_(scheme), powers_(scheme.order_, scheme.shift_, static_cast<int>(kLHead) + 3) {}

    Quad weight(std::uint64_t k) const {
      const Quad step = k == 0 ? 1 + scheme_.shift_ : Quad(1);  // y_{k+1} - y_k
      return reduced_weight(k) + (powers_.less_y() ? step : Quad(0));
    }
    Quad nodal_weight(std::uint64_t k) const {
      const Quad steps = k == 1 && powers_.less_y() ? -scheme_.shift_ : Quad(0);
      return reduced_weight(k) - reduced_weight(k - 1) + steps;
    }
    Quad beta(std::uint64_t n) const {
      return scheme_.quadratic_ && n > 0 ? powers_.defect(scheme_.staggered_ ? n : n - 1) : Quad(0);
    }

   private:
    Quad reduced_weight(std::uint64_t k) const { return powers_.difference(k) + (beta(k + 1) - beta(k)); }

    const UniformScheme& scheme_;
    ReducedPowers powers_;
  };

  double beta(std::uint64_t n) const { return quadratic_ ? defect_(quadrature::shifted(n, defect_offset_)) : 0.0; }

  bool quadratic_, staggered_;
  Quad order_, shift_, scale_;  // shift: sigma - 1
  PowerSeries first_, second_, defect_;
  quadrature::SplitNumber first_offset_, second_offset_, defect_offset_;
};

void check_l_alpha(LScheme scheme, double alpha) {
  if (static_cast<std::size_t>(scheme) >= kLSchemes.size())
    throw ArgumentError("scheme", written(static_cast<int>(scheme)), "be one of the L schemes");
  if (alpha > 0 && alpha < 1) return;
  if (scheme != LScheme::l1) throw ArgumentError("alpha", written(alpha), "lie in (0, 1)");
  if (!(alpha > 1 && alpha < 2)) throw ArgumentError("alpha", written(alpha), "lie in (0, 1) or (1, 2)");
}

void check_l_indices(std::uint64_t first, std::span<const double> out) {
  if (first > kMaxLIndex) throw ArgumentError("first", written(first), "not exceed " + written(kMaxLIndex));
  if (out.size() > kMaxLIndex - first + 1)
    throw ArgumentError("out.size()", written(out.size()),
                        "not exceed " + written(kMaxLIndex - first + 1) + ", for first = " + written(first));
}

}  // namespace

std::string_view to_string(LScheme scheme) noexcept {
  const auto index = static_cast<std::size_t>(scheme);
  return index < kLSchemes.size() ? kLSchemes[index] : "unknown";
}

std::optional<LScheme> parse_l_scheme(std::string_view name) noexcept {
  const auto found = std::find(kLSchemes.begin(), kLSchemes.end(), name);
  if (found == kLSchemes.end()) return std::nullopt;
  return static_cast<LScheme>(found - kLSchemes.begin());
}

double l_offset(LScheme scheme, double alpha) {
  check_l_alpha(scheme, alpha);
  return scheme == LScheme::l2_1_sigma ? 1.0 - 0.5 * alpha : 1.0;
}

void l_weights(LScheme scheme, double alpha, std::uint64_t first, std::span<double> out) {
  check_l_alpha(scheme, alpha);
  check_l_indices(first, out);
  UniformScheme(scheme, alpha).weights(first, out);
}

void l_nodal_weights(LScheme scheme, double alpha, std::uint64_t first, std::span<double> out) {
  check_l_alpha(scheme, alpha);
  check_l_indices(first, out);
  UniformScheme(scheme, alpha).nodal_weights(first, out);
}

void l_corrections(LScheme scheme, double alpha, std::uint64_t first, std::span<double> out) {
  check_l_alpha(scheme, alpha);
  if (first < 1) throw ArgumentError("first", written(first), "be at least 1");
  check_l_indices(first, out);
  UniformScheme(scheme, alpha).corrections(first, out);
}

}  // namespace almanac::compute
