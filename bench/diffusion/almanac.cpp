// Conjugate gradients preconditioned by transforms.

#include "step.hpp"

#include <almanac/compute/shifted_diffusion.hpp>

#include <benchmark/benchmark.h>

#include <memory>

namespace almanac::bench {
namespace {

void SolveStep(benchmark::State& state) {
  const Step step;
  const auto diffusion = std::make_shared<const compute::DiffusionOperator>(step.grid, step.kappa);
  compute::ShiftedDiffusion solver(diffusion);
  std::vector<double> x(step.rhs.size());
  compute::LinearSolveReport report;
  for (auto _ : state) {
    x.assign(x.size(), 0.0);
    report = solver.solve(Step::kShift, 1, step.rhs, x, {.tolerance = Step::kTolerance});
    if (!report.converged) return state.SkipWithError(report.text.c_str());
  }
  state.counters["iterations"] = static_cast<double>(report.iterations);
}
BENCHMARK(SolveStep)->Unit(benchmark::kMillisecond);

void ApplyOperator(benchmark::State& state) {
  const Step step;
  const compute::DiffusionOperator diffusion(step.grid, step.kappa);
  std::vector<double> out(step.rhs.size());
  for (auto _ : state) {
    diffusion.apply(step.rhs, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(ApplyOperator)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace almanac::bench
