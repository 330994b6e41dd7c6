#include "fft_block_history.hpp"

#include "written.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace almanac::compute {
namespace {

constexpr std::int64_t kSmallest = 256;   // blocks below are summed directly
constexpr std::int64_t kBlocks = 16;      // of a level in one of the next: more transforms at fewer, fewer at more products
constexpr std::int64_t kMostBlocks = 24;  // of the last level, so that a step more than a power of two is not a level more

std::shared_ptr<const FftPlan<double>> plan_of(std::int64_t points, const FftPlanProvider& plans) {
  FftProblem problem;
  problem.extent = {points};
  problem.rigor = Rigor::estimate;
  if (!plans) return std::make_shared<const FftPlan<double>>(problem, "");
  auto plan = plans(problem);
  const FftProblem* const given = plan ? &plan->problem() : nullptr;
  if (given == nullptr || given->extent != problem.extent || given->transform[0] != Transform::c2c ||
      given->direction != Direction::forward || given->batch != 1 || given->in_place || given->split || given->strides)
    throw ArgumentError("plans", given == nullptr ? "nothing" : "a plan of another problem",
                        "give a plan of the problem asked for, c2c forward of " + written(points) + " points");
  return plan;
}

/// ω^j = exp(iπj / 2L).
std::vector<std::complex<double>> turns_of(std::int64_t length) {
  std::vector<std::complex<double>> turns(static_cast<std::size_t>(length));
  const double step = std::numbers::pi / (2.0 * static_cast<double>(length));
  for (std::size_t j = 0; j < turns.size(); ++j) turns[j] = std::polar(1.0, step * static_cast<double>(j));
  return turns;
}

std::span<std::complex<double>> complex_values(double* values, std::int64_t count) {
  return {reinterpret_cast<std::complex<double>*>(values), static_cast<std::size_t>(count)};
}

/// values → the spectrum of ω^j value_j; scratch holds as much as the spectrum.
void transform_block(const FftPlan<double>& plan, std::span<const std::complex<double>> turns, const double* values,
                     double* scratch, double* spectrum) {
  for (std::size_t j = 0; j < turns.size(); ++j) {
    scratch[2 * j] = values[j] * turns[j].real();
    scratch[2 * j + 1] = values[j] * turns[j].imag();
  }
  const auto length = static_cast<std::int64_t>(turns.size());
  const std::span<const std::complex<double>> in = complex_values(scratch, length);
  plan.execute(in, complex_values(spectrum, length));
}

}  // namespace

std::vector<std::int64_t> fft_block_lengths(std::int64_t steps) {
  std::vector<std::int64_t> lengths;
  for (const FftLevelShape& level : FftBlockHistory::levels(steps)) lengths.push_back(level.length);
  return lengths;
}

std::vector<FftLevelShape> FftBlockHistory::levels(std::int64_t steps) {
  std::vector<FftLevelShape> levels;
  for (std::int64_t length = kSmallest; length < steps + 1; length *= kBlocks) {
    const std::int64_t needed = (steps + length) / length;
    const bool last = needed <= kMostBlocks;
    levels.push_back({length, last ? needed : kBlocks});
    if (last) break;
  }
  return levels;
}

std::size_t FftBlockHistory::unit_size(const std::vector<FftLevelShape>& levels) {
  std::size_t size = static_cast<std::size_t>(levels.empty() ? kSmallest : levels.back().length);
  for (const FftLevelShape& level : levels)
    size += static_cast<std::size_t>((level.blocks - 1) * 2 * level.length) + static_cast<std::size_t>(level.length);
  return size;
}

std::size_t FftBlockHistory::shared_size(const std::vector<FftLevelShape>& levels, int threads) {
  std::size_t size = static_cast<std::size_t>(kSmallest + kBlockSteps);
  for (const FftLevelShape& level : levels) size += static_cast<std::size_t>((level.blocks - 1) * 2 * level.length);
  for (const FftLevelShape& level : levels) size += static_cast<std::size_t>(2 * level.length);
  return size + (levels.empty() ? 0 : static_cast<std::size_t>(threads) * static_cast<std::size_t>(4 * levels.back().length));
}

double FftBlockHistory::operations(const std::vector<FftLevelShape>& levels, std::int64_t steps) {
  // Two complex transforms of L points: 5 L log2 L operations each, half as many multiply-adds, at half the speed.
  double each_step = 0.5 * static_cast<double>(kSmallest);
  for (const FftLevelShape& level : levels)
    each_step += 10.0 * std::log2(static_cast<double>(level.length)) + 2.0 * static_cast<double>(level.blocks - 1);
  return each_step * static_cast<double>(steps + 1);
}

