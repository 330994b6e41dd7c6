// The obvious version: one mode, one step, one sum after the other, with the whole history in a vector.
#include <almanac/compute/relaxation.hpp>

#include <cmath>
#include <vector>

namespace almanac::compute {

void relax_modes_reference(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                           std::span<const double> u1, std::span<double> out, std::int64_t out_stride) {
  const double scale = std::pow(time.dt, -time.alpha);
  const auto steps = static_cast<std::size_t>(time.steps);
  for (std::size_t m = 0; m < lambda.size(); ++m) {
    const double velocity = u1.empty() ? 0.0 : u1[m];
    std::vector<double> v(steps + 1, 0.0);
    for (std::size_t n = 1; n <= steps; ++n) {
      double history = 0.0;
      for (std::size_t k = 1; k <= n; ++k) history += time.weights[k] * v[n - k];
      const double t = static_cast<double>(n) * time.dt;
      v[n] = (lambda[m] * (u0[m] + t * velocity) - scale * history) / (time.weights[0] * scale - lambda[m]);
    }
    for (std::size_t o = 0; o < time.outputs.size(); ++o) {
      const auto n = static_cast<std::size_t>(time.outputs[o]);
      out[o * static_cast<std::size_t>(out_stride) + m] = u0[m] + static_cast<double>(n) * time.dt * velocity + v[n];
    }
  }
}

}  // namespace almanac::compute
