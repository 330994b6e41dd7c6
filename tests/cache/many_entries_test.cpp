// A million entries on disk: a hit costs what it costs among a thousand, and whoever looks at all of them holds few.
//
// Takes some 10 GB below $ALMANAC_TEST_DISK, or else the build tree, and gives them back. ALMANAC_TEST_ENTRIES is another
// number of entries. The one test that asserts a time: it is what is asked, and measured as a ratio in one run.

#include <almanac/cache/tiers.hpp>

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kFew = 1000;
constexpr std::int64_t kMegabyte = 1 << 20;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What a process of its own came to.
struct Ended {
  bool well = false;
  std::int64_t peak_bytes = 0;
  double seconds = 0;
};

/// Runs `body`, which gives an exit code or calls exec, in a process of its own.
Ended measure(const std::function<int()>& body) {
  const auto start = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  rusage used{};
  if (::wait4(child, &status, 0, &used) != child) return {};
  return {WIFEXITED(status) && WEXITSTATUS(status) == 0, used.ru_maxrss * 1024, seconds_since(start)};
}

/// Two caches, of few entries and of many; the few are among the many.
class ManyEntries : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* disk = std::getenv("ALMANAC_TEST_DISK");
    std::string name = (fs::path(disk && *disk ? disk : ALMANAC_TEST_FOLDER) / "almanac-many-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr) << name;
    folder_ = name;
    if (const char* asked = std::getenv("ALMANAC_TEST_ENTRIES")) many_ = std::max<std::int64_t>(std::strtoll(asked, nullptr, 10), kFew);

    std::mt19937_64 random(11);
    while (chosen_.size() < static_cast<std::size_t>(kFew)) {
      chosen_.push_back(sample_key(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(many_))));
      if (std::ranges::find(chosen_.begin(), chosen_.end() - 1, chosen_.back()) != chosen_.end() - 1) chosen_.pop_back();
    }
    DiskTier few({.root = few_root()});
    for (const Key& key : chosen_) ASSERT_TRUE(few.put(sample_entry(key, 1)).ok());

    DiskTier many({.root = many_root()});
    const auto start = Clock::now();
    std::array<bool, 2> filled{true, true};
    std::vector<std::thread> threads;
    for (std::size_t part = 0; part < filled.size(); ++part) {
      threads.emplace_back([&, part] {
        for (std::int64_t i = static_cast<std::int64_t>(part); i < many_ && filled[part]; i += 2) {
          filled[part] = many.put(sample_entry(sample_key(i), 1)).ok();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    ASSERT_TRUE(filled[0] && filled[1]);
    std::cout << many_ << " entries put in " << seconds_since(start) << " s\n";
  }

  void TearDown() override {
    if (folder_.empty()) return;
    // By several at once: file systems that wait for every file that goes do not wait longer for eight.
    std::vector<fs::path> parts;
    std::error_code ignored;
    for (fs::directory_iterator part(many_root() / "objects", ignored), end; part != end; part.increment(ignored)) parts.push_back(part->path());
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> removers;
    for (int i = 0; i < 8; ++i) {
      removers.emplace_back([&] {
        std::error_code failed;
        for (std::size_t at = next++; at < parts.size(); at = next++) fs::remove_all(parts[at], failed);
      });
    }
    removers.clear();
    fs::remove_all(folder_, ignored);
  }

  fs::path few_root() const { return folder_ / "few"; }
  fs::path many_root() const { return folder_ / "many"; }

  /// Holds what `look` needs for many entries against what it needs for few.
  void expect_bounded(const char* what, const std::function<int(const fs::path& root, std::int64_t entries)>& look) const {
    const Ended few = measure([&] { return look(few_root(), kFew); });
    const Ended many = measure([&] { return look(many_root(), many_); });
    EXPECT_TRUE(few.well) << what;
    EXPECT_TRUE(many.well) << what;
    std::cout << what << ": " << few.peak_bytes / kMegabyte << " MB of few, " << many.peak_bytes / kMegabyte << " MB of many in "
              << many.seconds << " s\n";
    EXPECT_LE(many.peak_bytes, few.peak_bytes + 100 * kMegabyte) << what;
  }

  /// The program, its standard output thrown away.
  static int run_program(std::vector<std::string> words) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    words.insert(words.begin(), ALMANAC_PROGRAM);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    return 127;
  }

  void expect_hits_as_among_few() const;

  fs::path folder_;
  std::int64_t many_ = 1'000'000;
  std::vector<Key> chosen_;
};

void ManyEntries::expect_hits_as_among_few() const {
  constexpr int kRounds = 15;
  std::vector<double> few_best(chosen_.size(), 1e9), many_best(chosen_.size(), 1e9);
  for (int round = 0; round < kRounds; ++round) {
    // New tiers each round: every hit verifies its arrays, as in a new process. The pages are warm after the first.
    DiskTier few({.root = few_root()}), many({.root = many_root()});
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      const auto take = [&](DiskTier& tier, double& best) {
        const auto start = Clock::now();
        const auto found = tier.get(chosen_[i]);
        best = std::min(best, seconds_since(start));
        ASSERT_TRUE(found.ok() && *found && value_of((*found)->artifact) == 1);
      };
      if (i % 2 == 0) take(few, few_best[i]);
      take(many, many_best[i]);
      if (i % 2 != 0) take(few, few_best[i]);
    }
  }
  const auto median = [](std::vector<double>& times) {
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
    return times[times.size() / 2];
  };
  const double of_few = median(few_best), of_many = median(many_best);
  std::cout << "a hit: " << of_few * 1e6 << " us among few, " << of_many * 1e6 << " us among many: " << of_many / of_few << " x\n";
  EXPECT_LE(of_many / of_few, 1.2);
}

// One test, since the disk is filled for it.
TEST_F(ManyEntries, CostAHitAndTakeMemoryAsFewDo) {
  expect_hits_as_among_few();
  expect_bounded("for_each", [](const fs::path& root, std::int64_t entries) {
    std::int64_t seen = 0;
    const auto looked = DiskTier({.root = root}).for_each([&](const EntryInfo&) { return ++seen > 0; });
    return looked.ok() && seen == entries ? 0 : 1;
  });
  expect_bounded("validate", [](const fs::path& root, std::int64_t entries) {
    std::uint64_t seen = 0;
    const auto findings = DiskTier({.root = root}).validate(false, [&](std::uint64_t done, std::uint64_t) { return (seen = done) > 0; });
    return findings.ok() && findings->empty() && seen == static_cast<std::uint64_t>(entries) ? 0 : 1;
  });
  const auto program = [](std::vector<std::string> words) {
    return [words](const fs::path& root, std::int64_t) {
      auto all = words;
      all.insert(all.begin(), {"--cache-dir", root.string()});
      return run_program(all);
    };
  };
  expect_bounded("almanac ls", program({"ls"}));
  expect_bounded("almanac ls --json", program({"--json", "ls"}));
  expect_bounded("almanac validate", program({"--quiet", "validate"}));
}

}  // namespace
}  // namespace almanac::cache
