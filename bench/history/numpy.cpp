// The loop of a Python script: w[1:n+1] @ v[n-1::-1] in each step. Skipped where there is no NumPy.

#include "scalar.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>

namespace almanac::bench {
namespace {

void NumPySum(benchmark::State& state) {
  const std::int64_t steps = state.range(0);
  const std::string command = fmt::format("/usr/bin/python3 {} {} 2>/dev/null", ALMANAC_NUMPY_SUM, steps);
  for (auto _ : state) {
    double seconds = 0.0, u = 0.0;
    std::FILE* const pipe = popen(command.c_str(), "r");
    const int read = pipe != nullptr ? std::fscanf(pipe, "%lf %lf", &seconds, &u) : 0;
    if (pipe != nullptr) pclose(pipe);
    if (read != 2) {
      state.SkipWithError("no /usr/bin/python3 with numpy");
      return;
    }
    // Its weights by cumulated products are off by some hundred roundings.
    verify("NumPySum", steps, u, tolerance_of(steps, 1e-12));
    state.SetIterationTime(seconds);
  }
}
BENCHMARK(NumPySum)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(1)->Repetitions(1);

}  // namespace
}  // namespace almanac::bench
