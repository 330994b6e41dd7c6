// The budget of memory holds whatever is asked for: eight threads over a working set of sixteen times as much.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

constexpr std::uint64_t kBudget = 64'000'000, kArtifact = 1'000'000, kSlack = 32'000'000;
constexpr std::int64_t kKeysInAll = 1000;  // 1 GB in all
constexpr int kThreadsAtOnce = 8, kRequestsEach = 500;  // of each

/// A line of /proc/self/status in bytes; 0: the kernel does not tell.
std::uint64_t status_of_self(const std::string& wanted) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t kilobytes = 0;
    if (fields >> name >> kilobytes && name == wanted) return kilobytes * 1024;
  }
  return 0;
}

Request request_for(std::int64_t number) {
  Request request{.key = Key("table", 1, {{"number", number}})};
  request.estimate = std::chrono::milliseconds(5);
  request.make = [number](const Artifact*) {
    std::vector<Array> arrays;
    arrays.push_back(Array::of("values", {static_cast<std::int64_t>(kArtifact / 8)}, std::vector<double>(kArtifact / 8, static_cast<double>(number))));
    return Artifact(std::move(arrays));
  };
  return request;
}

bool is_right(const Artifact& artifact, std::int64_t number) {
  return std::ranges::all_of(artifact.at("values").as<double>(), [number](double value) { return value == static_cast<double>(number); });
}

struct Outcome {
  std::uint64_t before = 0, peak = 0;
  std::uint64_t wrong = 0, errors = 0, evictions = 0, most_held = 0;
};

/// What 8 threads find, in a process that has done nothing else; half of the requests are for a tenth of the keys.
Outcome work(std::vector<std::unique_ptr<Tier>> tiers) {
  Outcome outcome;
  outcome.before = status_of_self("VmRSS:");
  Cache cache(std::move(tiers), {});
  std::atomic<std::uint64_t> wrong{0}, most_held{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreadsAtOnce; ++thread) {
      threads.emplace_back([&, thread] {
        std::mt19937 random(static_cast<unsigned>(thread));
        for (int i = 0; i < kRequestsEach; ++i) {
          const auto number = static_cast<std::int64_t>(random() % static_cast<unsigned>(i % 2 == 0 ? kKeysInAll / 10 : kKeysInAll));
          const Answer answer = cache.get_or_compute(request_for(number));
          if (!answer.entry || !is_right(answer.entry->artifact, number)) ++wrong;
          const std::uint64_t held = cache.metrics().tiers.at("memory").bytes;
          for (std::uint64_t most = most_held; held > most && !most_held.compare_exchange_weak(most, held);) {}
        }
      });
    }
  }
  outcome.peak = status_of_self("VmHWM:");
  outcome.wrong = wrong;
  outcome.most_held = most_held;
  for (const auto& [name, stats] : cache.metrics().tiers) outcome.errors += stats.errors;
  outcome.evictions = cache.metrics().tiers.at("memory").evictions;
  return outcome;
}

void expect_within_budget(bool with_disk) {
  const testing::TemporaryFolder folder;
  testing::SharedMemory<Outcome> outcome;
  testing::ChildProcesses children;
  children.expect_well(children.start([&] {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(kBudget));
    if (with_disk) tiers.push_back(std::make_unique<DiskTier>(DiskOptions{.root = folder.path()}));
    *outcome = work(std::move(tiers));
    return true;
  }));
  EXPECT_EQ(outcome->wrong, 0u);
  EXPECT_EQ(outcome->errors, 0u);
  EXPECT_GT(outcome->evictions, 0u);
  EXPECT_LE(outcome->most_held, kBudget);
  std::cout << "  peak above what the process began with: " << (outcome->peak - outcome->before) / 1'000'000 << " MB; held at most "
            << outcome->most_held / 1'000'000 << " MB\n";
#if !defined(ALMANAC_ADDRESS_SANITIZER)
  ASSERT_GT(outcome->peak, 0u);
  EXPECT_LE(outcome->peak - outcome->before, kBudget + kThreadsAtOnce * kArtifact + kSlack);
#endif
}

TEST(MemoryPeak, StaysWithinTheBudgetWhereEverythingIsMadeAnew) { expect_within_budget(false); }

TEST(MemoryPeak, StaysWithinTheBudgetInFrontOfADisk) { expect_within_budget(true); }

}  // namespace
}  // namespace almanac::cache
