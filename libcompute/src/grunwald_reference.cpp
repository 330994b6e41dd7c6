#include <almanac/compute/grunwald.hpp>

namespace almanac::compute {

void grunwald_recurrence(double alpha, std::span<double> out) {
  double weight = 1.0;
  for (std::size_t k = 0; k < out.size(); ++k) {
    if (k > 0) {
      weight *= 1.0 - (alpha + 1.0) / static_cast<double>(k);
    }
    out[k] = weight;
  }
}

}  // namespace almanac::compute
