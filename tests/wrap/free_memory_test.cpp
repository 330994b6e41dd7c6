// How much memory an upgraded estimate may take for arrays to be measured on.

#include "free_memory.hpp"
#include "scratch_arrays.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace almanac::wrap {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMegabyte = 1 << 20;

class FreeMemory : public ::testing::Test {
 protected:
  FreeMemory() { write("proc/meminfo", "MemTotal: 8388608 kB\nMemFree: 1024 kB\nMemAvailable:    4194304 kB\n"); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  void write_group(const std::string& folder, const std::string& limit, std::size_t used, std::size_t inactive, bool unified = true) const {
    write(folder + (unified ? "/memory.max" : "/memory.limit_in_bytes"), limit + "\n");
    write(folder + (unified ? "/memory.current" : "/memory.usage_in_bytes"), std::to_string(used) + "\n");
    write(folder + "/memory.stat", "anon 1\n" + std::string(unified ? "inactive_file " : "total_inactive_file ") + std::to_string(inactive) + "\n");
  }
  std::size_t free_there() const { return free_memory(folder_.path().c_str()); }

  testing::TemporaryFolder folder_;
};

TEST_F(FreeMemory, IsWhatTheMachineHasAvailable) { EXPECT_EQ(free_there(), 4096 * kMegabyte); }

TEST_F(FreeMemory, IsWhatAGroupAndThoseAboveItLeave) {
  write("proc/self/cgroup", "0::/slice/job\n");
  write_group("sys/fs/cgroup/slice", std::to_string(900 * kMegabyte), 500 * kMegabyte, 100 * kMegabyte);
  write_group("sys/fs/cgroup/slice/job", "max", 400 * kMegabyte, 0);
  EXPECT_EQ(free_there(), 500 * kMegabyte) << "what it could drop counts as free";
  write_group("sys/fs/cgroup/slice/job", std::to_string(450 * kMegabyte), 400 * kMegabyte, 0);
  EXPECT_EQ(free_there(), 50 * kMegabyte);
  write_group("sys/fs/cgroup/slice/job", std::to_string(300 * kMegabyte), 400 * kMegabyte, 0);
  EXPECT_EQ(free_there(), 0U);
}

TEST_F(FreeMemory, IsWhatAGroupOfASeparateHierarchyLeaves) {
  write("proc/self/cgroup", "12:cpu,cpuacct:/\n7:hugetlb,memory:/docker/3f\n0::/\n");
  write_group("sys/fs/cgroup/memory/docker/3f", std::to_string(200 * kMegabyte), 120 * kMegabyte, 20 * kMegabyte, false);
  EXPECT_EQ(free_there(), 100 * kMegabyte);
}

TEST_F(FreeMemory, OfAContainerThatSeesItsOwnGroupOnlyIsSeenAtTheTop) {
  write("proc/self/cgroup", "7:memory:/docker/of/the/host\n");
  write_group("sys/fs/cgroup/memory", std::to_string(200 * kMegabyte), 120 * kMegabyte, 0, false);
  EXPECT_EQ(free_there(), 80 * kMegabyte);
}

TEST_F(FreeMemory, IsWhatTheLimitsOfTheProcessLeave) {
  const std::string pages = std::to_string(100 * kMegabyte / static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  const auto limit = [&](const std::string& addresses, const std::string& data) {
    write("proc/self/statm", pages + " 9 9 9 0 " + pages + " 0\n");
    write("proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units     \n"
                              "Max data size             " + data + "            unlimited            bytes     \n"
                              "Max address space         " + addresses + "            unlimited            bytes     \n");
  };
  limit("unlimited", "unlimited");
  EXPECT_EQ(free_there(), 4096 * kMegabyte);
  limit(std::to_string(112 * kMegabyte), "unlimited");
  EXPECT_EQ(free_there(), 12 * kMegabyte);
  limit("unlimited", std::to_string(107 * kMegabyte));
  EXPECT_EQ(free_there(), 7 * kMegabyte);
  limit(std::to_string(90 * kMegabyte), "unlimited");
  EXPECT_EQ(free_there(), 0U);
}

TEST_F(FreeMemory, IsGuessedWhereNothingIsSaid) {
  fs::remove(folder_ / "proc/meminfo");
  EXPECT_GT(free_there(), 0U);
  write("proc/self/cgroup", "nonsense\n0:\n::::\n0::no/slash\n1:memory:\n");
  EXPECT_GT(free_there(), 0U);
}

TEST(ScratchArrays, AreRefusedWhereTheyReachFurtherThanIsFree) {
  struct {
    FftwTensor size{1};
    FftwDimension dimension{1 << 16, 2, 3};
  } line;
  static_assert(offsetof(decltype(line), dimension) == sizeof(std::ptrdiff_t));
  FftwTensor one{0};
  const int kind = kRdft;
  std::array<char, 16> in{}, out{};
  FftwRdft problem{{&kind}, &line.size, &one, in.data(), out.data()};
  const std::size_t reach = sizeof(double) * (5 * ((1 << 16) - 1) + 2);
  std::ptrdiff_t input = 0, output = 0;
  EXPECT_FALSE(ScratchArrays().move(problem, sizeof(double), reach - 1, input, output));
  ScratchArrays arrays;
  ASSERT_TRUE(arrays.move(problem, sizeof(double), reach, input, output));
  // Both are memory from the first to the last element.
  const auto moved = [](const char* from, std::ptrdiff_t by) { return reinterpret_cast<char*>(reinterpret_cast<std::intptr_t>(from) + by); };
  std::memset(moved(in.data(), input), 1, sizeof(double) * (2 * ((1 << 16) - 1) + 1));
  std::memset(moved(out.data(), output), 1, sizeof(double) * (3 * ((1 << 16) - 1) + 1));
}

}  // namespace
}  // namespace almanac::wrap
