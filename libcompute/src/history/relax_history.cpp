// The scheme of relaxation.cpp with its sums by an engine. Panels of modes are stepped through all times one after the other,
// each with a history of its own that stays in cache; a few modes take a loop in which nothing is called.
#include <almanac/compute/history.hpp>

#include "loop_failure.hpp"
#include "relaxation_check.hpp"
#include "written.hpp"
#include "exponential_history.hpp"
#include "history_choice.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace almanac::compute {
namespace {

constexpr std::int64_t kBlocksAtOnce = 64;  // of one mode, before its outputs are written

/// What the modes of one call share.
struct HistoryRelaxation {
  const RelaxationSteps& time;
  double scale, w0;
  std::span<const double> lambda, u0, u1;
  double* out;
  std::int64_t out_stride;

  double velocity(std::int64_t m) const { return u1.empty() ? 0.0 : u1[static_cast<std::size_t>(m)]; }
  SeriesRelaxation mode(std::int64_t m) const {
    const auto i = static_cast<std::size_t>(m);
    const double pivot = w0 * scale - lambda[i], rate = lambda[i] / pivot;
    return {rate * u0[i], rate * velocity(m), -(scale / pivot), time.dt};
  }
  void record(std::size_t output, std::int64_t m, double v) const {
    const double t = static_cast<double>(time.outputs[output]) * time.dt;
    out[static_cast<std::int64_t>(output) * out_stride + m] = u0[static_cast<std::size_t>(m)] + t * velocity(m) + v;
  }
};

/// One mode by exponentials. memory: state and rows, zero; v: kBlocksAtOnce blocks.
void relax_alone(const HistoryRelaxation& run, const ExponentialTables& tables, std::int64_t m, double* memory, double* v) {
  const SeriesRelaxation mode = run.mode(m);
  constexpr std::int64_t kAtOnce = kBlocksAtOnce * kBlockSteps;
  std::size_t output = 0;
  for (std::int64_t begin = 0; begin <= run.time.outputs.back(); begin += kAtOnce) {
    const std::int64_t blocks = std::min(kBlocksAtOnce, (run.time.outputs.back() - begin + kBlockSteps) / kBlockSteps);
    relax_series(tables, mode, begin, blocks, memory, memory + tables.nodes, v);
    for (; output < run.time.outputs.size() && run.time.outputs[output] < begin + kAtOnce; ++output)
      run.record(output, m, v[run.time.outputs[output] - begin]);
  }
}

/// The modes [first, first + history.unknowns()) by a history of their own.
void relax_together(const HistoryRelaxation& run, std::int64_t first, History& history) {
  const std::int64_t modes = history.unknowns(), padded = (modes + 7) / 8 * 8;
  std::vector<double> memory(static_cast<std::size_t>(5 * padded), 0.0);
  double* const a = memory.data();
  double *const b = a + padded, *const minus_g = b + padded, *const sums = minus_g + padded, *const v = sums + padded;
  for (std::int64_t m = 0; m < modes; ++m) {
    const SeriesRelaxation mode = run.mode(first + m);
    a[m] = mode.a;
    b[m] = mode.b;
    minus_g[m] = mode.minus_g;
  }
  const auto count = static_cast<std::size_t>(modes);
  std::size_t output = 0;
  for (std::int64_t n = 0; n <= run.time.outputs.back(); ++n) {
    if (n > 0) {
      history.sum({sums, count});
      relax_step(padded, static_cast<double>(n) * run.time.dt, a, b, minus_g, sums, v);
    }
    history.push({v, count});
    if (run.time.outputs[output] != n) continue;
    for (std::int64_t m = 0; m < modes; ++m) run.record(output, first + m, v[m]);
    ++output;
  }
}

void relax_by_exponentials(const HistoryRelaxation& run, const ResolvedHistory& resolved, std::span<const double> w,
                           int threads) {
  const auto shared = std::make_shared<const SharedExponentials>(resolved.exponentials, w);
  const auto modes = static_cast<std::int64_t>(run.lambda.size());
  const bool alone = HistoryLayout::of(modes).width == 1;
  const std::int64_t at_once = alone ? 1 : kPanelUnknowns, panels = (modes + at_once - 1) / at_once;
  const auto workers = static_cast<int>(std::min<std::int64_t>(threads, panels));
  const auto series = static_cast<std::int64_t>(SharedExponentials::unit_size(shared->tables().nodes, 1));

  const std::int64_t place_size = alone ? series + kBlocksAtOnce * kBlockSteps : 0;
  std::vector<double> memory(static_cast<std::size_t>(workers * place_size));
  LoopFailure failure;
  const auto relax = [&](std::int64_t p, double* place) {
    if (alone) {
      std::fill_n(place, series, 0.0);
      relax_alone(run, shared->tables(), p, place, place + series);
    } else {
      ExponentialHistory history(shared, std::min(at_once, modes - p * at_once), run.time.steps, 1, resolved.choice);
      relax_together(run, p * at_once, history);
    }
  };
#ifdef _OPENMP
#pragma omp parallel num_threads(workers)
#endif
  {
#ifdef _OPENMP
    double* const place = memory.data() + omp_get_thread_num() * place_size;
#pragma omp for schedule(dynamic)
#else
    double* const place = memory.data();
#endif
    for (std::int64_t p = 0; p < panels; ++p) failure.run([&] { relax(p, place); });
  }
  failure.rethrow();
}

/// Whether the weights begin as those of alpha do, but for some rounding: then they are taken for them.
bool begin_alike(std::span<const double> w, std::span<const double> of_alpha) {
  for (std::size_t k = 0; k < std::min(w.size(), of_alpha.size()); ++k)
    if (!(std::abs(w[k] - of_alpha[k]) <= 1e-14 * std::abs(of_alpha[k]))) return false;
  return true;
}

}  // namespace

