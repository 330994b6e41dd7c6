#include <almanac/compute/convolution.hpp>

#include "compensated_sum.hpp"

#include <almanac/compute/error.hpp>

#include <string>

namespace almanac::compute {

void convolve_causal_reference(std::span<const double> weights, std::span<const double> signal, std::span<double> out) {
  if (signal.size() != weights.size()) {
    throw ArgumentError("signal.size()", std::to_string(signal.size()), "be " + std::to_string(weights.size()));
  }
  if (out.size() != weights.size()) {
    throw ArgumentError("out.size()", std::to_string(out.size()), "be " + std::to_string(weights.size()));
  }
  for (std::size_t n = 0; n < out.size(); ++n) {
    CompensatedSum<long double> sum;
    for (std::size_t k = 0; k <= n; ++k) {
      sum.add(static_cast<long double>(weights[k]) * static_cast<long double>(signal[n - k]));
    }
    out[n] = static_cast<double>(sum.value());
  }
}

}  // namespace almanac::compute
