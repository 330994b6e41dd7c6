#include "fft_block_history.hpp"

#include <algorithm>
#include <cmath>
#include <new>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace almanac::compute {
namespace {

constexpr std::int64_t kSmallest = 256;  // blocks below are summed directly
constexpr std::int64_t kBlocks = 16;     // of a level in one of the next: more transforms at fewer, fewer at more products

FftProblem real_transform(Transform transform, std::int64_t points) {
  FftProblem problem;
  problem.extent = {points};
  problem.transform = transform;
  problem.in_place = true;
  problem.rigor = Rigor::estimate;
  return problem;
}

std::shared_ptr<const FftPlan<double>> plan_of(const FftProblem& problem, const FftPlanProvider& plans) {
  if (plans) return plans(problem);
  return std::make_shared<const FftPlan<double>>(problem, "");
}

std::span<double> reals(std::complex<double>* values, std::int64_t count) {
  return {reinterpret_cast<double*>(values), static_cast<std::size_t>(2 * count)};
}

/// Doubles of a spectrum, so that the next one begins aligned.
std::size_t spectrum_doubles(const FftLevelShape& level) { return (static_cast<std::size_t>(2 * level.spectrum()) + 7) / 8 * 8; }

}  // namespace

std::vector<FftLevelShape> FftBlockHistory::levels(std::int64_t steps) {
  std::vector<FftLevelShape> levels;
  for (std::int64_t length = kSmallest; length < steps + 1; length *= kBlocks)
    levels.push_back({length, std::min(kBlocks, (steps + length) / length)});
  return levels;
}

std::size_t FftBlockHistory::unit_size(const std::vector<FftLevelShape>& levels) {
  std::size_t size = static_cast<std::size_t>(levels.empty() ? kSmallest : levels.back().length);
  for (const FftLevelShape& level : levels)
    size += static_cast<std::size_t>(level.blocks - 1) * spectrum_doubles(level) + static_cast<std::size_t>(level.length);
  return size;
}

std::size_t FftBlockHistory::shared_size(const std::vector<FftLevelShape>& levels, int threads) {
  std::size_t size = static_cast<std::size_t>(kSmallest + kBlockSteps);
  for (const FftLevelShape& level : levels) size += static_cast<std::size_t>(level.blocks - 1) * spectrum_doubles(level);
  return size + (levels.empty() ? 0 : static_cast<std::size_t>(threads) * spectrum_doubles(levels.back()));
}

double FftBlockHistory::operations(const std::vector<FftLevelShape>& levels, std::int64_t steps) {
  // A real transform of 2L points: 2.5 · 2L log2(2L) operations, taken as half as many multiply-adds but at half the speed.
  double each_step = 0.5 * static_cast<double>(kSmallest);
  for (const FftLevelShape& level : levels)
    each_step += 2.0 * 2.5 * 2.0 * std::log2(2.0 * static_cast<double>(level.length)) + 2.0 * static_cast<double>(level.blocks - 1);
  return each_step * static_cast<double>(steps + 1);
}

FftBlockHistory::FftBlockHistory(std::span<const double> w, std::int64_t unknowns, std::int64_t steps, int threads,
                                 const FftPlanProvider& plans, const HistoryChoice& choice)
    : BlockedHistory(unknowns, steps, threads, choice, HistoryLayout::of(unknowns, true), unit_size(levels(steps)), 0),
      w_(static_cast<std::size_t>(kSmallest + kBlockSteps), 0.0),
      ring_(kSmallest) {
  std::copy_n(w.begin(), std::min(w.size(), w_.size()), w_.begin());
  weights = w_.data();
  const std::vector<FftLevelShape> shapes = levels(steps);
  if (!shapes.empty()) ring_ = shapes.back().length;
  auto place = static_cast<std::size_t>(ring_);
  for (const FftLevelShape& shape : shapes) {
    const std::int64_t points = 2 * shape.length;
    Level level{shape, plan_of(real_transform(Transform::r2c, points), plans), plan_of(real_transform(Transform::c2r, points), plans),
                {}, 0, 0};
    const std::size_t doubles = spectrum_doubles(shape);
    level.weights.assign(static_cast<std::size_t>(shape.blocks - 1) * doubles / 2, 0.0);
    for (std::int64_t d = 1; d < shape.blocks; ++d) {  // the lags from (d-1) length + 1 to (d+1) length - 1
      std::complex<double>* const spectrum = level.weights.data() + static_cast<std::size_t>(d - 1) * doubles / 2;
      const std::span<double> segment = reals(spectrum, shape.spectrum());
      for (std::int64_t t = 1; t < points; ++t) {
        const auto k = static_cast<std::size_t>((d - 1) * shape.length + t);
        if (k < w.size()) segment[static_cast<std::size_t>(t)] = w[k];
      }
      level.forward->execute(segment);
      for (double& value : segment) value /= static_cast<double>(points);
    }
    level.spectra = place;
    place += static_cast<std::size_t>(shape.blocks - 1) * doubles;
    level.pending = place;
    place += static_cast<std::size_t>(shape.length);
    levels_.push_back(std::move(level));
  }
  if (levels_.empty()) return;
  scratch_size_ = spectrum_doubles(shapes.back());
  scratch_ = hwy::AllocateAligned<double>(scratch_size_ * static_cast<std::size_t>(threads));
  if (!scratch_) throw std::bad_alloc();
}

double* FftBlockHistory::scratch() const noexcept {
#ifdef _OPENMP
  return scratch_.get() + static_cast<std::size_t>(omp_get_thread_num()) * scratch_size_;
#else
  return scratch_.get();
#endif
}

void FftBlockHistory::begin_block(std::int64_t n) { block_offset_ = static_cast<std::size_t>(n % ring_); }

void FftBlockHistory::enter_block(const Level& level, std::int64_t n, double* unit) {
  const std::int64_t length = level.shape.length, position = n / length % kBlocks;
  const std::size_t doubles = spectrum_doubles(level.shape);
  const std::int64_t before = (n / length - 1) % kBlocks;  // the block now complete
  if (before + 1 < level.shape.blocks) {
    double* const spectrum = unit + level.spectra + static_cast<std::size_t>(before) * doubles;
    std::copy_n(unit + (n - length) % ring_, length, spectrum);
    std::fill(spectrum + length, spectrum + doubles, 0.0);
    level.forward->execute(std::span(spectrum, static_cast<std::size_t>(2 * level.shape.spectrum())));
  }
  if (position == 0) return;
  double* const sum = scratch();
  add_spectra(reinterpret_cast<const double*>(level.weights.data()), unit + level.spectra, position,
              static_cast<std::int64_t>(doubles), sum);
  level.backward->execute(std::span(sum, static_cast<std::size_t>(2 * level.shape.spectrum())));
  std::copy_n(sum + length, length, unit + level.pending);
}

void FftBlockHistory::fill_block(std::int64_t n, std::int64_t u) {
  double* const values = unit(u);
  for (const Level& level : levels_)
    if (n % level.shape.length == 0) enter_block(level, n, values);
  double* const sums = block(u);
  std::fill_n(sums, kBlockSteps, 0.0);
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {  // what is farthest first
    if (n / level->shape.length % kBlocks == 0) continue;
    const double* const pending = values + level->pending + n % level->shape.length;
    for (std::int64_t b = 0; b < kBlockSteps; ++b) sums[b] += pending[b];
  }
  const std::int64_t count = n % kSmallest;
  series_toeplitz(w_.data() + count, count, sums - count, sums);
}

}  // namespace almanac::compute
