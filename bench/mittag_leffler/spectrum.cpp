#include "spectrum.hpp"

#include <almanac/compute/mittag_leffler.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

namespace almanac::bench {

std::span<const double> eigenvalues() {
  static const std::vector<double> kValues = [] {
    std::vector<double> values;
    const double scale = 1e-4 * std::numbers::pi * std::numbers::pi * std::pow(2.0, kAlpha);
    for (int k = 0; k < 512; ++k)
      for (int l = 0; l < 512; ++l) values.push_back(-scale * static_cast<double>(k * k + l * l));
    return values;
  }();
  return kValues;
}

std::span<double> output() {
  static std::vector<double> values(512 * 512, 1.0);
  return values;
}

void verify(std::string_view competitor, std::span<const double> values, double tolerance) {
  for (std::size_t i = 0; i < values.size(); i += 997) {
    const double x = eigenvalues()[i], wanted = compute::mittag_leffler(kAlpha, 1.0, x);
    if (!(std::abs(values[i] - wanted) <= tolerance * std::abs(wanted))) {
      fmt::print(stderr, "{}: E({}) is {} instead of {}, more than {:.3g} off\n", competitor, x, values[i], wanted, tolerance);
      std::exit(1);
    }
  }
}

}  // namespace almanac::bench
