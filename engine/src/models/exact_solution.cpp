#include "exact_solution.hpp"

#include <almanac/compute/mittag_leffler.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace almanac::models {

std::function<double(double t)> exact_solution(double alpha, double rate, double value, double velocity, const TemporalForcing& forcing) {
  if (forcing.shape == TemporalForcing::Shape::sine) return {};
  return [=, jumps = forcing.jumps()](double t) {
    const auto function = [&](double beta, double since) {
      constexpr double kLargest = std::numeric_limits<double>::max();  // minus infinity has no limit for alpha = 2
      return compute::mittag_leffler(alpha, beta, std::clamp(-rate * std::pow(since, alpha), -kLargest, kLargest));
    };
    double y = value == 0 ? 0 : value * function(1, t);
    if (velocity != 0 && t > 0) y += velocity * t * function(2, t);
    for (const auto& [time, size] : jumps) {
      if (t - time > kSameTime * time) y += size * std::pow(t - time, alpha) * function(alpha + 1, t - time);
    }
    return y;
  };
}

}  // namespace almanac::models
