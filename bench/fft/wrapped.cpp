// A program that knows only FFTW, under almanac wrap with all it plans in the cache, against the same program that imports
// wisdom files of its own.

#include "problems.hpp"
#include "temporary_folder.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

namespace almanac::bench {
namespace {

constexpr const char* kMany = "512 1000 1009 1024 1500 2000 2048 3000 4096 5000 6000 8192 9000 10007 12000 16384";
constexpr const char* kOne = "4096";

/// What the program says a planning call took; nullopt: it failed.
std::optional<double> run(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> child(popen((command + " 2>/dev/null").c_str(), "r"), pclose);
  double nanoseconds = 0;
  if (!child || std::fscanf(child.get(), "%lf", &nanoseconds) != 1) return std::nullopt;
  return nanoseconds;
}

/// The commands, with everything they need made ready. Without sizes: of a program that plans nothing.
std::string command(bool wrapped, const char* sizes) {
  static const TemporaryFolder folder;
  static const std::string root = folder.path().string(), program = ALMANAC_PLAIN_PROGRAM;
  static const std::string wrap = std::string(ALMANAC_PROGRAM) + " --cache-dir " + root + "/cache wrap -- ";
  // Measured once, so that both have the same plans: what two measurements choose may differ by more than what is compared.
  static const bool learnt = run(wrap + program + " learn " + root + ' ' + kMany).has_value();
  if (!learnt) return "false";
  if (*sizes == '\0') return (wrapped ? wrap : std::string()) + program + " measure";
  return wrapped ? wrap + program + " measure " + sizes : program + " import " + root + ' ' + sizes;
}

/// One planning call of many, as the program measures it.
void call(benchmark::State& state, bool wrapped) {
  const std::string words = command(wrapped, kMany);
  for (auto _ : state) {
    const auto nanoseconds = run(words);
    if (!nanoseconds) return state.SkipWithError("the program failed");
    state.SetIterationTime(*nanoseconds * 1e-9);
  }
}

/// The whole process of a program that plans once, or nothing.
void process(benchmark::State& state, bool wrapped, const char* sizes) {
  const std::string words = command(wrapped, sizes);
  for (auto _ : state) {
    if (!run(words)) return state.SkipWithError("the program failed");
  }
}

}  // namespace

void register_wrapped() {
  for (const bool wrapped : {true, false}) {
    benchmark::RegisterBenchmark(wrapped ? "WrappedCall" : "ImportingCall", call, wrapped)
        ->UseManualTime()
        ->Iterations(20)
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(wrapped ? "WrappedProcess" : "ImportingProcess", process, wrapped, kOne)
        ->UseRealTime()
        ->Iterations(20)
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(wrapped ? "WrappedProcessWithoutPlans" : "ProcessWithoutPlans", process, wrapped, "")
        ->UseRealTime()
        ->Iterations(20)
        ->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace almanac::bench
