// The disk tier under real faults: disks that are full, limits that are reached.

#include <almanac/cache/tiers.hpp>

#include "cache/sample_entry.hpp"
#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

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
  EXPECT_TRUE(testing::leftovers_in(tier.root()).empty());
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
#ifdef ALMANAC_ADDRESS_SANITIZER
  GTEST_SKIP() << "the sanitizer of undefined behaviour looks at memory through a pipe, and takes it for damaged where it gets none";
#endif
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

}  // namespace
}  // namespace almanac::cache
