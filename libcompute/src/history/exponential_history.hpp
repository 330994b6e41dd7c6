#pragma once

#include "blocked_history.hpp"

#include <memory>

namespace almanac::compute {

/// The tables of ExponentialTables, with their memory: read by any number of histories.
class SharedExponentials {
 public:
  /// near: exact w_0 …, as far as it goes; behind it weights are the sum's. far.first must be kNearestFar or below.
  SharedExponentials(const ExponentialSum& far, std::span<const double> near);

  const ExponentialTables& tables() const noexcept { return tables_; }
  static std::int64_t padded(std::int64_t nodes) { return (nodes + kNodeMultiple - 1) / kNodeMultiple * kNodeMultiple; }
  /// Doubles of all tables.
  static std::size_t size(std::int64_t nodes);
  /// Doubles of one unit's state and rows.
  static std::size_t unit_size(std::int64_t nodes, std::int64_t width);

 private:
  std::vector<double> memory_;
  ExponentialTables tables_;
};

class ExponentialHistory final : public BlockedHistory {
 public:
  ExponentialHistory(std::shared_ptr<const SharedExponentials> shared, std::int64_t unknowns, std::int64_t steps, int threads,
                     const HistoryChoice& choice);

 private:
  void begin_block(std::int64_t) override {}
  double fill_work(std::int64_t) const override;
  void fill_block(std::int64_t n, std::int64_t u) override;

  std::shared_ptr<const SharedExponentials> shared_;  // the panels of one relax_modes share it
};

}  // namespace almanac::compute
