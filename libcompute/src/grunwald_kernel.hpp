#pragma once

#include <cstddef>
#include <cstdint>

namespace almanac::compute {

/// What all weights of one alpha are made from. Made by prepare_grunwald, read by evaluate_grunwald.
///
///   k ≤ kHead    the recurrence w_k = w_{k-1} (k-1-alpha)/k in double-double;
///   above        an octave [2^p, 2^(p+1)) has kNodes equal blocks. The weight at a block's centre c comes from
///                w_c = base 2^(-beta (p-9)) shape(c), the others in the block from a Taylor polynomial about it.
///
/// Here beta = alpha + 1, u = k - alpha/2, and shape holds what is left of the centred Tricomi–Erdélyi expansion
///   w_k = C u^-beta (1 + e_1 u^-2 + e_2 u^-4 + …) = C k^-beta shape(k),
/// so that base = C (centre in [512, 1024))^-beta is read off the head: no gamma, no logarithm, no power is evaluated.
///
/// Every weight is a fixed sequence of IEEE operations on alpha and k, so its bits depend on nothing else; neither neighbours
/// nor a fused multiply-add enter. Its error for alpha = 4, the worst, in units of 2^-53 of the weight:
///   the octave's factor      17 octaves, each a quotient of two shapes off by 0.003 and 0.001        0.07
///   the centre's shape       second-order term 15 (alpha/2k)^2 and its 9 roundings, head and here    0.01
///   the Taylor polynomial    linear term below 0.04 rounded 4 times, the rest below 0.001, 10 times  0.17
///   its cut                  binom(-5, 10) 2^-70 = 2^-60                                             0.01
/// An ulp is at least 2^-53 of the weight, so that makes 0.26 ulp, and the last addition rounds by 0.5: below 0.8 ulp.
struct GrunwaldKernel {
  static constexpr std::uint64_t kHead = 1024;
  static constexpr std::size_t kNodes = 64;
  static constexpr std::size_t kTerms = 4;    ///< of the expansion, beyond its 1
  static constexpr std::size_t kDegree = 10;  ///< of the Taylor series

  double alpha = 0;
  double beta_hi = 0, beta_lo = 0;
  double tilt_hi = 0, tilt_lo = 0;            ///< beta alpha/2, the coefficient of 1/k in shape
  double octave_hi = 1, octave_lo = 0;        ///< 2^-beta
  double expansion[kTerms + 1] = {};          ///< e_0 = 1, e_1 …
  double taylor[kTerms][kDegree + 1] = {};    ///< binom(-beta-2j, m): the series of (1+x)^(-beta-2j)
  alignas(64) double base_hi[kNodes] = {};
  alignas(64) double base_lo[kNodes] = {};
  double head[kHead + 1] = {};
};

/// Fills head up to min(last, kHead), and what is above it when last > kHead.
/// Precondition: 2^-100 ≤ |alpha|, alpha in [-2, 4]; alpha is 0, 1, 2, 3 or 4 only where last ≤ alpha.
void prepare_grunwald(double alpha, std::uint64_t last, GrunwaldKernel& kernel);

/// w_first … w_(first+count-1) into out; past the caches where `stream` is set. Each weight's bits depend on alpha and k alone.
/// Precondition: kernel was prepared for a `last` not below first+count-1.
void evaluate_grunwald(const GrunwaldKernel& kernel, std::uint64_t first, double* out, std::size_t count, bool stream);

}  // namespace almanac::compute
