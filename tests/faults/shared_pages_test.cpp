// Large arrays are mapped: what many processes of one machine hold is in memory once.

#include <almanac/cache/cache.hpp>
#include <almanac/cache/tiers.hpp>

#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t kBytes = std::int64_t{512} << 20;
constexpr int kHolders = 16;

/// The bytes of a process's memory, each divided by the number of processes that share it; -1: the kernel does not tell.
std::int64_t proportional_set_size(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    std::int64_t kilobytes = 0;
    if (fields >> name >> kilobytes && name == "Pss:") return kilobytes * 1024;
  }
  return -1;
}

Request request() {
  Request wanted{.key = Key("table", 1, {{"bytes", kBytes}})};
  wanted.estimate = 10s;
  wanted.make = [](const Artifact*) {
    std::vector<double> values(static_cast<std::size_t>(kBytes) / sizeof(double));
    std::iota(values.begin(), values.end(), 1.0);
    std::vector<Array> arrays;
    arrays.push_back(Array::of("values", {kBytes / static_cast<std::int64_t>(sizeof(double))}, std::move(values)));
    return Artifact(std::move(arrays));
  };
  return wanted;
}

/// Reads something of every page.
bool is_right(const Artifact& artifact) {
  const auto values = artifact.at("values").as<double>();
  constexpr std::size_t kStep = 512;  // doubles a page
  bool is_right = values.size() == static_cast<std::size_t>(kBytes) / sizeof(double);
  for (std::size_t i = 0; is_right && i < values.size(); i += kStep) is_right = values[i] == static_cast<double>(i + 1);
  return is_right;
}

TEST(SharedPages, AreInMemoryOnceHoweverManyProcessesHoldAnArtifact) {
#if defined(ALMANAC_ADDRESS_SANITIZER) || defined(ALMANAC_THREAD_SANITIZER)
  GTEST_SKIP() << "a sanitizer's own memory would be counted";
#endif
  if (proportional_set_size(::getpid()) < 0) GTEST_SKIP() << "no /proc/PID/smaps_rollup";
  const testing::TemporaryFolder folder;
  if (fs::space(folder.path()).available < 2 * static_cast<std::uintmax_t>(kBytes)) GTEST_SKIP() << "no space for " << kBytes << " bytes";

  testing::Signal ready, enough;
  testing::ChildProcesses children;
  std::vector<pid_t> processes;
  const auto hold = [&] {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(make_memory_tier(2 * static_cast<std::uint64_t>(kBytes)));
    tiers.push_back(std::make_unique<DiskTier>(DiskOptions{.root = folder / "cache"}));
    CacheOptions options;
    options.lease_folder = folder / "cache" / "leases";
    Cache cache(std::move(tiers), options);
    const Answer held = cache.get_or_compute(request());
    const bool is_well = is_right(held.entry->artifact) && cache.get_or_compute(request()).source == "memory";
    ready.give();
    enough.await();
    return is_well && is_right(held.entry->artifact);
  };
  // The first makes it, and holds it like everybody else.
  for (int process = 0; process < kHolders; ++process) processes.push_back(children.start(hold));
  ready.await(kHolders);

  std::int64_t sum = 0;
  for (const pid_t process : processes) sum += proportional_set_size(process);
  enough.give(kHolders);
  children.expect_all_well();

  constexpr double kMegabyte = 1 << 20;
  std::cout << "  " << kHolders << " processes that hold " << static_cast<double>(kBytes) / kMegabyte << " MB: "
            << static_cast<double>(sum) / kMegabyte << " MB, " << static_cast<double>(sum) / static_cast<double>(kBytes) << " × it\n";
  EXPECT_LE(static_cast<double>(sum), 1.1 * static_cast<double>(kBytes));
  EXPECT_GE(static_cast<double>(sum), static_cast<double>(kBytes)) << "not all of them held all of it";
}

}  // namespace
}  // namespace almanac::cache
