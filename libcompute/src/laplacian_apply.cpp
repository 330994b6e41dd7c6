#include <almanac/compute/laplacian.hpp>

#include <almanac/compute/error.hpp>

#include "laplacian_stencil.hpp"
#include "written.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "laplacian_apply.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace almanac::compute::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// out[i] = Σ_e value[e] in[i + offset[e]] for one run. Each sum runs over e in order, with a rounding after every
/// operation, so its bits depend neither on the vector width nor on where in a run a point stands.
void apply_run(const RowPattern& pattern, const double* HWY_RESTRICT in, double* HWY_RESTRICT out, std::size_t count) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
    for (int e = 0; e < pattern.size; ++e) {
      const auto value = hn::Set(d, pattern.value[static_cast<std::size_t>(e)]);
      const double* from = in + static_cast<std::ptrdiff_t>(i) + pattern.offset[static_cast<std::size_t>(e)];
      sum0 = hn::Add(sum0, hn::Mul(value, hn::LoadU(d, from)));
      sum1 = hn::Add(sum1, hn::Mul(value, hn::LoadU(d, from + lanes)));
      sum2 = hn::Add(sum2, hn::Mul(value, hn::LoadU(d, from + 2 * lanes)));
      sum3 = hn::Add(sum3, hn::Mul(value, hn::LoadU(d, from + 3 * lanes)));
    }
    hn::StoreU(sum0, d, out + i);
    hn::StoreU(sum1, d, out + i + lanes);
    hn::StoreU(sum2, d, out + i + 2 * lanes);
    hn::StoreU(sum3, d, out + i + 3 * lanes);
  }
  // One vector at a time; the last one ends at the end, and computes again what it shares with the one before.
  for (; i < count && count >= lanes; i += lanes) {
    i = std::min(i, count - lanes);
    auto sum = hn::Zero(d);
    for (int e = 0; e < pattern.size; ++e)
      sum = hn::Add(sum,
                    hn::Mul(hn::Set(d, pattern.value[static_cast<std::size_t>(e)]),
                            hn::LoadU(d, in + static_cast<std::ptrdiff_t>(i) + pattern.offset[static_cast<std::size_t>(e)])));
    hn::StoreU(sum, d, out + i);
  }
  for (; i < count; ++i) {
    double sum = 0.0;
    for (int e = 0; e < pattern.size; ++e)
      sum += pattern.value[static_cast<std::size_t>(e)] *
             in[static_cast<std::ptrdiff_t>(i) + pattern.offset[static_cast<std::size_t>(e)]];
    out[i] = sum;
  }
}

}  // namespace almanac::compute::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace almanac::compute {

HWY_EXPORT(apply_run);

void apply_laplacian(const LaplacianProblem& problem, std::span<const double> in, std::span<double> out, int threads) {
  const std::int64_t rows = laplacian_rows(problem);
  if (static_cast<std::int64_t>(in.size()) != rows)
    throw ArgumentError("in", written(in.size()) + " values", "have the grid's " + written(rows));
  if (static_cast<std::int64_t>(out.size()) != rows)
    throw ArgumentError("out", written(out.size()) + " values", "have the grid's " + written(rows));
  const std::less<const double*> before;
  if (before(in.data(), out.data() + out.size()) && before(out.data(), in.data() + in.size()))
    throw ArgumentError("out", "memory of in", "not overlap in");
  if (threads < 1) throw ArgumentError("threads", written(threads), "be at least 1");

  const RowPatterns patterns(problem);
  const std::int64_t parts = parts_worth_a_thread(rows, threads);
  const auto run = HWY_DYNAMIC_DISPATCH(apply_run);
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(parts))
#endif
  for (std::int64_t part = 0; part < parts; ++part)
    patterns.for_each_run(rows * part / parts, rows * (part + 1) / parts,
                          [&](std::int64_t row, std::int64_t count, const RowPattern& pattern) {
                            run(pattern, in.data() + row, out.data() + row, static_cast<std::size_t>(count));
                          });
}

}  // namespace almanac::compute
#endif
