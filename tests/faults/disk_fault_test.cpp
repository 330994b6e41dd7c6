// The disk tier under real faults: processes that are killed, disks that are full, limits that are reached.

#include <almanac/cache/tiers.hpp>

#include "cache/sample_entry.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <vector>

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> leftovers_in(const fs::path& root) {
  std::vector<fs::path> found;
  for (const auto& at : fs::recursive_directory_iterator(root)) {
    if (at.path().filename().string().starts_with(".tmp-")) found.push_back(at.path());
  }
  return found;
}

// ---- a small disk

/// A tmpfs of its own mount namespace: nobody else sees it, and it is gone with the process.
class SmallDisk {
 public:
  SmallDisk(const fs::path& at, const std::string& limits) : at_(at.string()) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    fs::create_directories(at);
    is_mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, limits.c_str()) == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_mounted() const noexcept { return is_mounted_; }

 private:
  std::string at_;
  bool is_mounted_ = false;
};

/// After whatever happened: every entry that is there is whole, nothing half-written is left, and the tier still works.
void expect_sound(DiskTier& tier, int keys) {
  EXPECT_TRUE(leftovers_in(tier.root()).empty());
  EXPECT_TRUE(tier.validate(false, {})->empty());
  for (int i = 0; i < keys; ++i) {
    const auto found = tier.get(sample_key(i));
    ASSERT_TRUE(found.ok());
    if (*found) {
      EXPECT_EQ(value_of((*found)->artifact), i);
    }
  }
  EXPECT_EQ(tier.stats().corruptions, 0u);
}

TEST(DiskFaults, AFullDiskTakesWholeEntriesOrNone) {
  testing::TemporaryFolder folder;
  const SmallDisk disk(folder / "small", "size=512k");
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk";
  DiskTier tier({.root = folder / "small" / "cache"});
  int stored = 0, refused = 0;
  for (int i = 0; i < 60; ++i) {
    const auto put = tier.put(sample_entry(sample_key(i), i, 4096));
    if (put) {
      ++stored;
    } else {
      ++refused;
      EXPECT_EQ(put.error().code, ErrorCode::no_space) << put.error().message;
    }
  }
  EXPECT_GT(stored, 5);
  EXPECT_GT(refused, 5);
  expect_sound(tier, 60);
}

// The disk is full at another system call each time: folder, file, reservation, structure, arrays, header.
TEST(DiskFaults, ADiskThatFillsAtAnyMomentLeavesNothingHalfWritten) {
  testing::TemporaryFolder folder;
  for (int kilobytes = 0; kilobytes <= 64; kilobytes += 4) {
    const SmallDisk disk(folder / "small", "size=" + std::to_string(kilobytes + 16) + "k");
    if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk";
    DiskTier tier({.root = folder / "small" / "cache"});
    const auto put = tier.put(sample_entry(sample_key(0), 0, 2048));
    EXPECT_TRUE(put.ok() || put.error().code == ErrorCode::no_space) << put.error().message;
    EXPECT_EQ(put.ok(), *tier.get(sample_key(0)) != nullptr);
    expect_sound(tier, 1);
  }
}

TEST(DiskFaults, ADiskWithoutInodesIsAnError) {
  testing::TemporaryFolder folder;
  const SmallDisk disk(folder / "small", "size=1m,nr_inodes=8");
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk";
  DiskTier tier({.root = folder / "small" / "cache"});
  int refused = 0;
  for (int i = 0; i < 8; ++i) {
    const auto put = tier.put(sample_entry(sample_key(i), i));
    if (put) continue;
    ++refused;
    EXPECT_EQ(put.error().code, ErrorCode::no_space) << put.error().message;
  }
  EXPECT_GT(refused, 0);
  expect_sound(tier, 8);
}

// ---- limits

