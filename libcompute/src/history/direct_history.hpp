#pragma once

#include "blocked_history.hpp"

namespace almanac::compute {

/// Each term, of all older values or of the last `terms`.
class DirectHistory final : public BlockedHistory {
 public:
  /// w: w_0 … w_terms. terms: the largest lag, at most steps.
  DirectHistory(std::span<const double> w, std::int64_t terms, std::int64_t unknowns, std::int64_t steps, int threads,
                const HistoryChoice& choice);

  /// Rows a unit keeps.
  static std::int64_t rows_kept(std::int64_t terms, std::int64_t steps);

 private:
  void begin_block(std::int64_t n) override;
  double fill_work(std::int64_t n) const override;
  void fill_block(std::int64_t n, std::int64_t u) override;

  std::vector<double> w_;  // and zeros behind the last, as far as blocks reach
  std::int64_t terms_, rows_;
  std::int64_t base_ = 0;     // the step of the first row kept
  std::int64_t dropped_ = 0;  // rows that go when the block is filled
};

}  // namespace almanac::compute
