// A panel is as many modes as a few vector registers hold. It is stepped through all times before the next one begins, so
// its history stays in the nearest caches. For a block of new levels the older ones contribute a small Toeplitz matrix
// product: every old level is loaded once and multiplied by one weight for each new level.
//
// Every sum runs over the levels from the oldest to the newest in one accumulator, whatever the blocks: bits depend on
// neither the lane nor the panel a mode is in, and between instruction sets only on whether they fuse a multiply and add.
#include <almanac/compute/relaxation.hpp>

#include <almanac/compute/error.hpp>

#include "relaxation_check.hpp"
#include "written.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

// Highway compiles this file once for every instruction set; those whose vectors have no size at compile time cannot keep
// them in the arrays below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "relaxation.cpp"
#include <hwy/foreach_target.h>

#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

#ifndef ALMANAC_RELAXATION_ONCE
#define ALMANAC_RELAXATION_ONCE
namespace almanac::compute {
namespace {

constexpr std::int64_t kBlock = 64;    // new levels whose sums are gathered together
constexpr std::int64_t kChunk = 128;   // old levels that stay in the first-level cache meanwhile
constexpr std::size_t kMaxPanel = 24;  // modes a panel has at most, on any instruction set

/// The weights with zeros before and behind, so that blocks need no ends of their own.
struct PaddedWeights {
  std::vector<double> values;
  std::int64_t last = 0;  // no weight behind this one differs from zero
  const double* at(std::int64_t k) const { return values.data() + kBlock + k; }
};

/// What the panels of one call share.
struct RelaxationRun {
  const RelaxationSteps& time;
  double scale;  // dt^-alpha
  const PaddedWeights& weights;
  std::int64_t capacity;  // levels a history holds
  std::span<const double> lambda, u0, u1;
  double* out;
  std::int64_t out_stride;
};

}  // namespace
}  // namespace almanac::compute
#endif

