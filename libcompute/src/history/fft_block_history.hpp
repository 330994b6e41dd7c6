#pragma once

#include "blocked_history.hpp"

#include <complex>
#include <functional>
#include <memory>
#include <vector>

namespace almanac::compute {

/// The levels of blocks: each holds `blocks` blocks of `length` steps, the first level's within one of the next, and so on.
struct FftLevelShape {
  std::int64_t length, blocks;
};

/// All older values by products of blocks. A level gives a block of `length` steps what the blocks before it in the same larger
/// block give to it: their spectra are made once, each when its block is complete; their products with the weights' spectra are
/// added up, and one transform back gives the sums. What is nearer than the smallest level's blocks is summed directly.
///
/// A block x of L values meets 2L weights w; of their product, c_0 … c_{3L-2}, the places L … 2L-1 are wanted. Modulo t^L = i
/// the weights are the L complex numbers w_j + i w_{L+j}, and of the product the imaginary parts are c_{L+j}: nothing else falls
/// on them. With x_j, w_j multiplied by ω^j, ω^L = i, that is a cyclic product, by complex transforms of L points.
/// Source: the blocks: E. Hairer, Ch. Lubich, M. Schlichte 1985, SIAM J. Sci. Stat. Comput. 6, 532; spectra shared among more
///         than two blocks: J. van der Hoeven 2007, J. Symb. Comput. 42, 792; modulo t^L - i: R. Crandall, B. Fagin 1994,
///         Math. Comp. 62, 305
class FftBlockHistory final : public BlockedHistory {
 public:
  /// weights_from(first, out) gives w_first …, zero behind the last.
  using WeightSource = std::function<void(std::int64_t first, std::span<double> out)>;
  FftBlockHistory(const WeightSource& weights_from, std::int64_t unknowns, std::int64_t steps, int threads,
                  const FftPlanProvider& plans, const HistoryChoice& choice);

  static std::vector<FftLevelShape> levels(std::int64_t steps);
  static std::size_t unit_size(const std::vector<FftLevelShape>& levels);
  static std::size_t shared_size(const std::vector<FftLevelShape>& levels, int threads);
  /// Multiply-adds of one unknown through all steps, with its share of the weights' spectra left out.
  static double operations(const std::vector<FftLevelShape>& levels, std::int64_t steps);

 private:
  struct Level {
    FftLevelShape shape;
    std::shared_ptr<const FftPlan<double>> plan;  // forward; backwards by conjugates
    std::vector<std::complex<double>> turns;      // ω^j
    HistoryMemory weights;                        // spectra of segments 1 … blocks - 1, over length
    std::size_t spectra, pending;                 // where in a unit
  };

  void transform_weights(const WeightSource& weights_from, Level& level);
  void begin_block(std::int64_t n) override;
  double fill_work(std::int64_t n) const override;
  void fill_block(std::int64_t n, std::int64_t u) override;
  void enter_block(const Level& level, std::int64_t n, double* unit);

  double* scratch() const noexcept;

  std::vector<double> w_;
  std::vector<Level> levels_;
  std::size_t scratch_size_ = 0;
  HistoryMemory scratch_;  // two blocks' for each thread
  std::int64_t ring_;      // steps of values that a unit keeps
};

}  // namespace almanac::compute
