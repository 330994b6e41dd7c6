// libcompute: the spectrum from its table, on one thread and two; making and taking back the table; single points.

#include "spectrum.hpp"

#include <almanac/compute/mittag_leffler.hpp>

#include <array>
#include <vector>

namespace almanac::bench {
namespace {

void run(benchmark::State& state, int threads) {
  const compute::MittagLefflerSpectrum spectrum({kAlpha});
  spectrum.evaluate(eigenvalues(), output(), threads);
  verify("Almanac", output(), 1e-14);
  for (auto _ : state) {
    spectrum.evaluate(eigenvalues(), output(), threads);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(output().size()));
}

void AlmanacSpectrum(benchmark::State& state) { run(state, 1); }
BENCHMARK(AlmanacSpectrum)->Unit(benchmark::kMicrosecond);

void AlmanacSpectrumTwoThreads(benchmark::State& state) { run(state, 2); }
BENCHMARK(AlmanacSpectrumTwoThreads)->Unit(benchmark::kMicrosecond)->UseRealTime();

void AlmanacTable(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(compute::MittagLefflerSpectrum({kAlpha}).table().data());
}
BENCHMARK(AlmanacTable)->Unit(benchmark::kMicrosecond);

void AlmanacTableTakenBack(benchmark::State& state) {
  const compute::MittagLefflerSpectrum spectrum({kAlpha});
  for (auto _ : state) {
    const compute::MittagLefflerSpectrum again({kAlpha}, std::vector<double>(spectrum.table().begin(), spectrum.table().end()));
    benchmark::DoNotOptimize(again.table().data());
  }
}
BENCHMARK(AlmanacTableTakenBack)->Unit(benchmark::kMicrosecond);

/// Power series, contour twice, asymptotic series: the mean of the four ways a value can go.
void AlmanacPoint(benchmark::State& state) {
  const std::array<double, 4> z{-0.3, -3.0, -12.0, -100.0};
  for (auto _ : state)
    for (const double x : z) benchmark::DoNotOptimize(compute::mittag_leffler(kAlpha, 1.0, x));
  state.SetItemsProcessed(state.iterations() * 4);
}
BENCHMARK(AlmanacPoint)->Unit(benchmark::kMicrosecond);

/// The dearest of them, at a general beta and a complex argument.
void AlmanacContourPoint(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(compute::mittag_leffler({kAlpha, 0.9}, std::complex<double>(-6.0, 4.0)));
}
BENCHMARK(AlmanacContourPoint)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace almanac::bench