HWY_BEFORE_NAMESPACE();
namespace almanac::compute {
namespace {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<double>;
using Vec = hn::Vec<Tag>;

// Accumulators kLevels × kVectors, kVectors loaded levels and a weight: they should fit the registers, 32 or 16.
#if HWY_TARGET <= HWY_AVX3
constexpr std::int64_t kLevels = 8;
constexpr std::size_t kVectors = 3;
#elif HWY_TARGET <= HWY_AVX2
constexpr std::int64_t kLevels = 4;
constexpr std::size_t kVectors = 3;
#else
constexpr std::int64_t kLevels = 4;
constexpr std::size_t kVectors = 2;
#endif
static_assert(kBlock % kLevels == 0);

std::size_t panel_modes() { return kVectors * hn::Lanes(Tag()); }

/// sums[b] += Σ_j weight[b - j] history[j] over kLevels new levels b and `count` old levels j.
HWY_INLINE void add_history(const double* HWY_RESTRICT history, std::int64_t count, const double* HWY_RESTRICT weight,
                            double* HWY_RESTRICT sums) {
  const Tag d;
  const std::size_t lanes = hn::Lanes(d), panel = kVectors * lanes;
  Vec sum[kLevels][kVectors];
  for (std::size_t b = 0; b < kLevels; ++b)
    for (std::size_t v = 0; v < kVectors; ++v) sum[b][v] = hn::Load(d, sums + b * panel + v * lanes);
  for (std::int64_t j = 0; j < count; ++j, history += panel, --weight) {
    Vec level[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) level[v] = hn::Load(d, history + v * lanes);
    for (std::size_t b = 0; b < kLevels; ++b) {
      const Vec w = hn::Set(d, weight[b]);
      for (std::size_t v = 0; v < kVectors; ++v) sum[b][v] = hn::MulAdd(w, level[v], sum[b][v]);
    }
  }
  for (std::size_t b = 0; b < kLevels; ++b)
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sum[b][v], d, sums + b * panel + v * lanes);
}

/// Steps the modes [first, first + count) through all times. history: run.capacity panels, aligned; level n of the window
/// that begins at level `base` stands at (n - base) panels.
void relax_panel(const RelaxationRun& run, std::int64_t first, std::int64_t count, double* HWY_RESTRICT history) {
  const Tag d;
  const std::size_t lanes = hn::Lanes(d), panel = kVectors * lanes;
  const auto used = static_cast<std::size_t>(count);
  const std::int64_t steps = run.time.steps, last = run.weights.last;

  // v^n = a + t_n b - g Σ_{k≥1} w_k v^{n-k}. Lanes without a mode stay zero.
  HWY_ALIGN double lambda[kMaxPanel] = {}, u0[kMaxPanel] = {}, u1[kMaxPanel] = {}, a[kMaxPanel], b[kMaxPanel],
                   minus_g[kMaxPanel];
  std::copy_n(run.lambda.data() + first, used, lambda);
  std::copy_n(run.u0.data() + first, used, u0);
  if (!run.u1.empty()) std::copy_n(run.u1.data() + first, used, u1);
  for (std::size_t m = 0; m < panel; ++m) {
    const double pivot = *run.weights.at(0) * run.scale - lambda[m], rate = lambda[m] / pivot;
    a[m] = rate * u0[m];
    b[m] = rate * u1[m];
    minus_g[m] = -(run.scale / pivot);
  }

  auto output = run.time.outputs.begin();
  double* out = run.out + first;
  const auto record = [&](std::int64_t n, const double* v) {
    const Vec t = hn::Set(d, static_cast<double>(n) * run.time.dt);
    HWY_ALIGN double u[kMaxPanel];
    for (std::size_t m = 0; m < panel; m += lanes)
      hn::Store(hn::Add(hn::MulAdd(t, hn::Load(d, u1 + m), hn::Load(d, u0 + m)), hn::Load(d, v + m)), d, u + m);
    std::copy_n(u, used, out);
    out += run.out_stride;
    ++output;
  };

  std::fill_n(history, panel, 0.0);  // v^0
  if (output != run.time.outputs.end() && *output == 0) record(0, history);

  HWY_ALIGN double sums[static_cast<std::size_t>(kBlock) * kMaxPanel];
  std::int64_t base = 0;
  for (std::int64_t next = 1; next <= steps; next += kBlock) {  // the block's levels are next … next + kBlock - 1
    if (next + kBlock - base > run.capacity) {                  // only the last levels still have weights that are not zero
      const std::int64_t keep = std::min(last, next - base);
      std::memmove(history, history + static_cast<std::size_t>(next - keep - base) * panel,
                   static_cast<std::size_t>(keep) * panel * sizeof(double));
      base = next - keep;
    }
    std::fill_n(sums, static_cast<std::size_t>(kBlock) * panel, 0.0);
    for (std::int64_t j = std::max(base, next - last); j < next; j += kChunk)
      for (std::int64_t level = 0; level < kBlock; level += kLevels)
        add_history(history + static_cast<std::size_t>(j - base) * panel, std::min(kChunk, next - j),
                    run.weights.at(next + level - j), sums + static_cast<std::size_t>(level) * panel);

    for (std::int64_t level = 0; level < kBlock && next + level <= steps; level += kLevels) {
      double* const sum = sums + static_cast<std::size_t>(level) * panel;
      double* const fresh = history + static_cast<std::size_t>(next + level - base) * panel;
      const std::int64_t back = std::min(level, last);
      add_history(fresh - static_cast<std::size_t>(back) * panel, back, run.weights.at(back), sum);
      // The triangle: each new level in turn, and what it gives to the ones after it.
      for (std::int64_t i = 0; i < kLevels; ++i) {
        const Vec t = hn::Set(d, static_cast<double>(next + level + i) * run.time.dt);
        for (std::size_t m = 0; m < panel; m += lanes) {
          const Vec v = hn::MulAdd(hn::Load(d, minus_g + m), hn::Load(d, sum + static_cast<std::size_t>(i) * panel + m),
                                   hn::MulAdd(t, hn::Load(d, b + m), hn::Load(d, a + m)));
          hn::Store(v, d, fresh + static_cast<std::size_t>(i) * panel + m);
          for (std::int64_t later = i + 1; later < kLevels; ++later) {
            double* const s = sum + static_cast<std::size_t>(later) * panel + m;
            hn::Store(hn::MulAdd(hn::Set(d, *run.weights.at(later - i)), v, hn::Load(d, s)), d, s);
          }
        }
      }
    }
    while (output != run.time.outputs.end() && *output < next + kBlock)
      record(*output, history + static_cast<std::size_t>(*output - base) * panel);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace almanac::compute
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace almanac::compute {
namespace {

HWY_EXPORT(panel_modes);
HWY_EXPORT(relax_panel);

void refuse_unless_finite(const char* name, std::span<const double> values) {
  for (const double value : values)
    if (!std::isfinite(value)) throw ArgumentError(name, written(value), "be finite");
}

bool overlap(std::span<const double> a, std::span<const double> b) {
  const std::less<const double*> before;
  return !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

void check_time(const RelaxationSteps& time, std::int64_t last_weight) {
  if (!(time.alpha > 0.0 && time.alpha <= 2.0)) throw ArgumentError("alpha", written(time.alpha), "lie in (0, 2]");
  if (!(time.dt > 0.0 && std::isfinite(time.dt))) throw ArgumentError("dt", written(time.dt), "be positive and finite");
  const double scale = std::pow(time.dt, -time.alpha);
  if (!std::isnormal(scale)) throw ArgumentError("dt", written(time.dt), "give a dt^-alpha that is finite and not zero");
  if (time.steps < 0) throw ArgumentError("steps", written(time.steps), "be at least 0");
  if (time.weights.size() <= static_cast<std::size_t>(last_weight))
    throw ArgumentError("weights", written(time.weights.size()) + " values",
                        "be at least steps + 1 = " + written(last_weight + 1));
  refuse_unless_finite("weights", time.weights.first(static_cast<std::size_t>(last_weight) + 1));
  std::int64_t previous = -1;
  for (const std::int64_t n : time.outputs) {
    if (n <= previous || n > time.steps)
      throw ArgumentError("outputs", written(n), "increase and lie in [0, " + written(time.steps) + "]");
    previous = n;
  }
}

void check_modes(const RelaxationSteps& time, double scale, std::span<const double> lambda, std::span<const double> u0,
                 std::span<const double> u1, std::span<double> out, std::int64_t out_stride) {
  const std::size_t modes = lambda.size();
  if (u0.size() != modes) throw ArgumentError("u0", written(u0.size()) + " values", "be one a mode, " + written(modes));
  if (!u1.empty() && time.alpha <= 1.0)
    throw ArgumentError("u1", written(u1.size()) + " values", "be empty when alpha is at most 1: there is no initial velocity");
  if (!u1.empty() && u1.size() != modes)
    throw ArgumentError("u1", written(u1.size()) + " values", "be empty or one a mode, " + written(modes));
  if (out_stride < 0 || static_cast<std::size_t>(out_stride) < modes)
    throw ArgumentError("out_stride", written(out_stride), "be at least the number of modes, " + written(modes));
  // (outputs - 1) * stride + modes ≤ size, without overflow
  if (!time.outputs.empty() && modes > 0 &&
      (out.size() < modes || (out.size() - modes) / static_cast<std::size_t>(out_stride) < time.outputs.size() - 1))
    throw ArgumentError(
        "out", written(out.size()) + " values",
        "hold " + written(time.outputs.size()) + " outputs of " + written(modes) + " modes, " + written(out_stride) + " apart");
  for (const std::span<const double> in : {lambda, u0, u1, time.weights})
    if (overlap(in, out)) throw ArgumentError("out", "memory of an input", "not overlap lambda, u0, u1 or the weights");
  const double limit = time.weights[0] * scale;
  for (const double value : lambda)
    if (!(std::isfinite(value) && value < limit))
      throw ArgumentError("lambda", written(value), "be finite and less than w_0 dt^-alpha = " + written(limit));
  refuse_unless_finite("u0", u0);
  refuse_unless_finite("u1", u1);
}

}  // namespace

double check_relaxation(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                        std::span<const double> u1, std::span<double> out, std::int64_t out_stride, int threads,
                        std::int64_t last_weight) {
  check_time(time, last_weight);
  const double scale = std::pow(time.dt, -time.alpha);
  check_modes(time, scale, lambda, u0, u1, out, out_stride);
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");
  return scale;
}

void relax_modes(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                 std::span<const double> u1, std::span<double> out, std::int64_t out_stride, int threads) {
  const double scale = check_relaxation(time, lambda, u0, u1, out, out_stride, threads, time.steps);
  if (lambda.empty() || time.outputs.empty()) return;

  const auto steps = static_cast<std::size_t>(time.steps);
  PaddedWeights weights{std::vector<double>(steps + 1 + 2 * static_cast<std::size_t>(kBlock), 0.0)};
  std::copy_n(time.weights.begin(), steps + 1, weights.values.begin() + kBlock);
  for (std::int64_t k = 1; k <= time.steps; ++k)
    if (*weights.at(k) != 0.0) weights.last = k;

  // All levels; or, with a short memory, that and some blocks, moved back when full.
  const std::int64_t capacity = std::min(time.steps, std::max<std::int64_t>(2 * weights.last, 4 * kBlock)) + 1 + kBlock;
  const auto panel = static_cast<std::int64_t>(HWY_DYNAMIC_DISPATCH(panel_modes)());
  const auto modes = static_cast<std::int64_t>(lambda.size());
  const std::int64_t panels = (modes + panel - 1) / panel;
  const auto workers = static_cast<int>(std::min<std::int64_t>(threads, panels));
  const auto history_size = static_cast<std::size_t>(capacity * panel);
  const auto histories = hwy::AllocateAligned<double>(history_size * static_cast<std::size_t>(workers));
  if (!histories) throw std::bad_alloc();

  const RelaxationRun run{time, scale, weights, capacity, lambda, u0, u1, out.data(), out_stride};
  const auto relax = HWY_DYNAMIC_DISPATCH(relax_panel);
#ifdef _OPENMP
#pragma omp parallel num_threads(workers)
#endif
  {
#ifdef _OPENMP
    double* const history = histories.get() + history_size * static_cast<std::size_t>(omp_get_thread_num());
#pragma omp for schedule(dynamic)
#else
    double* const history = histories.get();
#endif
    for (std::int64_t p = 0; p < panels; ++p) relax(run, p * panel, std::min(panel, modes - p * panel), history);
  }
}

}  // namespace almanac::compute
#endif
