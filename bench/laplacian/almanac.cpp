// The library's own ways: building the matrix, loading it, applying the operator without it.

#include "grid.hpp"
#include "temporary_folder.hpp"

#include <almanac/engine.hpp>

#include <benchmark/benchmark.h>

#include <chrono>

namespace almanac::bench {
namespace {

void BuildMatrix(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(compute::laplacian_matrix(kGrid).valuePtr());
}
BENCHMARK(BuildMatrix)->Unit(benchmark::kMillisecond);

/// From the disk into a new engine, every byte verified.
void LoadMatrix(benchmark::State& state) {
  const TemporaryFolder folder;
  Config config;
  config.cache_dir = folder.path();
  const compute::LaplacianProblem& grid = kGrid;
  { Engine(config).laplacian(grid); }
  for (auto _ : state) {
    Engine engine(config);
    const auto start = std::chrono::steady_clock::now();
    const auto found = engine.laplacian(grid);
    benchmark::DoNotOptimize(found.matrix().valuePtr());
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (found.provenance().source != "disk") return state.SkipWithError("not from the disk");
  }
}
BENCHMARK(LoadMatrix)->UseManualTime()->Unit(benchmark::kMillisecond);

void ApplyWithoutMatrix(benchmark::State& state) {
  const std::vector<double> in(kPoints, 1.0);
  std::vector<double> out(kPoints);
  for (auto _ : state) {
    compute::apply_laplacian(kGrid, in, out, 1);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(ApplyWithoutMatrix)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace almanac::bench
