#include "exponential_history.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace almanac::compute {

std::size_t SharedExponentials::size(std::int64_t nodes) {
  return static_cast<std::size_t>(padded(nodes) * (2 * kBlockSteps + 1) + kNearRows + kBlockSteps);
}

std::size_t SharedExponentials::unit_size(std::int64_t nodes, std::int64_t width) {
  return static_cast<std::size_t>((padded(nodes) + kNearRows + kBlockSteps) * width);
}

SharedExponentials::SharedExponentials(const ExponentialSum& far, std::span<const double> near)
    : memory_(size(static_cast<std::int64_t>(far.rates.size())), 0.0) {
  const std::size_t used = far.rates.size();
  const auto nodes = static_cast<std::size_t>(padded(static_cast<std::int64_t>(used)));
  constexpr auto kSteps = static_cast<std::size_t>(kBlockSteps);
  double* const absorb = memory_.data();
  double* const emit = absorb + nodes * kSteps;
  double* const decay = emit + nodes * kSteps;
  double* const w = decay + nodes;
  const double lag = static_cast<double>(kNearestFar - far.first);
  for (std::size_t q = 0; q < used; ++q) {
    const double rate = far.rates[q];
    for (std::size_t b = 0; b < kSteps; ++b) {
      absorb[b * nodes + q] = std::exp(-rate * static_cast<double>(kSteps - 1 - b));
      emit[q * kSteps + b] = far.coefficients[q] * std::exp(-rate * (static_cast<double>(b) + lag));
    }
    decay[q] = std::exp(-rate * static_cast<double>(kSteps));
  }
  constexpr auto kNear = static_cast<std::size_t>(kNearRows) + kSteps;
  const std::size_t exact = std::min(near.size(), kNear);
  std::copy_n(near.begin(), exact, w);
  for (std::size_t k = exact; k < kNear; ++k)
    for (std::size_t q = 0; q < used; ++q)
      w[k] += far.coefficients[q] * std::exp(-far.rates[q] * static_cast<double>(static_cast<std::int64_t>(k) - far.first));
  tables_ = {static_cast<std::int64_t>(nodes), absorb, emit, decay, w};
}

ExponentialHistory::ExponentialHistory(std::shared_ptr<const SharedExponentials> shared, std::int64_t unknowns,
                                       std::int64_t steps, int threads, const HistoryChoice& choice)
    : BlockedHistory(unknowns, steps, threads, choice, HistoryLayout::of(unknowns),
                     SharedExponentials::unit_size(shared->tables().nodes, HistoryLayout::of(unknowns).width),
                     static_cast<std::size_t>((shared->tables().nodes + kNearRows) * HistoryLayout::of(unknowns).width)),
      shared_(std::move(shared)) {
  weights = shared_->tables().w;
}

double ExponentialHistory::fill_work(std::int64_t) const {
  return static_cast<double>(kBlockSteps * (2 * shared_->tables().nodes + kNearRows));
}

void ExponentialHistory::fill_block(std::int64_t, std::int64_t u) {
  const ExponentialTables& tables = shared_->tables();
  double* const state = unit(u);
  double* const rows = state + tables.nodes * width();
  if (width() == 1) {
    advance_series(tables, state, rows);
  } else {
    advance_panel(tables, width(), state, rows);
  }
}

}  // namespace almanac::compute
