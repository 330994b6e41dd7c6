#include "direct_history.hpp"

#include <algorithm>
#include <cstring>

namespace almanac::compute {
namespace {

constexpr std::int64_t kRowsInCache = 64;  // of a panel, in the first-level cache while every row of a block takes its share

std::int64_t whole_blocks(std::int64_t rows) { return (rows + kBlockSteps - 1) / kBlockSteps * kBlockSteps; }

}  // namespace

std::int64_t DirectHistory::rows_kept(std::int64_t terms, std::int64_t steps) {
  const std::int64_t reach = whole_blocks(terms);
  // With a short memory some rows more, so that moving them is rare.
  return std::min(whole_blocks(steps + 1), reach + kBlockSteps + std::max(4 * kBlockSteps, whole_blocks(reach / 4)));
}

DirectHistory::DirectHistory(std::span<const double> w, std::int64_t terms, std::int64_t unknowns, std::int64_t steps,
                             int threads, const HistoryChoice& choice)
    : BlockedHistory(unknowns, steps, threads, choice, HistoryLayout::of(unknowns),
                     static_cast<std::size_t>(rows_kept(terms, steps) * HistoryLayout::of(unknowns).width), 0),
      w_(static_cast<std::size_t>(whole_blocks(terms) + 2 * kBlockSteps), 0.0),
      terms_(terms),
      rows_(rows_kept(terms, steps)) {
  std::copy_n(w.begin(), static_cast<std::size_t>(terms) + 1, w_.begin());
  weights = w_.data();
}

void DirectHistory::begin_block(std::int64_t n) {
  dropped_ = 0;
  if (n + kBlockSteps - base_ > rows_) {
    const std::int64_t keep = std::min(whole_blocks(terms_), n - base_);
    dropped_ = n - base_ - keep;
    base_ += dropped_;
  }
  block_offset_ = static_cast<std::size_t>((n - base_) * width());
}

double DirectHistory::fill_work(std::int64_t n) const { return static_cast<double>(kBlockSteps * std::min(n, terms_)); }

void DirectHistory::fill_block(std::int64_t n, std::int64_t u) {
  double* const rows = unit(u);
  const std::int64_t kept = n - base_;
  if (dropped_ > 0) std::memmove(rows, rows + dropped_ * width(), static_cast<std::size_t>(kept * width()) * sizeof(double));
  double* const sums = block(u);
  std::fill_n(sums, kBlockSteps * width(), 0.0);
  const std::int64_t first = std::max(base_, n - whole_blocks(terms_));
  const double* const w = w_.data();
  if (width() == 1) {
    series_toeplitz(w + (n - first), n - first, rows + (first - base_), sums);
    return;
  }
  for (std::int64_t j = first; j < n; j += kRowsInCache)
    panel_product({w + (n - j), 1, -1, kBlockSteps, std::min(kRowsInCache, n - j), rows + (j - base_) * width(), sums, width(),
                   PanelProduct::Start::kept});
}

}  // namespace almanac::compute
