#include "blocked_history.hpp"

#include "loop_failure.hpp"

#include <algorithm>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace almanac::compute {
namespace {

constexpr std::int64_t kMostSeries = 12;   // from here on a panel is faster than each unknown by itself
constexpr double kWorthThreads = 1 << 18;  // multiply-adds that take ten times as long as waking threads and waiting for them
constexpr double kCopying = 8.0;           // what a value copied, or a few added, counts for

}  // namespace

HistoryLayout HistoryLayout::of(std::int64_t unknowns, bool series_only) {
  if (series_only || unknowns <= kMostSeries) return {unknowns, 1};
  if (unknowns <= kHalfPanel) return {1, kHalfPanel};
  return {(unknowns + kPanelUnknowns - 1) / kPanelUnknowns, kPanelUnknowns};
}

BlockedHistory::BlockedHistory(std::int64_t unknowns, std::int64_t steps, int threads, const HistoryChoice& choice,
                               HistoryLayout layout, std::size_t unit_size, std::size_t block_offset)
    : History(unknowns, steps, choice),
      block_offset_(block_offset),
      layout_(layout),
      threads_(threads),
      unit_size_((unit_size + 7) / 8 * 8) {
  memory_ = history_memory(unit_size_ * static_cast<std::size_t>(layout_.units));
  for_each_unit(workers(static_cast<double>(unit_size_)),
                [&](std::int64_t u) { std::fill_n(unit(u), unit_size_, 0.0); });
  if (layout_.width == 1) next_.assign(static_cast<std::size_t>(unknowns), 0.0);
}

/// Runs work(u) for every unit, by that many threads; the cut depends on nothing else.
template <class Work>
void BlockedHistory::for_each_unit(int workers, const Work& work) {
  is_shared_ = workers > 1;
  if (!is_shared_) {
    for (std::int64_t u = 0; u < layout_.units; ++u) work(u);
    return;
  }
  LoopFailure failure;  // of a plan that is not ours to look into
#ifdef _OPENMP
#pragma omp parallel for num_threads(workers) schedule(static)
#endif
  for (std::int64_t u = 0; u < layout_.units; ++u) failure.run([&] { work(u); });
  failure.rethrow();
}

int BlockedHistory::worker() const noexcept {
#ifdef _OPENMP
  if (is_shared_) return omp_get_thread_num();
#endif
  return 0;
}

int BlockedHistory::workers(double work) const noexcept {
  if (work * static_cast<double>(layout_.units * layout_.width) < kWorthThreads) return 1;
  return static_cast<int>(std::min<std::int64_t>(threads_, layout_.units));
}

void BlockedHistory::do_sum(std::int64_t n, double* out) {
  if (layout_.width == 1) {
    std::copy(next_.begin(), next_.end(), out);
    return;
  }
  const std::int64_t i = n % kBlockSteps, width = layout_.width;
  for_each_unit(workers(kCopying), [&](std::int64_t u) {
    alignas(64) double sums[kPanelUnknowns];
    panel_gather(block(u), i, width, weights, sums);
    std::copy_n(sums, std::min(width, unknowns() - u * width), out + u * width);
  });
}

void BlockedHistory::do_push(std::int64_t n, const double* v) {
  if (layout_.width == 1) {
    push_series(n, v);
  } else {
    push_panels(n, v);
  }
}

void BlockedHistory::push_series(std::int64_t n, const double* v) {
  const std::int64_t i = n % kBlockSteps;
  if (i + 1 < kBlockSteps) {
    for (std::int64_t u = 0; u < layout_.units; ++u)
      next_[static_cast<std::size_t>(u)] = series_step(block(u), i, v[u], weights);
    return;
  }
  for (std::int64_t u = 0; u < layout_.units; ++u) block(u)[i] = v[u];
  next_block(n + 1);
  for (std::int64_t u = 0; u < layout_.units; ++u) next_[static_cast<std::size_t>(u)] = block(u)[0];
}

void BlockedHistory::push_panels(std::int64_t n, const double* v) {
  const std::int64_t i = n % kBlockSteps, width = layout_.width, next = i + 1;
  const bool group_ends = next % kGroupSteps == 0 && next < kBlockSteps;
  for_each_unit(workers(group_ends ? static_cast<double>(kGroupSteps * next) : kCopying), [&](std::int64_t u) {
    double* const rows = block(u);
    std::copy_n(v + u * width, std::min(width, unknowns() - u * width), rows + i * width);
    if (group_ends)
      panel_product({weights + next, 1, -1, kGroupSteps, next, rows, rows + next * width, width, PanelProduct::Start::kept});
  });
  if (next == kBlockSteps) next_block(n + 1);
}

void BlockedHistory::next_block(std::int64_t n) {
  if (n > steps()) return;
  begin_block(n);
  for_each_unit(workers(fill_work(n)), [&](std::int64_t u) { fill_block(n, u); });
}

}  // namespace almanac::compute
