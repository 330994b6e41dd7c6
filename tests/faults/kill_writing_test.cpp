// A mission that is killed while it writes what a case had computed before it stopped: what is under a final name is complete, or
// nothing is there. It is killed before each of its system calls on the folder of results, in turn.

#include "engine/temporary_folder.hpp"
#include "faults/child_processes.hpp"
#include "faults/system_calls.hpp"

#include <almanac/engine.hpp>
#include <almanac/mission.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using testing::SystemCalls;

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(stream), {}};
  }
  return files;
}

class KilledMission : public ::testing::Test {
 protected:
  void SetUp() override {
    // y grows as exp(10^4 t), beyond the largest double before t = 0.1
    std::ofstream(folder_ / "mission.toml") << "[model]\nequation = \"relaxation\"\nalpha = 0.5\nlambda = -100\nscheme = \"grunwald\"\n"
                                               "[time]\ndt = 0.0001\nsteps = 2000\n[output]\nevery = 1\n";
  }

  /// Runs the mission in a process that is killed before the given system call. Gives whether it was.
  bool run(const fs::path& out, std::size_t last) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::size_t calls = 0;
      SystemCalls watched(out);
      watched.before_each([&](const testing::SeenCall&) {
        if (calls++ == last) ::kill(::getpid(), SIGKILL);
      });
      Config config;
      config.enabled = false;
      Engine engine(config, [](std::string_view) {});
      const MissionReport report = Mission::load(folder_ / "mission.toml").run(engine, {.output = out});
      ::_exit(report.failed() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE((WIFEXITED(status) && WEXITSTATUS(status) == 0) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) << status;
    return WIFSIGNALED(status);
  }

  testing::TemporaryFolder folder_{testing::quickest_place()};
};

TEST_F(KilledMission, LeavesCompleteFilesUnderTheirNamesOrNone) {
  EXPECT_FALSE(run(folder_ / "whole", kNever));
  const auto whole = files_in(folder_ / "whole");
  ASSERT_EQ(whole.count("mission.incomplete.h5") + whole.count("mission.incomplete.xdmf") + whole.count("mission.incomplete.png"), 3u);
  const fs::path out = folder_ / "out";
  std::map<std::size_t, int> rounds;  // by how many of the three files were there
  int leftovers = 0;
  for (std::size_t at = 0; run(out, at); ++at) {
    std::size_t there = 0;
    for (const auto& [name, bytes] : files_in(out)) {
      if (name.front() == '.') {
        ++leftovers;
      } else if (name != "summary.json") {  // it has seconds in it
        ++there;
        EXPECT_TRUE(whole.contains(name) && bytes == whole.at(name)) << name << ", killed before call " << at;
      }
    }
    ++rounds[there];
    ASSERT_LT(at, 1000u);
    fs::remove_all(out);
  }
  for (const std::size_t there : {0u, 1u, 2u, 3u}) EXPECT_GT(rounds[there], 0) << there;
  EXPECT_GT(leftovers, 0);
  // What they left is cleared away by the next.
  fs::remove_all(out);
  std::size_t hidden = 0;
  for (std::size_t at = 0; hidden == 0 && run(out, at); ++at) {
    for (const auto& [name, bytes] : files_in(out)) hidden += name.front() == '.';
  }
  EXPECT_GT(hidden, 0u);
  EXPECT_FALSE(run(out, kNever));
  EXPECT_EQ(files_in(out).size(), whole.size());
}

}  // namespace
}  // namespace almanac