FftBlockHistory::FftBlockHistory(const WeightSource& weights_from, std::int64_t unknowns, std::int64_t steps, int threads,
                                 const FftPlanProvider& plans, const HistoryChoice& choice)
    : BlockedHistory(unknowns, steps, threads, choice, HistoryLayout::of(unknowns, true), unit_size(levels(steps)), 0),
      w_(static_cast<std::size_t>(kSmallest + kBlockSteps), 0.0),
      ring_(kSmallest) {
  weights_from(0, w_);
  weights = w_.data();
  const std::vector<FftLevelShape> shapes = levels(steps);
  if (!shapes.empty()) ring_ = shapes.back().length;
  auto place = static_cast<std::size_t>(ring_);
  if (!shapes.empty()) {
    scratch_size_ = static_cast<std::size_t>(4 * ring_);
    scratch_ = history_memory(scratch_size_ * static_cast<std::size_t>(threads));
  }
  for (const FftLevelShape& shape : shapes) {
    const auto length = static_cast<std::size_t>(shape.length), others = static_cast<std::size_t>(shape.blocks - 1);
    Level level{shape, plan_of(shape.length, plans), turns_of(shape.length), history_memory(others * 2 * length),
                place, place + others * 2 * length};
    place = level.pending + length;
    transform_weights(weights_from, level);
    levels_.push_back(std::move(level));
  }
}

/// Segment d has the lags from (d-1) length to (d+1) length - 1; the very first is nobody's.
void FftBlockHistory::transform_weights(const WeightSource& weights_from, Level& level) {
  const auto length = static_cast<std::size_t>(level.shape.length);
  const double scale = 1.0 / static_cast<double>(level.shape.length);
  std::vector<double> low(length), high(length);
  weights_from(0, high);
  high[0] = 0.0;
  for (std::int64_t d = 1; d < level.shape.blocks; ++d) {
    std::swap(low, high);
    weights_from(d * level.shape.length, high);
    const std::span<std::complex<double>> segment = complex_values(scratch_.get(), level.shape.length);
    for (std::size_t j = 0; j < length; ++j) {
      const std::complex<double> turn = level.turns[j];
      segment[j] = {scale * (low[j] * turn.real() - high[j] * turn.imag()),
                    scale * (low[j] * turn.imag() + high[j] * turn.real())};
    }
    level.plan->execute(std::span<const std::complex<double>>(segment),
                        complex_values(level.weights.get() + static_cast<std::size_t>(d - 1) * 2 * length, level.shape.length));
  }
}

double* FftBlockHistory::scratch() const noexcept {
  return scratch_.get() + static_cast<std::size_t>(worker()) * scratch_size_;
}

void FftBlockHistory::begin_block(std::int64_t n) { block_offset_ = static_cast<std::size_t>(n % ring_); }

double FftBlockHistory::fill_work(std::int64_t n) const {
  double work = static_cast<double>(kBlockSteps * (n % kSmallest));
  for (const Level& level : levels_)
    if (n % level.shape.length == 0)
      work += 10.0 * static_cast<double>(level.shape.length) * std::log2(static_cast<double>(level.shape.length));
  return work;
}

void FftBlockHistory::enter_block(const Level& level, std::int64_t n, double* unit) {
  const std::int64_t length = level.shape.length, position = n / length % level.shape.blocks;
  const std::int64_t before = (n / length - 1) % level.shape.blocks;  // the block now complete
  double* const first = scratch();
  double* const second = first + 2 * length;
  if (before + 1 < level.shape.blocks)
    transform_block(*level.plan, level.turns, unit + (n - length) % ring_, first,
                    unit + level.spectra + static_cast<std::size_t>(before * 2 * length));
  if (position == 0) return;
  // Backwards: conjugates of the sum forward, and those of the result back.
  add_spectra(level.weights.get(), unit + level.spectra, position, 2 * length, first);
  level.plan->execute(std::span<const std::complex<double>>(complex_values(first, length)), complex_values(second, length));
  double* const pending = unit + level.pending;
  for (std::size_t j = 0; j < static_cast<std::size_t>(length); ++j)
    pending[j] = -(second[2 * j] * level.turns[j].imag() + second[2 * j + 1] * level.turns[j].real());
}

void FftBlockHistory::fill_block(std::int64_t n, std::int64_t u) {
  double* const values = unit(u);
  for (const Level& level : levels_)
    if (n % level.shape.length == 0) enter_block(level, n, values);
  double* const sums = block(u);
  std::fill_n(sums, kBlockSteps, 0.0);
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {  // what is farthest first
    if (n / level->shape.length % level->shape.blocks == 0) continue;
    const double* const pending = values + level->pending + n % level->shape.length;
    for (std::int64_t b = 0; b < kBlockSteps; ++b) sums[b] += pending[b];
  }
  const std::int64_t count = n % kSmallest;
  series_toeplitz(w_.data() + count, count, sums - count, sums);
}

}  // namespace almanac::compute