class Limit {
 public:
  Limit(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    ::getrlimit(resource, &before_);
    const rlimit now{value, before_.rlim_max};
    ::setrlimit(resource, &now);
  }
  ~Limit() { ::setrlimit(resource_, &before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

TEST(DiskFaults, WithoutFileDescriptorsEveryCallIsAnswered) {
  testing::TemporaryFolder folder;
  DiskTier tier({.root = folder / "cache"});
  ASSERT_TRUE(tier.put(sample_entry(sample_key(0), 0)).ok());
  {
    const Limit limit(RLIMIT_NOFILE, 3);
    EXPECT_FALSE(tier.get(sample_key(0)).ok());
    EXPECT_FALSE(tier.peek(sample_key(0)).ok());
    EXPECT_FALSE(tier.put(sample_entry(sample_key(1), 1)).ok());
    EXPECT_FALSE(tier.validate(false, {}).ok());
  }
  EXPECT_NE(*tier.get(sample_key(0)), nullptr);
  expect_sound(tier, 2);
}

TEST(DiskFaults, AFileThatMayNotGrowIsAnErrorAndLeavesNothing) {
  testing::TemporaryFolder folder;
  DiskTier tier({.root = folder / "cache"});
  ::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t bytes : {rlim_t{0}, rlim_t{1000}, rlim_t{5000}, rlim_t{30'000}}) {
    const Limit limit(RLIMIT_FSIZE, bytes);
    EXPECT_FALSE(tier.put(sample_entry(sample_key(0), 0, 4096)).ok());
    EXPECT_EQ(*tier.get(sample_key(0)), nullptr);
  }
  expect_sound(tier, 1);
}

// ---- kill -9

/// What a child tells while it lives: which entries it has seen committed.
struct Told {
  static constexpr int kGrowing = 3;
  static constexpr int kMostFresh = 4096;
  std::array<std::atomic<std::int64_t>, kGrowing> coverage{};
  std::atomic<int> fresh{0};
  std::atomic<bool> runs{false};
};

/// Entries of three sizes: in the first read, read, and mapped.
std::int64_t size_of_growing(int i) { return std::array<std::int64_t, Told::kGrowing>{16, 3000, 50'000}[static_cast<std::size_t>(i)]; }
double growing_value(int i, std::int64_t coverage) { return 1e6 * i + static_cast<double>(coverage); }

[[noreturn]] void put_until_killed(const fs::path& root, int round, Told& told) {
  DiskTier tier({.root = root});
  for (int n = 0; n < Told::kMostFresh; ++n) {
    for (int i = 0; i < Told::kGrowing; ++i) {
      auto& known = told.coverage[static_cast<std::size_t>(i)];
      const std::int64_t next = known + 1;
      if (!tier.put(sample_entry(sample_key(i, "growing"), growing_value(i, next), size_of_growing(i), next))) ::_exit(1);
      known = next;
      told.runs = true;  // from now on it is at it, wherever the signal meets it
    }
    if (!tier.put(sample_entry(sample_key(n, "round_" + std::to_string(round)), n, 100))) ::_exit(1);
    told.fresh = n + 1;
  }
  ::_exit(2);
}

bool is_filled_with(const Artifact& artifact, double value) {
  return std::ranges::all_of(artifact.at("values").as<double>(), [value](double at) { return at == value; });
}

TEST(DiskFaults, KillingTheWriterLosesNothingAndLeavesNothingWrong) {
  constexpr int kRounds = 200;
  testing::TemporaryFolder folder;
  const fs::path root = folder / "cache";
  void* shared = ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  Told& told = *new (shared) Told;
  std::mt19937 random(20240229);
  int seen_leftovers = 0;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    told.fresh = 0;
    told.runs = false;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) put_until_killed(root, round, told);
    while (!told.runs) ::sched_yield();
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 4000);
    while (std::chrono::steady_clock::now() < until) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << status;

    seen_leftovers += static_cast<int>(leftovers_in(root).size());
    DiskTier tier({.root = root});
    for (int i = 0; i < Told::kGrowing; ++i) {
      const std::int64_t known = told.coverage[static_cast<std::size_t>(i)];
      const EntryPtr entry = *tier.get(sample_key(i, "growing"));
      if (known == 0 && !entry) continue;
      ASSERT_NE(entry, nullptr) << "lost, round " << round;
      const std::int64_t coverage = coverage_of(entry->artifact.attributes());
      EXPECT_GE(coverage, known) << "lost, round " << round;
      EXPECT_LE(coverage, known + 1);
      EXPECT_TRUE(is_filled_with(entry->artifact, growing_value(i, coverage))) << "wrong, round " << round;
      told.coverage[static_cast<std::size_t>(i)] = coverage;
    }
    for (int n = 0; n <= told.fresh; ++n) {
      const Key key = sample_key(n, "round_" + std::to_string(round));
      const EntryPtr entry = *tier.get(key);
      EXPECT_TRUE(entry || n == told.fresh) << "lost, round " << round;
      if (entry) {
        EXPECT_TRUE(is_filled_with(entry->artifact, n)) << "wrong, round " << round;
      }
      EXPECT_TRUE(tier.erase(key).ok());
    }
    EXPECT_EQ(tier.stats().corruptions, 0u) << "round " << round;
    EXPECT_EQ(tier.stats().errors, 0u) << "round " << round;
  }
  EXPECT_GT(seen_leftovers, 0) << "no kill met a file in the making: this test tests nothing";
  // The next process that needs a place clears it.
  DiskTier next({.root = root});
  EXPECT_TRUE(next.validate(false, {})->empty());
  EXPECT_TRUE(leftovers_in(root).empty());
  ::munmap(shared, sizeof(Told));
}

}  // namespace
}  // namespace almanac::cache
