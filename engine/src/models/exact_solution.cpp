#include "exact_solution.hpp"

#include <almanac/compute/mittag_leffler.hpp>

#include <cmath>

namespace almanac::models {

std::function<double(double t)> exact_solution(double alpha, double rate, double value, double velocity, const TemporalForcing& forcing) {
  if (forcing.shape == TemporalForcing::Shape::sine) return {};
  return [=, jumps = forcing.jumps()](double t) {
    const auto function = [&](double beta, double since) {
      return compute::mittag_leffler(alpha, beta, -rate * std::pow(since, alpha));
    };
    double y = value == 0 ? 0 : value * function(1, t);
    if (velocity != 0 && t > 0) y += velocity * t * function(2, t);
    for (const auto& [time, size] : jumps) {
      if (t > time) y += size * std::pow(t - time, alpha) * function(alpha + 1, t - time);
    }
    return y;
  };
}

}  // namespace almanac::models
