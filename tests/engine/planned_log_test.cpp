// What was planned, over processes, journals and torn files.

#include "fft/planned_log.hpp"

#include "fft/one_holder.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace almanac {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class PlannedLogTest : public ::testing::Test {
 protected:
  fs::path folder() const { return folder_ / "fft-log"; }

  std::vector<fs::path> journals() const {
    std::vector<fs::path> files;
    if (!fs::exists(folder())) return files;
    for (const auto& file : fs::directory_iterator(folder())) {
      if (file.path().extension() == ".log") files.push_back(file.path());
    }
    return files;
  }

  static std::string contents(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  testing::TemporaryFolder folder_;
};

const FftSpec kSmall{.extent = {16}, .rigor = Rigor::adaptive};
const FftSpec kLarge{.extent = {512, 512}, .transform = Transform::r2c, .rigor = Rigor::adaptive, .threads = 2};

TEST_F(PlannedLogTest, SeveralProcessesAddUp) {
  for (int process = 0; process < 3; ++process) {
    PlannedLog log(folder());
    log.note(kLarge, "single", 5ms);
    if (process == 0) log.note(kSmall, "double", 1us);
  }
  EXPECT_EQ(journals().size(), 3U);
  const auto all = PlannedLog::read(folder());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].spec.extent, kLarge.extent);
  EXPECT_EQ(all[0].spec.transform[0], Transform::r2c);
  EXPECT_EQ(all[0].spec.threads, 2);
  EXPECT_EQ(all[0].spec.rigor, Rigor::adaptive);
  EXPECT_EQ(all[0].precision, "single");
  EXPECT_EQ(all[0].count, 3U);
  EXPECT_EQ(all[0].planning, 15ms);
  EXPECT_EQ(all[1].count, 1U);
  EXPECT_EQ(journals().size(), 1U) << "who reads puts them together";
  const auto again = PlannedLog::read(folder());
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].count, 3U);
}

TEST_F(PlannedLogTest, WhatIsPlannedByManyComesBeforeWhatIsPlannedOnce) {
  for (int process = 0; process < 50; ++process) PlannedLog(folder()).note({.extent = {64}, .rigor = Rigor::measure}, "double", 100ms);
  PlannedLog(folder()).note({.extent = {65}, .rigor = Rigor::measure}, "double", 200ms);
  const auto all = PlannedLog::read(folder());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].spec.extent[0], 64);
}

TEST_F(PlannedLogTest, SumsStayAtTheLongestTimeThereIs) {
  for (int process = 0; process < 3; ++process) PlannedLog(folder()).note(kSmall, "double", std::chrono::nanoseconds::max());
  PlannedLog(folder()).note(kLarge, "double", 1ms);
  const auto all = PlannedLog::read(folder());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].spec.extent, kSmall.extent) << "what takes longest comes first";
  EXPECT_EQ(all[0].planning, std::chrono::nanoseconds::max());
}

TEST_F(PlannedLogTest, OfATornOrFlippedFileTheWholeLinesCount) {
  {
    PlannedLog log(folder());
    log.note(kLarge, "double", 5ms);
    log.note({.extent = {1000}, .rigor = Rigor::adaptive}, "double", 5ms);
  }
  const fs::path file = journals().at(0);
  const std::string whole = contents(file);
  ASSERT_GT(whole.size(), 40U);
  const auto second = whole.find('\n') + 1;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    const std::size_t lines = size + 1 >= whole.size() ? 2 : size + 1 >= second ? 1 : 0;  // a line is whole without its end
    ASSERT_EQ(PlannedLog::read(folder()).size(), lines) << "torn at " << size;
  }
  for (std::size_t at = 0; at < second; ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x04);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << flipped;
    for (const PlannedProblem& one : PlannedLog::read(folder())) {
      EXPECT_EQ(one.spec.extent[0], 1000) << "flipped at " << at;
      EXPECT_EQ(one.count, 1U);
    }
  }
}

TEST_F(PlannedLogTest, StrangersInTheFolderAreLeftAlone) {
  fs::create_directories(folder() / "folder.log");
  std::ofstream(folder() / "notes.txt") << "mine";
  std::ofstream(folder() / "garbage.log") << std::string(100'000, '\0');
  { PlannedLog(folder()).note(kSmall, "double", 1ms); }
  EXPECT_EQ(PlannedLog::read(folder()).size(), 1U);
  EXPECT_TRUE(fs::exists(folder() / "notes.txt"));
}

TEST_F(PlannedLogTest, JournalsDoNotPileUpWhereNobodyReads) {
  for (int process = 0; process < 200; ++process) PlannedLog(folder()).note(kSmall, "double", 1ms);
  EXPECT_LE(journals().size(), 65U);
  const auto all = PlannedLog::read(folder());
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].count, 200U);
}

TEST_F(PlannedLogTest, WhereTheyCannotBePutTogetherTheOldestGo) {
  fs::create_directories(folder());
  const OneHolder somebody(folder() / "merge.lock");  // or a file system that knows no locks
  ASSERT_TRUE(somebody);
  for (int process = 0; process < 300; ++process) {
    PlannedLog(folder()).note(process < 20 ? kSmall : kLarge, "double", 1ms);
    if (process == 19) {
      for (const fs::path& old : journals()) fs::last_write_time(old, fs::file_time_type::clock::now() - 1h);
    }
  }
  EXPECT_EQ(journals().size(), 256U);
  const auto all = PlannedLog::read(folder());
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].spec.extent, kLarge.extent);
  EXPECT_EQ(all[0].count, 256U);
}

TEST_F(PlannedLogTest, OfAJournalThatCannotBeWrittenToItsEndNothingIsLeft) {
  { PlannedLog(folder()).note(kSmall, "double", 1ms); }
  { PlannedLog(folder()).note(kLarge, "double", 1ms); }
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit least{200, 200};  // a line and a part of the next one
    if (setrlimit(RLIMIT_FSIZE, &least) != 0) _exit(1);
    {
      PlannedLog log(folder());
      for (std::int64_t n = 1; n <= 3; ++n) log.note({.extent = {n}, .rigor = Rigor::adaptive}, "double", 1ms);
    }
    _exit(PlannedLog::read(folder()).size() == 2 ? 0 : 2);  // and what is there is not put together by halves
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(journals().size(), 2U);
  const auto all = PlannedLog::read(folder());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].count + all[1].count, 2U);
}

TEST_F(PlannedLogTest, ManyProblemsAreWrittenBeforeTheEnd) {
  PlannedLog log(folder());
  for (std::int64_t n = 1; n <= 70; ++n) log.note({.extent = {n}, .rigor = Rigor::adaptive}, "double", 1ms);
  EXPECT_EQ(PlannedLog::read(folder()).size(), 64U);
  log.flush();
  EXPECT_EQ(PlannedLog::read(folder()).size(), 70U);
}

TEST_F(PlannedLogTest, WhereNothingCanBeWrittenNothingHappens) {
  { PlannedLog("").note(kSmall, "double", 1ms); }
  std::ofstream(folder_ / "file") << "x";
  { PlannedLog(folder_ / "file" / "fft-log").note(kSmall, "double", 1ms); }
  EXPECT_TRUE(PlannedLog::read(folder_ / "file" / "fft-log").empty());
  EXPECT_TRUE(PlannedLog::read(folder()).empty());
  EXPECT_FALSE(fs::exists(folder()));
}

}  // namespace
}  // namespace almanac
