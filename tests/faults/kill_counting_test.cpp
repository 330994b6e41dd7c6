// Processes that are killed while they write down what they counted, and put together what others wrote: whatever is counted was,
// once, and what was written stays.

#include "at_length.hpp"
#include "child_processes.hpp"
#include "engine/temporary_folder.hpp"
#include "kill_rounds.hpp"

#include "statistics/statistics_store.hpp"
#include "statistics/statistics_text.hpp"

#include <almanac/cache/statistics.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

const int kKillsOfCounters = testing::at_length() ? 3000 : 300;

/// Journals of one request each, so that they are counted by what they say.
class Counting : public testing::Deed {
 public:
  void begin() override {}
  int turns() const override { return 2; }

  /// Journals are written as often as they are put together; some of them lie about for a while.
  bool work(int turn) override {
    if (turn % 2 == 1) {
      (void)store().read();
      return true;
    }
    ++told_->begun;
    Statistics journal;
    journal.kinds["sample"].joined = 1;
    journal.used[Id::of("sample@1{}")] = {.text = "sample@1{}", .uses = 1};
    journal.days[1].requests = 1;
    journal.processes = 1;
    journal.since = journal.until = {};
    if (!store().add(journal)) return false;
    ++told_->done;
    return true;
  }

  void check() override {
    // Nobody puts them together while this looks, so that what the dead have left is there for the next one.
    const int lock = ::open((folder() / "merge.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    EXPECT_TRUE(lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) == 0) << "a lock outlives its holder";
    const Statistics found = store().read();
    if (lock >= 0) ::close(lock);
    const auto counted = found.kinds.contains("sample") ? found.kinds.at("sample").joined : 0;
    EXPECT_LE(counted, told_->begun.load()) << "counted twice";
    EXPECT_GE(counted, told_->done.load()) << "lost, though it was written";
    EXPECT_EQ(found.processes, counted);
    EXPECT_EQ(found.days.empty() ? 0 : found.days.at(1).requests, counted);
    EXPECT_EQ(found.used.empty() ? 0 : found.used.begin()->second.uses, counted);
  }

  /// A file in the making, or a journal that is counted already.
  bool has_left_something(pid_t child) const override {
    const std::string mark = "-" + std::to_string(child) + "-";
    std::ifstream stream(folder() / "total", std::ios::binary);
    const StatisticsText total = StatisticsText::parse(std::string(std::istreambuf_iterator<char>(stream), {}));
    std::error_code none;
    for (fs::directory_iterator at(folder(), none), end; !none && at != end; at.increment(none)) {
      const std::string name = at->path().filename().string();
      if (total.includes.contains(name)) {
        ++counted_already_;
        return true;
      }
      if (name.find(mark) != std::string::npos) return true;
    }
    return false;
  }

  int counted_already() const { return counted_already_; }
  fs::path folder() const { return folder_ / "statistics"; }
  StatisticsStore store() const { return StatisticsStore(folder_.path()); }

 private:
  struct Told {
    std::atomic<std::uint64_t> begun{0}, done{0};
  };
  testing::TemporaryFolder folder_{testing::quickest_place()};
  testing::SharedMemory<Told> told_;
  mutable int counted_already_ = 0;
};

TEST(Kills, DuringJournalsAndTheirMergersCountNothingTwiceAndLoseNothing) {
  Counting deed;
  const testing::Kills kills = testing::kill_at(deed, kKillsOfCounters, 20240305);
  std::cout << "  " << kills.kills << " kills, " << kills.with_leftovers << " with leftovers, " << deed.counted_already()
            << " over journals that were counted already\n";
  EXPECT_GT(kills.with_leftovers, 0) << "no kill met a file in the making: this test tests nothing";
  (void)deed.store().read();
  deed.check();
  int journals = 0;
  for (const auto& file : fs::directory_iterator(deed.folder())) journals += file.path().extension() == ".journal";
  EXPECT_EQ(journals, 0) << "whoever lives puts together what the dead have left";
}

}  // namespace
}  // namespace almanac::cache
