#pragma once

#include <almanac/provenance.hpp>

#include <cstdint>
#include <span>
#include <utility>

namespace almanac {

/// Grünwald–Letnikov weights of the fractional difference of order alpha on a grid of step dt.
struct FractionalKernelSpec {
  double alpha = 0.5;       ///< -2 … 4
  double dt = 1.0;          ///< > 0
  std::int64_t n = 1024;    ///< number of weights, 1 … 1e8
};

/// The weights, shared with the cache. Cheap to copy. Threads: immutable.
class FractionalKernel {
 public:
  FractionalKernel(cache::Answer answer, std::span<const double> weights, double scale)
      : answer_(std::move(answer)), weights_(weights), scale_(scale) {}

  /// w_k = (-1)^k binom(alpha, k), k = 0 … n-1; valid as long as this object or a copy lives.
  std::span<const double> weights() const noexcept { return weights_; }
  /// dt^-alpha: the derivative is scale · Σ_k w_k f(t - k·dt).
  double scale() const noexcept { return scale_; }
  Provenance provenance() const { return provenance_of(answer_); }
  const cache::Answer& answer() const noexcept { return answer_; }

 private:
  cache::Answer answer_;
  std::span<const double> weights_;
  double scale_;
};

}  // namespace almanac
