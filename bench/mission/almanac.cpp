// A photograph that diffuses, as a mission: without a cache, into an empty one, and over a filled one.

#include "temporary_folder.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/mission.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <fstream>

namespace almanac::bench {
namespace {

const std::filesystem::path& folder() {
  static const TemporaryFolder run;
  return run.path();
}

/// One case of the photograph mission, 100 steps, at this planning rigor.
Mission mission(const std::string& rigor) {
  const auto file = folder() / (rigor + ".toml");
  std::ofstream(file) << "[mission]\nname = \"photograph\"\n"
                         "[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.8\nkappa = 1e-4\nspace = \"spectral\"\n"
                         "[domain]\nextent = [512, 512]\nlength = [1.0, 1.0]\nboundary = \"neumann\"\n"
                         "[initial]\nprofile = \"hdf5\"\nfile = \"" ALMANAC_PHOTOGRAPH "\"\ndataset = \"image\"\n"
                         "[time]\ndt = 1e-3\nsteps = 100\n[output]\nevery = 100\n[fft]\nrigor = \"" << rigor << "\"\n";
  return Mission::load(file);
}

/// Seconds of one run in a new engine, as a new process would take for it.
double run(const Mission& mission, const Config& config) {
  const compute::FftPlanningScope only_we_plan;
  const auto start = std::chrono::steady_clock::now();
  Engine engine(config);
  const MissionReport report = mission.run(engine, {.output = folder() / "out"});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report.failed() ? -1 : seconds;
}

void set_time(benchmark::State& state, double seconds) {
  if (seconds < 0) return state.SkipWithError("a case failed");
  state.SetIterationTime(seconds);
}

void WithoutCache(benchmark::State& state, const std::string& rigor) {
  Config config;
  config.enabled = false;
  for (auto _ : state) set_time(state, run(mission(rigor), config));
}

void FirstRun(benchmark::State& state, const std::string& rigor) {
  for (auto _ : state) {
    const TemporaryFolder cache;
    Config config;
    config.cache_dir = cache.path();
    set_time(state, run(mission(rigor), config));
  }
}

void SecondRun(benchmark::State& state, const std::string& rigor) {
  const TemporaryFolder cache;
  Config config;
  config.cache_dir = cache.path();
  run(mission(rigor), config);
  for (auto _ : state) set_time(state, run(mission(rigor), config));
}

#define ALMANAC_BENCH_RUN(run, rigor) \
  BENCHMARK_CAPTURE(run, rigor, #rigor)->Iterations(1)->Repetitions(3)->UseManualTime()->Unit(benchmark::kMillisecond)
ALMANAC_BENCH_RUN(WithoutCache, measure);
ALMANAC_BENCH_RUN(FirstRun, measure);
ALMANAC_BENCH_RUN(SecondRun, measure);
ALMANAC_BENCH_RUN(WithoutCache, patient);
ALMANAC_BENCH_RUN(FirstRun, patient);
ALMANAC_BENCH_RUN(SecondRun, patient);

}  // namespace
}  // namespace almanac::bench
