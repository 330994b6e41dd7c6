// Constant kappa without sources: every mode is D^alpha u = lambda u, by implicit Grünwald–Letnikov on u - u0 - t u1.
#include "mode_eigenvalues.hpp"
#include "stepping.hpp"

#include <almanac/compute/history.hpp>

#include <algorithm>

namespace almanac::models {
namespace {

constexpr double kSliceWork = 2e9;               // multiplications between two looks at progress and Ctrl-C
constexpr std::size_t kSmallestSlice = 512;      // modes; enough to keep every thread busy

}  // namespace

SteppingReport relax_field(CaseContext& context, const DiffusionSetup& setup, const DiffusionFields& fields,
                           std::span<const double> weights) {
  const std::size_t points = fields.u0.size();
  const compute::RelaxationSteps time{setup.alpha, setup.time.dt, setup.time.steps, weights, fields.outputs};
  const compute::HistoryChoice choice = mode_history(setup);
  // One engine for all: what automatic finds must not depend on how the modes are cut.
  const compute::HistoryProblem history{.tolerance = sum_tolerance(setup),
                                        .method = choice.method,
                                        .terms = setup.stepping.history_terms};
  double most = kSliceWork / std::max(1.0, choice.operations);
  if (choice.method == compute::HistoryMethod::fft_blocks) most = std::min(most, kPanelBytes / static_cast<double>(choice.bytes));
  const std::size_t slice = std::max(kSmallestSlice, static_cast<std::size_t>(std::min(1e9, most)));
  std::vector<double> lambda;
  for (std::size_t first = 0; first < points; first += slice) {
    const std::size_t count = std::min(slice, points - first);
    lambda.resize(count);
    mode_eigenvalues(setup, first, lambda);
    const std::span<const double> u1 = fields.u1.empty() ? fields.u1 : fields.u1.subspan(first, count);
    compute::relax_modes(time, lambda, fields.u0.subspan(first, count), u1, fields.rows.subspan(first),
                         static_cast<std::int64_t>(points), history, context.threads());
    context.progress(kShareOfSteps * static_cast<double>(first + count) / static_cast<double>(points));
  }
  return {history_facts(choice, history_amplification(setup) * choice.bound()), fields.outputs.size()};
}

}  // namespace almanac::models