HistoryChoice relax_modes(const RelaxationSteps& time, std::span<const double> lambda, std::span<const double> u0,
                          std::span<const double> u1, std::span<double> out, std::int64_t out_stride,
                          const HistoryProblem& history, int threads) {
  std::vector<double> near(kNearRows + kBlockSteps, 0.0);
  const bool checkable = time.alpha > 0.0 && time.alpha <= 2.0;  // where not, the check below says so
  if (checkable) grunwald_weights(time.alpha, 0, near);
  RelaxationSteps checked = time;
  if (time.weights.empty()) checked.weights = near;
  const double scale =
      check_relaxation(checked, lambda, u0, u1, out, out_stride, threads, time.weights.empty() ? 0 : time.steps);
  const bool of_alpha = begin_alike(time.weights, near);
  if (history.method == HistoryMethod::exponentials && !of_alpha)
    throw ArgumentError("time.weights", "other weights than those of alpha",
                        "be those, or none, for a history by exponentials");

  // What is chosen does not depend on how many modes there are: only panels are in memory at a time, but for blocks.
  HistoryProblem problem = history;
  problem.alpha = time.alpha;
  problem.weights = of_alpha ? std::span<const double>{} : time.weights;
  problem.steps = time.steps;
  problem.threads = threads;
  const auto modes = static_cast<std::int64_t>(lambda.size());
  problem.unknowns = std::max<std::int64_t>(1, std::min(modes, kPanelUnknowns * threads));
  ResolvedHistory resolved = resolve_history(problem);
  if (resolved.choice.method == HistoryMethod::fft_blocks) {
    problem.method = HistoryMethod::fft_blocks;
    problem.unknowns = std::max<std::int64_t>(1, modes);
    resolved = resolve_history(problem);
  }
  HistoryChoice choice = resolved.choice;
  choice.operations *= static_cast<double>(modes) / static_cast<double>(problem.unknowns);
  if (lambda.empty() || time.outputs.empty()) return choice;

  const HistoryRelaxation run{time,       scale,     time.weights.empty() ? near[0] : time.weights[0], lambda, u0, u1,
                              out.data(), out_stride};
  if (choice.method == HistoryMethod::exponentials) {
    relax_by_exponentials(run, resolved, near, threads);
    return choice;
  }
  if (choice.method == HistoryMethod::fft_blocks) {
    relax_together(run, 0, *make_history(problem));
    return choice;
  }
  std::vector<double> own;
  if (time.weights.empty() || choice.method == HistoryMethod::short_memory) {
    own.assign(static_cast<std::size_t>(time.steps) + 1, 0.0);
    const auto last = static_cast<std::size_t>(choice.terms);
    if (time.weights.empty()) {
      grunwald_weights(time.alpha, 0, std::span(own).first(last + 1), threads);
    } else {
      std::copy_n(time.weights.begin(), last + 1, own.begin());
    }
    checked.weights = own;
  } else {
    checked.weights = time.weights;
  }
  relax_modes(checked, lambda, u0, u1, out, out_stride, threads);
  return choice;
}

}  // namespace almanac::compute
