#pragma once

#include <almanac/compute/fft.hpp>

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

namespace almanac::compute {

/// Causal convolutions y_n = Σ_{0<=k<=n} w_k f_{n-k}, n < N, of one signal f with any number of weight tables w, by FFT
/// with exact zero padding: nothing wraps around.
/// Accuracy: |ŷ_n - y_n| <= 27 u log2(P) ‖w‖₂ ‖f - f̄‖₂ + 4 u |f̄| (|W_n| + 2 n u Σ|w_k|), W_n = Σ_{k<=n} w_k,
///           u = 2^-53, P = padded_size(N), f̄ the mean of f. The mean is taken out before the transform and its share
///           f̄ W_n added by a compensated sum, so that an offset of the signal does not drown the rest. Proved by
///           convolution_test.cpp, where the constants are derived. A NaN or an infinity anywhere in f or w spreads over
///           the whole result.
/// Cost:     construction one transform of P points; a table two; memory 2P reals, and P while apply() runs
class CausalConvolution {
 public:
  /// Keeps references to both plans: they must outlive this. The signal is only read here.
  /// Errors: ArgumentError ← an empty signal; plans that are not of forward_problem(P) and backward_problem(P)
  CausalConvolution(std::span<const double> signal, const FftPlan<double>& forward, const FftPlan<double>& backward);

  /// out_n = Σ_{k<=n} weights_k signal_{n-k}.
  /// Shapes:  weights, out (N) as the signal; they may be the same array
  /// Errors:  ArgumentError ← a length that is not the signal's
  /// Threads: thread-safe
  void apply(std::span<const double> weights, std::span<double> out) const;

  /// The smallest even 2^a 3^b 5^c 7^d >= 2n-1 (FFTW's fast sizes).
  /// Errors: ArgumentError ← n outside [1, 2^59]
  static std::int64_t padded_size(std::int64_t n);

  /// The transforms to be planned for a padded size: r2c and c2r of one axis, in place.
  static FftProblem forward_problem(std::int64_t padded, Rigor rigor = Rigor::measure, int threads = 1);
  static FftProblem backward_problem(std::int64_t padded, Rigor rigor = Rigor::measure, int threads = 1);

 private:
  const FftPlan<double>& forward_;
  const FftPlan<double>& backward_;
  std::size_t size_;
  double mean_;
  std::vector<std::complex<double>> spectrum_;    // of f - mean, zero padded, divided by P
};

/// The same by the direct sum, compensated in long double, n(n+1)/2 products: the oracle for tests and benchmarks.
/// Shapes: weights, signal, out (n); out must not overlap the others
/// Errors: ArgumentError ← lengths that differ
void convolve_causal_reference(std::span<const double> weights, std::span<const double> signal, std::span<double> out);

}  // namespace almanac::compute
