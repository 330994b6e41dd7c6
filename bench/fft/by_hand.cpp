// What a careful programmer writes: one wisdom string in memory, imported into an emptied planner, planned on arrays that
// are there. No file, no checksum, no look at the records, no care for the program's own wisdom.

#include "problems.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <benchmark/benchmark.h>
#include <fftw3.h>

#include <vector>

namespace almanac::bench {
namespace {

void ImportAndPlanByHand(benchmark::State& state) {
  const compute::FftProblem& problem = kProblems[static_cast<std::size_t>(state.range(0))];
  const std::string wisdom = compute::make_wisdom<double>(problem);
  std::vector<int> extent(problem.extent.begin(), problem.extent.end());
  std::size_t points = 1;
  for (const int n : extent) points *= static_cast<std::size_t>(n);
  fftw_complex* const in = fftw_alloc_complex(points);
  fftw_complex* const out = fftw_alloc_complex(points);
  for (auto _ : state) {
    fftw_forget_wisdom();
    fftw_import_wisdom_from_string(wisdom.c_str());
    const fftw_plan plan = fftw_plan_dft(static_cast<int>(extent.size()), extent.data(), in, out, FFTW_FORWARD,
                                         FFTW_MEASURE | FFTW_WISDOM_ONLY);
    if (plan == nullptr) return state.SkipWithError("the wisdom is not enough");
    fftw_destroy_plan(plan);
  }
  fftw_forget_wisdom();
  fftw_free(in);
  fftw_free(out);
}
BENCHMARK(ImportAndPlanByHand)->DenseRange(0, kProblems.size() - 1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace almanac::bench
