// What a careful programmer does in one process: see plan_by_hand.hpp.

#include "plan_by_hand.hpp"
#include "problems.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <benchmark/benchmark.h>

#include <map>
#include <string>

namespace almanac::bench {
namespace {

/// Measured once, however often the benchmark is run.
const std::string& wisdom_of(std::size_t place) {
  static std::map<std::size_t, std::string> known;
  std::string& wisdom = known[place];
  if (wisdom.empty()) wisdom = compute::make_wisdom<double>(problems()[place]);
  return wisdom;
}

void import_and_plan(benchmark::State& state) {
  const auto place = static_cast<std::size_t>(state.range(0));
  const compute::FftProblem& problem = problems()[place];
  const std::string& wisdom = wisdom_of(place);
  const PlannedByHand by_hand(problem);
  for (auto _ : state) {
    if (!by_hand.import_and_plan(wisdom)) return state.SkipWithError("the wisdom is not enough");
  }
  fftw_forget_wisdom();
}

void estimate(benchmark::State& state) {
  const PlannedByHand by_hand(problems()[static_cast<std::size_t>(state.range(0))]);
  for (auto _ : state) {
    fftw_forget_wisdom();
    if (!by_hand.plan(FFTW_ESTIMATE)) return state.SkipWithError("no plan");
  }
  fftw_forget_wisdom();
}

}  // namespace

void register_by_hand(const Places& places) {
  for (const std::size_t place : places) {
    const auto argument = static_cast<std::int64_t>(place);
    benchmark::RegisterBenchmark("ImportAndPlanByHand", import_and_plan)->Arg(argument)->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("EstimateByHand", estimate)->Arg(argument)->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace almanac::bench
