// Output files in the making: what is left of them by processes that were killed.
#include "mission/staged_file.hpp"
#include "mission_run.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>

namespace almanac {
namespace {

using mission::StagedFile;
using testing::MissionFolder;
using testing::names_in;

/// The name under which a process that is then really killed was writing `file`.
std::string left_by_a_killed_process(const std::filesystem::path& file) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  const pid_t child = fork();
  if (child == 0) {
    const StagedFile staged(file);
    staged.write([](const auto& path) { std::ofstream(path) << "half of it"; });
    const std::string name = staged.path().filename().string();
    if (write(ends[1], name.data(), name.size()) < 0) _exit(1);
    for (;;) pause();
  }
  close(ends[1]);
  std::array<char, 300> name{};
  const ssize_t length = read(ends[0], name.data(), name.size());
  close(ends[0]);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status) || length <= 0) throw std::runtime_error("the child was not killed over its file");
  return {name.data(), static_cast<std::size_t>(length)};
}

constexpr const char* kStagedMission = R"([mission]
name = "one"
[model]
equation = "time_fractional_diffusion"
alpha = 0.5
kappa = 0.05
[domain]
extent = [16]
[initial]
profile = "sine"
[time]
dt = 0.01
steps = 4
[fft]
rigor = "estimate"
)";

TEST(StagedFile, WhatAKilledRunLeftIsRemovedByTheNext) {
  MissionFolder folder;
  std::filesystem::create_directory(folder / "out");
  const std::string left = left_by_a_killed_process(folder / "out/one.h5");
  ASSERT_EQ(names_in(folder / "out"), (std::vector<std::string>{left}));
  EXPECT_EQ(left.front(), '.');
  folder.run(kStagedMission);
  EXPECT_EQ(names_in(folder / "out"), (std::vector<std::string>{"one.h5", "one.png", "one.xdmf", "summary.json"}));
}

TEST(StagedFile, OfOneNameOnlyItsOwnLeftoversAreRemoved) {
  const testing::TemporaryFolder folder;
  const std::string mine = left_by_a_killed_process(folder / "a.b-1.csv");
  const std::string other = left_by_a_killed_process(folder / "b.csv");
  mission::remove_leftovers(folder.path(), "a.b-1.csv");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{other}));
  mission::remove_leftovers(folder.path());
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(StagedFile, WhatSomebodyMayStillWriteStays) {
  const testing::TemporaryFolder folder;
  const StagedFile ours(folder / "a.csv");  // of this process, which lives
  ours.write([](const auto& path) { std::ofstream(path) << "half of it"; });
  const std::string dead = left_by_a_killed_process(folder / "a.csv");
  // The same process id on another machine: nobody here knows whether it lives.
  const std::string elsewhere = ".a.csv.00000000-1" + dead.substr(dead.rfind('-'));
  std::filesystem::rename(folder / dead, folder / elsewhere);
  for (const char* foreign : {"a.csv", ".a.csv.part", ".a.csv.1.part", ".a.csv.x-y.part", ".a.csv.x-0.part", ".part"}) {
    std::ofstream(folder / foreign) << "not ours";
  }
  const std::vector<std::string> before = names_in(folder.path());
  mission::remove_leftovers(folder.path());
  EXPECT_EQ(names_in(folder.path()), before);

  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(25);
  std::filesystem::last_write_time(folder / elsewhere, long_ago);
  std::filesystem::last_write_time(folder / "a.csv", long_ago);
  mission::remove_leftovers(folder.path());
  std::vector<std::string> expected = before;
  std::erase(expected, elsewhere);
  EXPECT_EQ(names_in(folder.path()), expected);
}

}  // namespace
}  // namespace almanac
