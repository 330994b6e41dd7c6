// Evicting a tenth of a large cache while others read it: how long it takes, how much memory, and what the readers notice.
//
//     bench_economy [--entries N | --full] [--folder DIR]      --full: 1,000,000 entries, some 10 GB and ten minutes

#include "temporary_folder.hpp"

#include <almanac/cache/tiers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace almanac::cache;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kFew = 20'000, kFull = 1'000'000;
constexpr std::int64_t kReadKeys = 10'000;  // what readers ask for; it saves most and stays

Key key_of(std::int64_t number) { return Key("economy", 1, {{"number", number}}); }

EntryPtr entry_of(std::int64_t number) {
  EntryFacts facts;
  facts.cost = number < kReadKeys ? std::chrono::seconds(100) : std::chrono::milliseconds(1 + number % 1000);
  facts.created = std::chrono::system_clock::now();
  const auto value = static_cast<double>(number);
  return std::make_shared<const Entry>(Entry{key_of(number), Artifact({Array::of("values", {4}, std::vector<double>(4, value))}, {}), facts});
}

void make(const std::filesystem::path& root, std::int64_t entries) {
  std::vector<std::jthread> threads;
  std::atomic<std::int64_t> next{0};
  for (unsigned thread = 0; thread < std::max(1u, std::thread::hardware_concurrency()); ++thread) {
    threads.emplace_back([&] {
      DiskTier tier({.root = root});
      for (std::int64_t number = next++; number < entries; number = next++) {
        if (!tier.put(entry_of(number))) {
          fmt::print(stderr, "cannot store number {}\n", number);
          std::exit(3);
        }
      }
    });
  }
}

struct Latency {
  double p50 = 0, p99 = 0;  // µs
  std::size_t reads = 0;
};

/// Reads at random until told to stop; every answer is compared.
template <class Stop>
Latency read_until(DiskTier& tier, std::int64_t keys, Stop stop) {
  std::vector<double> took;
  std::mt19937_64 random(42);
  while (!stop()) {
    const auto number = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(keys));
    const auto begin = Clock::now();
    const auto found = tier.get(key_of(number));
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    if (!found || !*found || (*found)->artifact.at("values").as<double>()[0] != static_cast<double>(number)) {
      fmt::print(stderr, "number {} is not there, or wrong\n", number);
      std::exit(3);
    }
  }
  const auto at = [&](double part) {
    const auto place = took.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(took.size() - 1));
    std::nth_element(took.begin(), place, took.end());
    return *place;
  };
  return {at(0.5), at(0.99), took.size()};
}

struct Evicted {
  std::atomic<bool> is_done{false};
  double seconds = 0;
  std::uint64_t entries = 0, kept = 0;
  bool is_well = false;
};

int run(std::int64_t entries, const std::filesystem::path& folder) {
  const std::filesystem::path root = folder / "cache";
  const auto begin = Clock::now();
  make(root, entries);
  fmt::print("{} entries made in {:.0f} s\n", entries, std::chrono::duration<double>(Clock::now() - begin).count());

  void* const shared = ::mmap(nullptr, sizeof(Evicted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 3;
  auto* const evicted = new (shared) Evicted;
  const auto clean = [&](bool dry_run) {
    evicted->is_done = false;
    const pid_t child = ::fork();
    if (child != 0) return child;
    DiskTier tier({.root = root});
    const auto start = Clock::now();
    const auto report = tier.maintain({.max_entries = static_cast<std::uint64_t>(entries - entries / 10), .dry_run = dry_run});
    evicted->seconds = std::chrono::duration<double>(Clock::now() - start).count();
    evicted->is_well = report && !report->is_over_budget && report->failed == 0;
    if (report) evicted->entries = report->evicted.entries, evicted->kept = report->kept.entries;
    evicted->is_done = true;
    ::_exit(0);
  };

  DiskTier reader({.root = root});
  const std::int64_t keys = std::min(kReadKeys, entries / 2);
  const auto for_seconds = [](double seconds) {
    return [until = Clock::now() + std::chrono::duration<double>(seconds)] { return Clock::now() >= until; };
  };
  read_until(reader, keys, for_seconds(2));  // warm
  const Latency before = read_until(reader, keys, for_seconds(5));
  const pid_t child = clean(false);
  const Latency during = read_until(reader, keys, [&] { return evicted->is_done.load(); });
  rusage usage{};
  ::wait4(child, nullptr, 0, &usage);
  const Latency after = read_until(reader, keys, for_seconds(5));

  const auto line = [](const char* name, const Latency& latency) {
    fmt::print("{:<28} p50 {:7.1f} µs   p99 {:7.1f} µs   {} reads\n", name, latency.p50, latency.p99, latency.reads);
  };
  line("readers, undisturbed", before);
  line("readers, while it is evicted", during);
  line("readers, afterwards", after);
  const double ratio = during.p99 / std::max(before.p99, after.p99);
  fmt::print("evicted {} of {} in {:.1f} s, {:.1f} µs an entry looked at; peak memory of the cleaner {} MB\n", evicted->entries, entries,
             evicted->seconds, 1e6 * evicted->seconds / static_cast<double>(entries), usage.ru_maxrss / 1024);
  fmt::print("readers' p99 while it is evicted over undisturbed: {:.2f}, asked for at most 2\n", ratio);
  const bool is_right = evicted->is_well && evicted->entries == static_cast<std::uint64_t>(entries / 10);
  if (!is_right) fmt::print(stderr, "it was not evicted as it should\n");
  return is_right && ratio <= 2 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t entries = kFew;
  std::optional<std::filesystem::path> folder;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view next = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--full") {
      entries = kFull;
    } else if (word == "--folder" && !next.empty()) {
      folder = argv[++i];
    } else if (word == "--entries" && std::from_chars(next.data(), next.data() + next.size(), entries).ec == std::errc() && entries >= 100) {
      ++i;
    } else if (!word.starts_with("--benchmark")) {
      fmt::print(stderr, "bench_economy [--entries N | --full] [--folder DIR]\n");
      return 2;
    }
  }
  const almanac::bench::TemporaryFolder own;
  return run(entries, folder.value_or(own.path()));
}
