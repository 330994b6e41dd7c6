// One plan in a process that has just begun, so that what a library does once a process counts: the engine with its look-up,
// against reading a wisdom file, importing it and planning by hand.

#include "plan_by_hand.hpp"
#include "problems.hpp"
#include "temporary_folder.hpp"

#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/engine.hpp>
#include <almanac/recipe.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

/// What both took in new processes that were started in turns, in nanoseconds: what disturbs the machine meets them alike.
struct Starts {
  std::vector<double> almanac, by_hand;  ///< element i of one ran right before or after element i of the other
};

constexpr int kStarts = 40;

/// The bundle in the cache, for both to plan by: two searches find plans that take longer and less long to make.
std::string stored_bundle(Engine& engine, const FftSpec& spec) {
  std::string extent;
  for (const std::int64_t n : spec.extent) extent += (extent.empty() ? "" : "x") + std::to_string(n);
  const Recipe& recipe = RecipeRegistry::builtin().at("fft_wisdom");
  const auto answer = engine.get(recipe, recipe.parse({{"extent", extent}, {"transform", std::string(to_string(spec.transform[0]))}}));
  const auto bytes = answer.entry->artifact.arrays().front().as<std::uint8_t>();
  return {bytes.begin(), bytes.end()};
}

/// nullopt ← the process failed.
std::optional<double> start(const char* how, const std::string& folder, std::size_t place) {
  const std::string command = std::filesystem::read_symlink("/proc/self/exe").string() + " --plan-once " + how + ' ' + folder + ' ' +
                              std::to_string(place);
  const std::unique_ptr<FILE, int (*)(FILE*)> child(popen(command.c_str(), "r"), pclose);
  double nanoseconds = 0;
  if (!child || std::fscanf(child.get(), "%lf", &nanoseconds) != 1) return std::nullopt;
  return nanoseconds;
}

/// Measured when it is asked for first. Fewer than kStarts ← a process failed.
const Starts& starts_of(std::size_t place) {
  static const TemporaryFolder folder;
  static std::map<std::size_t, Starts> known;
  const auto [found, is_new] = known.try_emplace(place);
  Starts& starts = found->second;
  if (!is_new) return starts;
  const std::string root = folder.path().string();
  {
    Engine engine(config_in(root));
    std::ofstream(wisdom_file(root, place)) << stored_bundle(engine, problems()[place]);
  }
  for (int i = -1; i < kStarts; ++i) {   // the first reads the files from the disk
    const bool ours_first = i % 2 == 0;
    const auto first = start(ours_first ? "almanac" : "file", root, place), second = start(ours_first ? "file" : "almanac", root, place);
    if (!first || !second) break;
    if (i < 0) continue;
    starts.almanac.push_back(ours_first ? *first : *second);
    starts.by_hand.push_back(ours_first ? *second : *first);
  }
  return starts;
}

/// Of sorted values: below which this share of them lies.
double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void in_new_process(benchmark::State& state, bool by_hand) {
  const Starts& starts = starts_of(static_cast<std::size_t>(state.range(0)));
  if (starts.almanac.size() != kStarts) return state.SkipWithError("the process failed");
  // A start that is preempted takes three times as long; on a machine that is not idle these are up to half of them, and medians jump.
  for (auto _ : state) state.SetIterationTime(1e-9 * quantile(by_hand ? starts.by_hand : starts.almanac, 0.25));
  if (by_hand) return;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < kStarts; ++i) ratios.push_back(starts.almanac[i] / starts.by_hand[i]);
  state.counters["over_by_hand"] = quantile(ratios, 0.5);
  state.counters["a_quarter_below"] = quantile(ratios, 0.25);
  state.counters["a_quarter_above"] = quantile(ratios, 0.75);
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
    for (const auto& [name, by_hand] : {std::pair("AlmanacInANewProcess", false), std::pair("ByHandInANewProcess", true)}) {
      benchmark::RegisterBenchmark(name, in_new_process, by_hand)
          ->Arg(static_cast<std::int64_t>(place))
          ->UseManualTime()
          ->Iterations(1)
          ->Repetitions(1)   // quartiles of many starts already
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace almanac::bench
