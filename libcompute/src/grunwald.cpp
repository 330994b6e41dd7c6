#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>

#include "grunwald_kernel.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace almanac::compute {
namespace {

/// Below it the factors 1 - alpha/j differ from 1 by less than 2^-100, and the products of the kernel would come near the
/// subnormal numbers.
constexpr double kTinyAlpha = 0x1p-100;

/// Weights a thread takes at a time: some 60 µs of work, against 1 µs to set up an octave.
constexpr std::uint64_t kPiece = std::uint64_t{1} << 17;

/// From this length on (32 MiB) stores bypass the caches: nothing is read only to be overwritten, which halves the traffic.
constexpr std::size_t kStreamedLength = std::size_t{1} << 22;

std::string shortest(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void check(double alpha, std::uint64_t first, std::span<const double> out, int threads) {
  if (!(alpha >= kMinGrunwaldAlpha && alpha <= kMaxGrunwaldAlpha)) {
    throw ArgumentError("alpha", shortest(alpha),
                        "lie in [" + shortest(kMinGrunwaldAlpha) + ", " + shortest(kMaxGrunwaldAlpha) + "]");
  }
  if (first > kMaxGrunwaldIndex) {
    throw ArgumentError("first", std::to_string(first), "not exceed " + std::to_string(kMaxGrunwaldIndex));
  }
  if (out.size() > kMaxGrunwaldIndex - first + 1) {
    throw ArgumentError("out.size()", std::to_string(out.size()),
                        "not exceed " + std::to_string(kMaxGrunwaldIndex - first + 1) + ", for first = " +
                            std::to_string(first));
  }
  if (threads < 1) {
    throw ArgumentError("threads", std::to_string(threads), "be at least 1");
  }
}

/// alpha so small that w_k = -alpha/k (1 - alpha (1 + … + 1/(k-1)) + …) is -alpha/k: one rounding, also in the subnormals.
void tiny_alpha_weights(double alpha, std::uint64_t first, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint64_t k = first + i;
    out[i] = k == 0 ? 1.0 : -alpha / static_cast<double>(k) + 0.0;  // + 0.0: no negative zero
  }
}

}  // namespace

void grunwald_weights(double alpha, std::uint64_t first, std::span<double> out, int threads) {
  check(alpha, first, out, threads);
  if (out.empty()) {
    return;
  }
  if (std::abs(alpha) < kTinyAlpha) {
    tiny_alpha_weights(alpha, first, out);
    return;
  }
  if (alpha > 0 && alpha == std::floor(alpha)) {  // (1-z)^alpha is a polynomial
    const auto degree = static_cast<std::uint64_t>(alpha);
    const std::size_t terms = first > degree ? 0 : std::min<std::size_t>(out.size(), degree - first + 1);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(terms), out.end(), 0.0);
    out = out.first(terms);
    if (out.empty()) {
      return;
    }
  }
  GrunwaldKernel kernel;
  prepare_grunwald(alpha, first + out.size() - 1, kernel);
  const auto pieces = static_cast<std::int64_t>((out.size() + kPiece - 1) / kPiece);
  const bool stream = out.size() >= kStreamedLength;
  if (threads == 1 || pieces == 1) {
    evaluate_grunwald(kernel, first, out.data(), out.size(), stream);
    return;
  }
#ifdef _OPENMP
  const auto team = static_cast<int>(std::min<std::int64_t>(threads, pieces));
#pragma omp parallel for num_threads(team) schedule(static)
#endif
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    const std::uint64_t start = static_cast<std::uint64_t>(piece) * kPiece;
    const std::size_t count = std::min<std::size_t>(kPiece, out.size() - start);
    evaluate_grunwald(kernel, first + start, out.data() + start, count, stream);
  }
}

}  // namespace almanac::compute
