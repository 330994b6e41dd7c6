// One plan in a process that has just begun, so that what a library does once a process counts: the engine with its look-up,
// against reading a wisdom file, importing it and planning by hand.

#include "plan_by_hand.hpp"
#include "problems.hpp"
#include "temporary_folder.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/engine.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

namespace almanac::bench {
namespace {

using Clock = std::chrono::steady_clock;

Config config_in(const std::string& folder) {
  Config config;
  config.cache_dir = folder + "/cache";
  return config;
}

std::string wisdom_file(const std::string& folder, std::size_t place) { return folder + '/' + std::to_string(place) + ".wisdom"; }

/// From nothing to the plan; what ends with the process is not waited for. Below zero: no plan from what is stored.
double nanoseconds_with_almanac(const std::string& folder, const FftSpec& spec) {
  const auto start = Clock::now();
  const compute::FftPlanningScope only_we_plan;
  Engine engine(config_in(folder));
  const auto plan = engine.fft_plan<double>(spec);
  const double nanoseconds = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  return plan.provenance().source == "disk" ? nanoseconds : -1;
}

double nanoseconds_with_file(const std::string& file, const FftSpec& spec) {
  const auto start = Clock::now();
  fftw_init_threads();
  std::ifstream stream(file);
  const std::string wisdom{std::istreambuf_iterator<char>(stream), {}};
  const bool planned = PlannedByHand(spec).import_and_plan(wisdom);
  return planned ? std::chrono::duration<double, std::nano>(Clock::now() - start).count() : -1;
}

void in_new_process(benchmark::State& state, const char* how) {
  static const TemporaryFolder folder;
  const auto place = static_cast<std::size_t>(state.range(0));
  const std::string root = folder.path().string();
  {
    Engine engine(config_in(root));
    engine.fft_plan<double>(problems()[place]);
    std::ofstream(wisdom_file(root, place)) << compute::make_wisdom<double>(problems()[place]);
  }
  const std::string command = std::filesystem::read_symlink("/proc/self/exe").string() + " --plan-once " + how + ' ' + root + ' ' +
                              std::to_string(place);
  for (auto _ : state) {
    const std::unique_ptr<FILE, int (*)(FILE*)> child(popen(command.c_str(), "r"), pclose);
    double nanoseconds = 0;
    if (!child || std::fscanf(child.get(), "%lf", &nanoseconds) != 1) return state.SkipWithError("the process failed");
    state.SetIterationTime(nanoseconds * 1e-9);
  }
}

}  // namespace

int plan_once(std::string_view how, const std::string& folder, std::size_t place) {
  const double nanoseconds = how == "almanac" ? nanoseconds_with_almanac(folder, problems()[place])
                                              : nanoseconds_with_file(wisdom_file(folder, place), problems()[place]);
  if (nanoseconds < 0) return 1;
  std::printf("%.0f\n", nanoseconds);
  return 0;
}

void register_new_processes(const Places& places) {
  for (const std::size_t place : places) {
    for (const auto& [name, how] : {std::pair("AlmanacInANewProcess", "almanac"), std::pair("ByHandInANewProcess", "file")}) {
      benchmark::RegisterBenchmark(name, in_new_process, how)
          ->Arg(static_cast<std::int64_t>(place))
          ->UseManualTime()
          ->Iterations(20)
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace almanac::bench
