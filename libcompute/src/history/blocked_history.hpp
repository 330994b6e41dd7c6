#pragma once

#include "history_kernels.hpp"
#include "history_memory.hpp"

#include <almanac/compute/history.hpp>

#include <cstdint>
#include <vector>

namespace almanac::compute {

/// How the unknowns of a history are laid out: units of `width` unknowns, one behind the other.
struct HistoryLayout {
  std::int64_t units, width;
  /// Panels, or from few unknowns (and wherever an engine wants no panels) series of width 1.
  static HistoryLayout of(std::int64_t unknowns, bool series_only = false);
};

/// What all engines share: the rows of the block in which the present step lies, and what goes on within them.
class BlockedHistory : public History {
 protected:
  /// unit_size: doubles a unit needs; all are zero at first, and block 0 begins at `block_offset`.
  BlockedHistory(std::int64_t unknowns, std::int64_t steps, int threads, const HistoryChoice& choice, HistoryLayout layout,
                 std::size_t unit_size, std::size_t block_offset);

  double* unit(std::int64_t u) const noexcept { return memory_.get() + static_cast<std::size_t>(u) * unit_size_; }
  double* block(std::int64_t u) const noexcept { return unit(u) + block_offset_; }
  std::int64_t width() const noexcept { return layout_.width; }
  std::int64_t units() const noexcept { return layout_.units; }
  int threads() const noexcept { return threads_; }
  /// Which of threads() runs this fill_block: 0 where one does all, whatever threads the caller has.
  int worker() const noexcept;

  /// The exact weights; those within a block are used here. Set before the first step, for the life of the history.
  const double* weights = nullptr;
  /// Where the present block's rows begin in every unit.
  std::size_t block_offset_;

 private:
  /// A block that begins at step n is next: once, before fill_block for every unit. Every unit's rows are values.
  virtual void begin_block(std::int64_t n) = 0;
  /// Multiply-adds of that for one unknown, about: whether threads are worth it.
  virtual double fill_work(std::int64_t n) const = 0;
  /// Writes what steps before n give to the sums of the block. May run for several units at a time.
  virtual void fill_block(std::int64_t n, std::int64_t u) = 0;

  void do_sum(std::int64_t n, double* out) final;
  void do_push(std::int64_t n, const double* v) final;
  void push_series(std::int64_t n, const double* v);
  void push_panels(std::int64_t n, const double* v);
  void next_block(std::int64_t n);
  int workers(double work) const noexcept;
  template <class Work>
  void for_each_unit(int workers, const Work& work);

  HistoryLayout layout_;
  int threads_;
  bool is_shared_ = false;  // several threads are at the units
  std::size_t unit_size_;
  HistoryMemory memory_;
  std::vector<double> next_;  // the sums of the present step, of series
};

}  // namespace almanac::compute
