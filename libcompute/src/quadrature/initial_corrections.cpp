#include <almanac/compute/convolution_quadrature.hpp>

#include <almanac/compute/error.hpp>

#include "written.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace almanac::compute {
namespace {

constexpr int kMaxCorrections = 5;  // steps of BDF6, and derivatives

using CorrectionRow = std::array<double, kMaxCorrections>;

/// [p-2][m][n-1] = c_{m,n}.
constexpr CorrectionRow kCorrections[5][kMaxCorrections] = {
    {{1.0 / 2}},
    {{11.0 / 12, -5.0 / 12}, {1.0 / 12}},
    {{31.0 / 24, -7.0 / 6, 3.0 / 8}, {1.0 / 6, -1.0 / 12}, {}},
    {{1181.0 / 720, -177.0 / 80, 341.0 / 240, -251.0 / 720},
     {59.0 / 240, -29.0 / 120, 19.0 / 240},
     {1.0 / 240, -1.0 / 240},
     {-1.0 / 720}},
    {{2837.0 / 1440, -2543.0 / 720, 17.0 / 5, -1201.0 / 720, 95.0 / 288},
     {77.0 / 240, -7.0 / 15, 73.0 / 240, -3.0 / 40},
     {1.0 / 96, -1.0 / 60, 1.0 / 160},
     {-1.0 / 360, 1.0 / 720},
     {}}};

}  // namespace

std::span<const double> initial_corrections(QuadratureRule rule, int derivative) {
  if (rule < QuadratureRule::bdf1 || rule > QuadratureRule::bdf6)
    throw ArgumentError("rule", to_string(rule), "be one of bdf1 … bdf6");
  const int order = quadrature_order(rule), last = std::max(0, order - 2);
  if (derivative < 0 || derivative > last)
    throw ArgumentError("derivative", written(derivative),
                        "lie in [0, " + written(last) + "] for " + std::string(to_string(rule)));
  if (order == 1) return {};
  return std::span(kCorrections[order - 2][derivative]).first(static_cast<std::size_t>(order - 1));
}

}  // namespace almanac::compute
