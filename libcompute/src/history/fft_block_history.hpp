#pragma once

#include "blocked_history.hpp"

#include <complex>
#include <memory>
#include <vector>

namespace almanac::compute {

/// The levels of blocks: each holds `blocks` blocks of `length` steps, the first level's within one of the next, and so on.
struct FftLevelShape {
  std::int64_t length, blocks;
  std::int64_t spectrum() const noexcept { return length + 1; }  // complex values: real transforms of 2 length points
};

/// All older values by products of blocks. A level gives a block of `length` steps what the blocks before it in the same larger
/// block give to it: their spectra are made once, each when its block is complete; their products with the weights' spectra are
/// added up, and one transform back gives the sums. What is nearer than the smallest level's blocks is summed directly.
class FftBlockHistory final : public BlockedHistory {
 public:
  FftBlockHistory(std::span<const double> w, std::int64_t unknowns, std::int64_t steps, int threads, const FftPlanProvider& plans,
                  const HistoryChoice& choice);

  static std::vector<FftLevelShape> levels(std::int64_t steps);
  static std::size_t unit_size(const std::vector<FftLevelShape>& levels);
  static std::size_t shared_size(const std::vector<FftLevelShape>& levels, int threads);
  /// Multiply-adds of one unknown through all steps, with its share of the weights' spectra left out.
  static double operations(const std::vector<FftLevelShape>& levels, std::int64_t steps);

 private:
  struct Level {
    FftLevelShape shape;
    std::shared_ptr<const FftPlan<double>> forward, backward;
    std::vector<std::complex<double>> weights;  // spectra of segments 1 … blocks - 1, over 2 length
    std::size_t spectra, pending;               // where in a unit; spectra in doubles
  };

  void begin_block(std::int64_t n) override;
  void fill_block(std::int64_t n, std::int64_t u) override;
  void enter_block(const Level& level, std::int64_t n, double* unit);

  double* scratch() const noexcept;

  std::vector<double> w_;
  std::vector<Level> levels_;
  std::size_t scratch_size_ = 0;
  hwy::AlignedFreeUniquePtr<double[]> scratch_;  // one for each thread
  std::int64_t ring_;  // steps of values that a unit keeps
};

}  // namespace almanac::compute
