#include "history_kernels.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

// Instruction sets whose vectors have no size at compile time cannot keep them in the arrays below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "history/history_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace almanac::compute {
namespace {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<double>;
using WideVec = hn::Vec<Wide>;
using Group = hn::CappedTag<double, kGroupSteps>;
using One = hn::CappedTag<double, 1>;

// A tile of kGroupSteps rows by kTile vectors, as many loaded ones and a factor: they should fit 16 registers.
#if HWY_TARGET <= HWY_AVX2
constexpr std::size_t kTile = 3;
#else
constexpr std::size_t kTile = 2;
#endif
constexpr std::size_t kRows = kGroupSteps;

HWY_INLINE std::size_t wide() { return hn::Lanes(Wide()); }

template <PanelProduct::Start kStart>
HWY_INLINE void product_tile(const PanelProduct& p, std::int64_t i, std::size_t m) {
  const Wide d;
  const std::size_t lanes = wide();
  const auto width = static_cast<std::size_t>(p.width);
  double* HWY_RESTRICT c = p.c + static_cast<std::size_t>(i) * width + m;
  const double* HWY_RESTRICT x = p.x + m;
  const double* HWY_RESTRICT a = p.a + i * p.row;
  WideVec sum[kRows][kTile];
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t t = 0; t < kTile; ++t)
      sum[r][t] = kStart == PanelProduct::Start::kept ? hn::Load(d, c + r * width + t * lanes) : hn::Zero(d);
  for (std::int64_t k = 0; k < p.cols; ++k, x += width, a += p.col) {
    WideVec value[kTile];
    for (std::size_t t = 0; t < kTile; ++t) value[t] = hn::Load(d, x + t * lanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const WideVec factor = hn::Set(d, a[static_cast<std::ptrdiff_t>(r) * p.row]);
      for (std::size_t t = 0; t < kTile; ++t) sum[r][t] = hn::MulAdd(factor, value[t], sum[r][t]);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t t = 0; t < kTile; ++t) {
      double* const place = c + r * width + t * lanes;
      if (kStart == PanelProduct::Start::decayed)
        sum[r][t] = hn::MulAdd(hn::Set(d, p.decay[static_cast<std::size_t>(i) + r]), hn::Load(d, place), sum[r][t]);
      hn::Store(sum[r][t], d, place);
    }
}

template <PanelProduct::Start kStart>
HWY_INLINE void product_of(const PanelProduct& p) {
  const std::size_t step = kTile * wide();
  for (std::size_t m = 0; m < static_cast<std::size_t>(p.width); m += step)
    for (std::int64_t i = 0; i < p.rows; i += kGroupSteps) product_tile<kStart>(p, i, m);
}

void product(const PanelProduct& p) {
  switch (p.start) {
    case PanelProduct::Start::kept: return product_of<PanelProduct::Start::kept>(p);
    case PanelProduct::Start::zero: return product_of<PanelProduct::Start::zero>(p);
    case PanelProduct::Start::decayed: return product_of<PanelProduct::Start::decayed>(p);
  }
}

void gather(const double* HWY_RESTRICT block, std::int64_t i, std::int64_t width, const double* HWY_RESTRICT w,
            double* HWY_RESTRICT out) {
  const Wide d;
  const auto stride = static_cast<std::size_t>(width);
  const std::int64_t first = i - i % kGroupSteps;
  for (std::size_t m = 0; m < stride; m += wide()) {
    WideVec sum = hn::Load(d, block + static_cast<std::size_t>(i) * stride + m);
    for (std::int64_t j = first; j < i; ++j)
      sum = hn::MulAdd(hn::Set(d, w[i - j]), hn::Load(d, block + static_cast<std::size_t>(j) * stride + m), sum);
    hn::Store(sum, d, out + m);
  }
}

// ---- one unknown: vectors run over the steps of a block, or over the nodes

constexpr std::size_t kBlockVectors = std::min<std::size_t>(8, kBlockSteps / hn::MaxLanes(Wide()));

/// c[b] = start + Σ_k f(k) row(k)[b] over the whole block, with as many accumulators as the registers hold.
template <class Factor, class Row>
HWY_INLINE void whole_block(std::int64_t terms, bool from_zero, const Factor& factor, const Row& row, double* HWY_RESTRICT c) {
  const Wide d;
  const std::size_t lanes = wide();
  for (std::size_t b = 0; b < static_cast<std::size_t>(kBlockSteps); b += kBlockVectors * lanes) {
    WideVec sum[kBlockVectors];
    for (std::size_t t = 0; t < kBlockVectors; ++t) sum[t] = from_zero ? hn::Zero(d) : hn::LoadU(d, c + b + t * lanes);
    for (std::int64_t k = 0; k < terms; ++k) {
      const WideVec f = hn::Set(d, factor(k));
      const double* const values = row(k) + b;
      for (std::size_t t = 0; t < kBlockVectors; ++t) sum[t] = hn::MulAdd(f, hn::LoadU(d, values + t * lanes), sum[t]);
    }
    for (std::size_t t = 0; t < kBlockVectors; ++t) hn::StoreU(sum[t], d, c + b + t * lanes);
  }
}

HWY_INLINE void toeplitz_inline(const double* HWY_RESTRICT w, std::int64_t count, const double* HWY_RESTRICT x,
                                double* HWY_RESTRICT c) {
  whole_block(
      count, false, [x](std::int64_t j) { return x[j]; }, [w](std::int64_t j) { return w - j; }, c);
}

void toeplitz(const double* w, std::int64_t count, const double* x, double* c) { toeplitz_inline(w, count, x, c); }

/// The last kGroupSteps values, at row i, given to all rows behind them.
HWY_INLINE void scatter(double* HWY_RESTRICT block, std::int64_t i, const double* HWY_RESTRICT w) {
  const Group d;
  hn::Vec<Group> value[kRows];
  for (std::size_t j = 0; j < kRows; ++j) value[j] = hn::Set(d, block[i + static_cast<std::int64_t>(j)]);
  for (std::int64_t b = i + kGroupSteps; b < kBlockSteps; b += static_cast<std::int64_t>(hn::Lanes(d))) {
    auto sum = hn::LoadU(d, block + b);
    for (std::size_t j = 0; j < kRows; ++j)
      sum = hn::MulAdd(value[j], hn::LoadU(d, w + (b - i) - static_cast<std::int64_t>(j)), sum);
    hn::StoreU(sum, d, block + b);
  }
}

HWY_INLINE double multiply_add(double a, double b, double c) {
  const One d;
  return hn::GetLane(hn::MulAdd(hn::Set(d, a), hn::Set(d, b), hn::Set(d, c)));
}

double step_series(double* HWY_RESTRICT block, std::int64_t i, double v, const double* HWY_RESTRICT w) {
  block[i] = v;
  const std::int64_t next = i + 1, first = next - next % kGroupSteps;
  if (first == next) scatter(block, i + 1 - kGroupSteps, w);
  double sum = block[next];
  for (std::int64_t j = first; j < next; ++j) sum = multiply_add(w[next - j], block[j], sum);
  return sum;
}

/// kVectors vectors of nodes from q on.
template <std::size_t kVectors>
HWY_INLINE void absorb_nodes(const ExponentialTables& tables, std::size_t q, const double* HWY_RESTRICT rows,
                             double* HWY_RESTRICT state) {
  const Wide d;
  const std::size_t lanes = wide();
  const auto nodes = static_cast<std::size_t>(tables.nodes);
  WideVec sum[kVectors];
  for (std::size_t t = 0; t < kVectors; ++t) sum[t] = hn::Zero(d);
  const double* HWY_RESTRICT factors = tables.absorb + q;
  for (std::int64_t j = 0; j < kBlockSteps; ++j, factors += nodes) {
    const WideVec value = hn::Set(d, rows[j]);
    for (std::size_t t = 0; t < kVectors; ++t) sum[t] = hn::MulAdd(value, hn::LoadU(d, factors + t * lanes), sum[t]);
  }
  for (std::size_t t = 0; t < kVectors; ++t)
    hn::StoreU(hn::MulAdd(hn::LoadU(d, tables.decay + q + t * lanes), hn::LoadU(d, state + q + t * lanes), sum[t]), d,
               state + q + t * lanes);
}

HWY_INLINE void advance_series_inline(const ExponentialTables& tables, double* HWY_RESTRICT state, double* HWY_RESTRICT rows) {
  const std::size_t lanes = wide();
  const auto nodes = static_cast<std::size_t>(tables.nodes);
  std::size_t q = 0;
  for (; q + 8 * lanes <= nodes; q += 8 * lanes) absorb_nodes<8>(tables, q, rows, state);
  for (; q + 4 * lanes <= nodes; q += 4 * lanes) absorb_nodes<4>(tables, q, rows, state);
  for (; q < nodes; q += lanes) absorb_nodes<1>(tables, q, rows, state);

  double* const block = rows + kNearRows;
  std::memcpy(rows, rows + kBlockSteps, kNearRows * sizeof(double));
  const double* const emit = tables.emit;
  whole_block(
      tables.nodes, true, [state](std::int64_t k) { return state[k]; },
      [emit](std::int64_t k) { return emit + k * kBlockSteps; }, block);
  toeplitz_inline(tables.w + kNearRows, kNearRows, rows, block);
}

void advance_one(const ExponentialTables& tables, double* state, double* rows) { advance_series_inline(tables, state, rows); }

void advance_rows(const ExponentialTables& tables, std::int64_t width, double* state, double* rows) {
  using Start = PanelProduct::Start;
  const auto stride = static_cast<std::size_t>(width);
  double* const block = rows + static_cast<std::size_t>(kNearRows) * stride;
  product_of<Start::decayed>(
      {tables.absorb, 1, tables.nodes, tables.nodes, kBlockSteps, rows, state, width, Start::decayed, tables.decay});
  std::memcpy(rows, rows + static_cast<std::size_t>(kBlockSteps) * stride,
              static_cast<std::size_t>(kNearRows) * stride * sizeof(double));
  product_of<Start::zero>({tables.emit, 1, kBlockSteps, kBlockSteps, tables.nodes, state, block, width, Start::zero});
  product_of<Start::kept>({tables.w + kNearRows, 1, -1, kBlockSteps, kNearRows, rows, block, width, Start::kept});
}

#if HWY_TARGET == HWY_SCALAR

void spectra(const double* weights, const double* values, std::int64_t blocks, std::int64_t stride, double* sum) {
  for (std::int64_t i = 0; i < stride; i += 2) {
    double real = 0.0, imaginary = 0.0;
    for (std::int64_t j = 0; j < blocks; ++j) {
      const double* const w = weights + (blocks - 1 - j) * stride + i;
      const double* const v = values + j * stride + i;
      real += w[0] * v[0] - w[1] * v[1];
      imaginary += w[0] * v[1] + w[1] * v[0];
    }
    sum[i] = real;
    sum[i + 1] = -imaginary;
  }
}

#else

/// Complex numbers side by side: real parts of the weights times values, imaginary parts times values, put together at the end.
void spectra(const double* HWY_RESTRICT weights, const double* HWY_RESTRICT values, std::int64_t blocks, std::int64_t stride,
             double* HWY_RESTRICT sum) {
  const Wide d;
  constexpr std::size_t kVectors = hn::MaxLanes(Wide()) == 8 ? 1 : 2;  // strides are multiples of 8
  const std::size_t lanes = wide();
  const auto apart = static_cast<std::size_t>(stride);
  for (std::size_t i = 0; i < apart; i += kVectors * lanes) {
    WideVec by_real[kVectors], by_imaginary[kVectors];
    for (std::size_t t = 0; t < kVectors; ++t) by_real[t] = by_imaginary[t] = hn::Zero(d);
    const double* HWY_RESTRICT w = weights + static_cast<std::size_t>(blocks - 1) * apart + i;
    const double* HWY_RESTRICT v = values + i;
    for (std::int64_t j = 0; j < blocks; ++j, w -= apart, v += apart) {
      for (std::size_t t = 0; t < kVectors; ++t) {
        const WideVec factor = hn::LoadU(d, w + t * lanes), value = hn::LoadU(d, v + t * lanes);
        by_real[t] = hn::MulAdd(hn::DupEven(factor), value, by_real[t]);
        by_imaginary[t] = hn::MulAdd(hn::DupOdd(factor), value, by_imaginary[t]);
      }
    }
    for (std::size_t t = 0; t < kVectors; ++t) {
      const WideVec turned = hn::Reverse2(d, by_imaginary[t]);
      hn::StoreU(hn::OddEven(hn::Neg(hn::Add(by_real[t], turned)), hn::Sub(by_real[t], turned)), d, sum + i + t * lanes);
    }
  }
}

#endif

void relax_one(const ExponentialTables& tables, const SeriesRelaxation& mode, std::int64_t begin, std::int64_t blocks,
               double* HWY_RESTRICT state, double* HWY_RESTRICT rows, double* HWY_RESTRICT v) {
  double* const block = rows + kNearRows;
  const double* const w = tables.w;
  const double w1 = w[1], w2 = w[2], w3 = w[3];
  for (; blocks > 0; --blocks, begin += kBlockSteps, v += kBlockSteps) {
    if (begin > 0) advance_series_inline(tables, state, rows);
    for (std::int64_t i = 0; i < kBlockSteps; i += kGroupSteps) {
      double source[kGroupSteps];
      for (std::int64_t r = 0; r < kGroupSteps; ++r)
        source[r] = multiply_add(static_cast<double>(begin + i + r) * mode.dt, mode.b, mode.a);
      double* const s = block + i;
      const double v0 = begin + i == 0 ? 0.0 : multiply_add(mode.minus_g, s[0], source[0]);
      const double v1 = multiply_add(mode.minus_g, multiply_add(w1, v0, s[1]), source[1]);
      const double v2 = multiply_add(mode.minus_g, multiply_add(w1, v1, multiply_add(w2, v0, s[2])), source[2]);
      const double v3 =
          multiply_add(mode.minus_g, multiply_add(w1, v2, multiply_add(w2, v1, multiply_add(w3, v0, s[3]))), source[3]);
      s[0] = v0;
      s[1] = v1;
      s[2] = v2;
      s[3] = v3;
      scatter(block, i, w);
    }
    std::copy_n(block, kBlockSteps, v);
  }
}

void relax_row(std::int64_t modes, double t, const double* HWY_RESTRICT a, const double* HWY_RESTRICT b,
               const double* HWY_RESTRICT minus_g, const double* HWY_RESTRICT sums, double* HWY_RESTRICT v) {
  const Wide d;
  const WideVec time = hn::Set(d, t);
  for (std::size_t m = 0; m < static_cast<std::size_t>(modes); m += wide())
    hn::StoreU(hn::MulAdd(hn::LoadU(d, minus_g + m), hn::LoadU(d, sums + m),
                          hn::MulAdd(time, hn::LoadU(d, b + m), hn::LoadU(d, a + m))),
               d, v + m);
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace almanac::compute
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace almanac::compute {
namespace {

HWY_EXPORT(product);
HWY_EXPORT(gather);
HWY_EXPORT(toeplitz);
HWY_EXPORT(step_series);
HWY_EXPORT(advance_one);
HWY_EXPORT(advance_rows);
HWY_EXPORT(spectra);
HWY_EXPORT(relax_one);
HWY_EXPORT(relax_row);

}  // namespace

void panel_product(const PanelProduct& p) { HWY_DYNAMIC_DISPATCH(product)(p); }
void panel_gather(const double* block, std::int64_t i, std::int64_t width, const double* w, double* out) {
  HWY_DYNAMIC_DISPATCH(gather)(block, i, width, w, out);
}
void series_toeplitz(const double* w, std::int64_t count, const double* x, double* c) {
  HWY_DYNAMIC_DISPATCH(toeplitz)(w, count, x, c);
}
double series_step(double* block, std::int64_t i, double v, const double* w) {
  return HWY_DYNAMIC_DISPATCH(step_series)(block, i, v, w);
}
void advance_series(const ExponentialTables& tables, double* state, double* rows) {
  HWY_DYNAMIC_DISPATCH(advance_one)(tables, state, rows);
}
void advance_panel(const ExponentialTables& tables, std::int64_t width, double* state, double* rows) {
  HWY_DYNAMIC_DISPATCH(advance_rows)(tables, width, state, rows);
}
void add_spectra(const double* weights, const double* values, std::int64_t blocks, std::int64_t stride, double* sum) {
  HWY_DYNAMIC_DISPATCH(spectra)(weights, values, blocks, stride, sum);
}
void relax_series(const ExponentialTables& tables, const SeriesRelaxation& mode, std::int64_t begin, std::int64_t blocks,
                  double* state, double* rows, double* v) {
  HWY_DYNAMIC_DISPATCH(relax_one)(tables, mode, begin, blocks, state, rows, v);
}
void relax_step(std::int64_t modes, double t, const double* a, const double* b, const double* minus_g, const double* sums,
                double* v) {
  HWY_DYNAMIC_DISPATCH(relax_row)(modes, t, a, b, minus_g, sums, v);
}

}  // namespace almanac::compute
#endif
