#include "weights.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <vector>

namespace almanac::bench {
namespace {

struct Sample {
  std::size_t k;
  long double weight;
};

/// Every k up to 1000, then each 1 % further than the one before, and the last of every length.
const std::vector<Sample>& samples() {
  static const std::vector<Sample> kSamples = [] {
    std::vector<Sample> taken;
    long double weight = 1;
    std::size_t next = 0;
    for (std::size_t k = 0; k < 100'000'000; ++k) {
      if (k > 0) {
        weight *= (static_cast<long double>(k - 1) - kAlpha) / static_cast<long double>(k);
      }
      if (k == next || k + 1 == 100'000 || k + 1 == 1'000'000 || k + 1 == 10'000'000 || k + 1 == 100'000'000) {
        taken.push_back({k, weight});
      }
      if (k == next) {
        next += 1 + (k > 1000 ? k / 100 : 0);
      }
    }
    return taken;
  }();
  return kSamples;
}

}  // namespace

std::span<double> output(std::int64_t length) {
  static std::vector<double> values;
  const auto size = static_cast<std::size_t>(length);
  if (values.size() < size) {
    values.assign(size, 1.0);
  }
  return std::span(values).first(size);
}

void verify(std::string_view competitor, std::span<const double> weights, double tolerance) {
  for (const Sample& sample : samples()) {
    if (sample.k >= weights.size()) {
      break;
    }
    const auto error = static_cast<double>(std::abs(weights[sample.k] / sample.weight - 1));
    const double allowed = tolerance + static_cast<double>(sample.k) * 0x1p-63;  // k-1-alpha is exact: two roundings a step
    if (!(error <= allowed)) {
      fmt::print(stderr, "{}: w_{} of {} is off by {:.3g} of itself, more than {:.3g}\n", competitor, sample.k, weights.size(), error,
                 allowed);
      std::exit(1);
    }
  }
}

}  // namespace almanac::bench
