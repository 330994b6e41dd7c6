#pragma once

#include "laplacian_stencil.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace almanac::compute {

/// Passes over fields in blocks of one length, whichever thread has them: each block gives a sum, formed in an order of its own,
/// and the sums are added up block after block. So no thread count changes a bit.
class BlockedSums {
 public:
  BlockedSums(std::int64_t points, int threads) : points_(points), threads_(threads) {
    sums_.resize(static_cast<std::size_t>((points + kBlock - 1) / kBlock));
  }

  /// Σ block(begin, end) over all blocks of [0, points).
  template <class Block>
  double sum(Block block) {
    const auto blocks = static_cast<std::int64_t>(sums_.size());
    const std::int64_t parts = parts_worth_a_thread(points_, threads_);
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(parts))
#endif
    for (std::int64_t part = 0; part < parts; ++part)
      for (std::int64_t i = blocks * part / parts; i < blocks * (part + 1) / parts; ++i)
        sums_[static_cast<std::size_t>(i)] =
            block(static_cast<std::size_t>(i * kBlock), static_cast<std::size_t>(std::min(points_, (i + 1) * kBlock)));
    double total = 0;
    for (const double one : sums_) total += one;
    return total;
  }

  /// The same without a sum.
  template <class Block>
  void pass(Block block) {
    sum([&](std::size_t begin, std::size_t end) {
      block(begin, end);
      return 0.0;
    });
  }

 private:
  static constexpr std::int64_t kBlock = 4096;  // 32 KiB of doubles
  std::int64_t points_;
  int threads_;
  std::vector<double> sums_;
};

/// Σ term(i) over [begin, end), each eighth of them by itself, so that compilers find vectors in it.
template <class Term>
double sum_in_eighths(std::size_t begin, std::size_t end, Term term) {
  double lanes[8] = {};
  std::size_t i = begin;
  for (; i + 8 <= end; i += 8)
    for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += term(i + lane);
  for (; i < end; ++i) lanes[(i - begin) & 7] += term(i);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

}  // namespace almanac::compute
