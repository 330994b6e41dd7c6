#include "laplacian_samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace almanac::compute {
namespace {

// ---- order of accuracy

struct Profile {
  Boundary boundary;
  std::function<double(double)> value, second_derivative;
};

/// Functions that continue beyond [0, 1] as the boundary says, with every derivative.
std::vector<Profile> profiles() {
  const auto even = [](double w) {  // exp(cos wx)
    return Profile{Boundary::neumann, [w](double x) { return std::exp(std::cos(w * x)); },
                   [w](double x) {
                     const double s = std::sin(w * x), c = std::cos(w * x);
                     return w * w * (s * s - c) * std::exp(c);
                   }};
  };
  Profile periodic = even(2 * kPi);
  periodic.boundary = Boundary::periodic;
  const Profile odd{Boundary::dirichlet, [](double x) { return std::sinh(std::sin(kPi * x)); },
                    [](double x) {
                      const double s = std::sin(kPi * x), c = std::cos(kPi * x);
                      return kPi * kPi * (c * c * std::sinh(s) - s * std::cosh(s));
                    }};
  // sinh of a quarter of a sine or cosine: odd about the one wall, even about the other
  const auto quarter = [](Boundary boundary, double shift) {
    return Profile{boundary, [shift](double x) { return std::sinh(std::sin(kPi / 2 * (x + shift))); },
                   [shift](double x) {
                     const double s = std::sin(kPi / 2 * (x + shift)), c = std::cos(kPi / 2 * (x + shift));
                     return kPi * kPi / 4 * (c * c * std::sinh(s) - s * std::cosh(s));
                   }};
  };
  return {periodic, odd, even(kPi), quarter(Boundary::dirichlet_neumann, 0), quarter(Boundary::neumann_dirichlet, 1)};
}

/// The grid of n intervals on [0, 1].
Vector points(Boundary boundary, std::int64_t n) {
  Vector x(static_cast<std::size_t>(boundary == Boundary::dirichlet ? n - 1 : n));
  const double first = boundary == Boundary::periodic ? 0.0 : boundary == Boundary::dirichlet ? 1.0 : 0.5;
  for (std::size_t j = 0; j < x.size(); ++j) x[j] = (static_cast<double>(j) + first) / static_cast<double>(n);
  return x;
}

TEST(LaplacianApply, ConvergesAtItsOrder) {
  // The finest pairs whose truncation error still exceeds rounding (≈ 20 u n²) a thousandfold.
  for (const Profile& profile : profiles())
    for (const auto& pair : {std::pair{2, 1024}, {4, 256}, {6, 96}}) {
      const int order = pair.first, finest = pair.second;  // clang captures no bindings
      const auto error = [&](std::int64_t n) {
        const Vector x = points(profile.boundary, n);
        Vector in(x.size()), out(x.size());
        std::transform(x.begin(), x.end(), in.begin(), profile.value);
        apply_laplacian({.extent = {static_cast<std::int64_t>(x.size())},
                         .spacing = 1.0 / static_cast<double>(n),
                         .order = order,
                         .boundary = profile.boundary},
                        in, out);
        double largest = 0.0;
        for (std::size_t j = 0; j < x.size(); ++j)
          largest = std::max(largest, std::abs(out[j] - profile.second_derivative(x[j])));
        return largest;
      };
      EXPECT_NEAR(std::log2(error(finest / 2) / error(finest)), order, 0.1)
          << to_string(profile.boundary) << ", order " << order;
    }
}

TEST(LaplacianApply, ConvergesAtItsOrderWithADifferentBoundaryOnEachAxis) {
  const std::vector<Profile> f = profiles();
  for (const auto& pair : {std::pair{2, 64}, {4, 64}, {6, 48}}) {
    const int order = pair.first, finest = pair.second;  // clang captures no bindings
    const auto error = [&](std::int64_t n) {  // the periodic function bends most, and gets most points
      const Vector x = points(f[0].boundary, 3 * n), y = points(f[1].boundary, 2 * n), z = points(f[2].boundary, n);
      Vector in, exact;
      for (const double a : x)
        for (const double b : y)
          for (const double c : z) {
            in.push_back(f[0].value(a) * f[1].value(b) * f[2].value(c));
            exact.push_back(f[0].second_derivative(a) * f[1].value(b) * f[2].value(c) +
                            f[0].value(a) * f[1].second_derivative(b) * f[2].value(c) +
                            f[0].value(a) * f[1].value(b) * f[2].second_derivative(c));
          }
      Vector out(in.size());
      const double h = 1.0 / static_cast<double>(n);
      apply_laplacian({.extent = {3 * n, 2 * n - 1, n},
                       .spacing = {h / 3, h / 2, h},
                       .order = order,
                       .boundary = {f[0].boundary, f[1].boundary, f[2].boundary}},
                      in, out);
      double largest = 0.0;
      for (std::size_t j = 0; j < in.size(); ++j) largest = std::max(largest, std::abs(out[j] - exact[j]));
      return largest;
    };
    EXPECT_NEAR(std::log2(error(finest / 2) / error(finest)), order, 0.1) << "order " << order;
  }
}

}  // namespace
}  // namespace almanac::compute
