#pragma once

#include <cstddef>
#include <cstdint>

namespace almanac::compute {

// Time goes by in blocks of kBlockSteps steps, and in groups of kGroupSteps within. When a block begins, what all older values
// give to its sums is formed at once, into the places where its own values will stand; when a group begins, what the block's own
// older values give. So row i of a block is a sum not yet complete until v of that step overwrites it.
//
// Unknowns lie in panels of some vector registers each, or, when they are few, each by itself in a series, where vectors run
// over time. Every sum adds its terms in the same order either way, each with one fused multiply-add where the instruction set
// has it: bits depend neither on panels nor lanes.
inline constexpr std::int64_t kBlockSteps = 32;
inline constexpr std::int64_t kGroupSteps = 4;
inline constexpr std::int64_t kNearRows = 16;       // older values that exponentials do not stand for yet
inline constexpr std::int64_t kPanelUnknowns = 48;  // a whole number of register tiles on every instruction set
inline constexpr std::int64_t kHalfPanel = 24;
inline constexpr std::int64_t kNodeMultiple = 8;  // node counts are padded to this

/// c_i = start_i + Σ_k a[i row + k col] x_k over rows of `width` doubles; row counts are multiples of kGroupSteps, widths of
/// kHalfPanel. All but a are aligned to vectors.
struct PanelProduct {
  const double* a;
  std::ptrdiff_t row, col;
  std::int64_t rows, cols;
  const double* x;
  double* c;
  std::int64_t width;
  enum class Start {
    kept,     // the sum goes on from what c holds
    zero,     // c is written
    decayed,  // the sum from zero, and then decay_i times what c held
  } start;
  const double* decay = nullptr;
};
void panel_product(const PanelProduct& product);

/// out = row i of the block plus the terms of the rows of its group before it. w: w[k] for k = 1 … kGroupSteps - 1.
void panel_gather(const double* block, std::int64_t i, std::int64_t width, const double* w, double* out);

/// c[b] += Σ_{j < count} w[b - j] x[j], b < kBlockSteps: one unknown, a whole block.
void series_toeplitz(const double* w, std::int64_t count, const double* x, double* c);

/// Puts v into row i < kBlockSteps - 1 of a block of one unknown; gives the sum of row i + 1.
double series_step(double* block, std::int64_t i, double v, const double* w);

/// sum = the conjugate of Σ_{j < blocks} W_{blocks-j} V_j of complex spectra, `stride` doubles each and as far apart, a multiple
/// of 8; weight spectrum W_d begins at weights + (d-1) stride.
void add_spectra(const double* weights, const double* values, std::int64_t blocks, std::int64_t stride, double* sum);

/// The exponentials of one history.
struct ExponentialTables {
  std::int64_t nodes;    // a multiple of kNodeMultiple; those added have coefficient zero
  const double* absorb;  // [j][q] = exp(-(kBlockSteps - 1 - j) s_q)
  const double* emit;    // [q][b] = c_q exp(-b s_q): the weight kNearestFar + b
  const double* decay;   // [q] = exp(-kBlockSteps s_q)
  const double* w;       // exact weights, w[k] for k from 0 to kNearRows + kBlockSteps - 1
};

/// Rows of one series or panel: kNearRows older ones, then those of the block, now all values. Moves on to the next block: the
/// oldest kBlockSteps rows go into the state, the others become the older ones, and the block gets its sums.
void advance_series(const ExponentialTables& tables, double* state, double* rows);
void advance_panel(const ExponentialTables& tables, std::int64_t width, double* state, double* rows);

/// One mode of relax_modes: v^n = a + n dt b + minus_g S_n, v^0 = 0.
struct SeriesRelaxation {
  double a, b, minus_g, dt;
};

/// The mode from step `begin`, the first of a block, through `blocks` whole ones; their values to v. state and rows: as
/// advance_series has them, all zero before step 0 and left alone in between.
void relax_series(const ExponentialTables& tables, const SeriesRelaxation& mode, std::int64_t begin, std::int64_t blocks,
                  double* state, double* rows, double* v);

/// The same for one step of any number of modes: v_m = a_m + t b_m + minus_g_m sums_m. The arrays are padded to a multiple of 8.
void relax_step(std::int64_t modes, double t, const double* a, const double* b, const double* minus_g, const double* sums,
                double* v);

}  // namespace almanac::compute
