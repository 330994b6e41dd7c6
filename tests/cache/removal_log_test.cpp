#include <almanac/cache/removal.hpp>

#include "engine/temporary_folder.hpp"
#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using Time = std::chrono::system_clock::time_point;

class RemovalLogTest : public ::testing::Test {
 protected:
  static Removal removal(std::int64_t number, RemovalReason reason = RemovalReason::manual) {
    const Key key = sample_key(number);
    return {.id = key.id(), .reason = reason, .key = key.text(), .bytes = 8192, .cost = std::chrono::nanoseconds(1204511),
            .when = Time(std::chrono::microseconds(1795405601234567)), .who = "ann@node17 almanac 4711"};
  }
  fs::path file() const { return folder_ / std::string(RemovalLog::kFile); }
  fs::path older() const { return folder_ / std::string(RemovalLog::kOlderFile); }

  static std::string text_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }

  RemovalLog::Count read() {
    seen_.clear();
    const auto count = RemovalLog::read(folder_.path(), [this](const Removal& one) { return seen_.push_back(one), true; });
    EXPECT_TRUE(count.ok()) << count.error().message;
    return count ? *count : RemovalLog::Count{};
  }

  testing::TemporaryFolder folder_;
  std::vector<Removal> seen_;
};

TEST_F(RemovalLogTest, NamesEveryReasonAndReadsItBack) {
  const std::vector<std::string> names = {"manual", "ttl_expired", "data_changed", "capacity", "error", "pattern", "dependency"};
  ASSERT_EQ(all_removal_reasons().size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(to_string(all_removal_reasons()[i]), names[i]);
    const auto read_back = parse_removal_reason(names[i]);
    ASSERT_TRUE(read_back.ok());
    EXPECT_EQ(*read_back, all_removal_reasons()[i]);
  }
  const auto unknown = parse_removal_reason("boredom");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(unknown.error().message.find("'boredom'"), std::string::npos);
  EXPECT_NE(unknown.error().message.find("manual, ttl_expired, data_changed, capacity, error, pattern, dependency"), std::string::npos);
}

TEST_F(RemovalLogTest, GivesBackWhatWasWritten) {
  const RemovalLog log(folder_.path());
  const std::vector<Removal> two = {removal(1, RemovalReason::capacity), removal(2, RemovalReason::dependency)};
  log.append(two);
  const RemovalLog::Count count = read();
  EXPECT_EQ(count.removals, 2u);
  EXPECT_EQ(count.damaged, 0u);
  ASSERT_EQ(seen_.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(seen_[i].id, two[i].id);
    EXPECT_EQ(seen_[i].reason, two[i].reason);
    EXPECT_EQ(seen_[i].key, two[i].key);
    EXPECT_EQ(seen_[i].bytes, 8192u);
    EXPECT_EQ(seen_[i].cost, std::chrono::nanoseconds(1204511));
    EXPECT_EQ(seen_[i].when, two[i].when);
    EXPECT_EQ(seen_[i].who, "ann@node17 almanac 4711");
  }
  EXPECT_TRUE(text_of(file()).starts_with("1795405601234567 capacity " + sample_key(1).id().hex() +
                                          " 8192 1204511 ann@node17 almanac 4711 sample@1{number=1} #"));
}

TEST_F(RemovalLogTest, AddsWhenAndWhoWhereTheyAreLeftOut) {
  ::setenv("LOGNAME", "ann of ghent", 1);
  const auto before = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  Removal plain = removal(1);
  plain.when = {};
  plain.who.clear();
  RemovalLog(folder_.path()).append({&plain, 1});
  read();
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_GE(seen_[0].when, before);
  EXPECT_LE(seen_[0].when, std::chrono::system_clock::now());
  EXPECT_TRUE(seen_[0].who.starts_with("ann_of_ghent@")) << seen_[0].who;
  EXPECT_TRUE(seen_[0].who.ends_with(std::string(program_invocation_short_name) + " " + std::to_string(::getpid()))) << seen_[0].who;
}

TEST_F(RemovalLogTest, TakesTheFactsFromAnEntry) {
  EntryInfo info{sample_key(3), {}, {}, {}, 4096, "/somewhere", {}};
  info.facts.cost = std::chrono::milliseconds(7);
  const Removal removal = Removal::of(info, RemovalReason::ttl_expired);
  EXPECT_EQ(removal.id, info.key.id());
  EXPECT_EQ(removal.key, info.key.text());
  EXPECT_EQ(removal.bytes, 4096u);
  EXPECT_EQ(removal.cost, std::chrono::milliseconds(7));
  EXPECT_EQ(removal.reason, RemovalReason::ttl_expired);
}

TEST_F(RemovalLogTest, KeepsKeysThatNobodyKnowsAndKeysWithBlanksAndTheBeginningOfLongOnes) {
  Removal unknown = removal(1), blank = removal(2), hostile = removal(3), longest = removal(4);
  unknown.key.clear();
  blank.key = "table@1{name=two words #1}";
  hostile.key = "table@1{name=\n1 manual}";
  longest.key = "table@1{name=" + std::string(10'000, 'x') + "}";
  const std::vector<Removal> all = {unknown, blank, hostile, longest};
  RemovalLog(folder_.path()).append(all);
  EXPECT_EQ(read().removals, 4u);
  ASSERT_EQ(seen_.size(), 4u);
  EXPECT_EQ(seen_[0].key, "");
  EXPECT_EQ(seen_[1].key, blank.key);
  EXPECT_EQ(seen_[2].key, "table@1{name=\\n1 manual}");
  EXPECT_EQ(seen_[3].key, longest.key.substr(0, 4096));
}

TEST_F(RemovalLogTest, PassesOverWhatIsTornFlippedOrForeign) {
  const RemovalLog log(folder_.path());
  const std::vector<Removal> two = {removal(1), removal(2)};
  log.append(two);
  const std::string whole = text_of(file());
  const std::size_t line = whole.find('\n') + 1;
  for (std::size_t at = 0; at + 1 < line; ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x01);
    write(flipped);
    const RemovalLog::Count count = read();
    EXPECT_EQ(count.removals, 1u) << "byte " << at;
    EXPECT_GE(count.damaged, 1u) << "byte " << at;
  }
  write(whole.substr(0, line - 20));
  EXPECT_EQ(read().removals, 0u);
  log.append({&two[1], 1});  // on a line of its own, though the one before has no end
  const RemovalLog::Count after = read();
  EXPECT_EQ(after.removals, 1u);
  EXPECT_EQ(after.damaged, 1u);
  write(std::string(100'000, 'x') + "\n" + whole + "\n\n");
  const RemovalLog::Count with_noise = read();
  EXPECT_EQ(with_noise.removals, 2u);
  EXPECT_EQ(with_noise.damaged, 1u);
}

TEST_F(RemovalLogTest, StopsWhenItIsToldTo) {
  const std::vector<Removal> three = {removal(1), removal(2), removal(3)};
  RemovalLog(folder_.path()).append(three);
  std::size_t calls = 0;
  const auto count = RemovalLog::read(folder_.path(), [&calls](const Removal&) { return ++calls < 2; });
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(calls, 2u);
  EXPECT_EQ(count->removals, 2u);
}

TEST_F(RemovalLogTest, StaysBoundedAndReadsTheOlderFileFirst) {
  const RemovalLog log(folder_.path(), 2000);
  for (std::int64_t number = 0; number < 100; ++number) {
    const Removal one = removal(number);
    log.append({&one, 1});
    EXPECT_LT(fs::file_size(file()), 2200u);
  }
  ASSERT_TRUE(fs::exists(older()));
  EXPECT_LT(fs::file_size(older()), 2200u);
  EXPECT_EQ(read().damaged, 0u);
  ASSERT_GE(seen_.size(), 14u);  // 2000 bytes of lines of 130 or so, in the older one at least
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    EXPECT_EQ(seen_[i].key, sample_key(static_cast<std::int64_t>(100 - seen_.size() + i)).text());
  }
}

TEST_F(RemovalLogTest, IsEmptyWhereThereIsNoneAndSilentWhereItCannotBeWritten) {
  EXPECT_EQ(read().removals, 0u);
  const Removal one = removal(1);
  RemovalLog("").append({&one, 1});
  RemovalLog(folder_ / "nowhere" / "at all").append({&one, 1});
  EXPECT_FALSE(fs::exists(folder_ / "nowhere"));
  RemovalLog(folder_.path()).append({});
  EXPECT_FALSE(fs::exists(file()));
  fs::create_directory(file());
  RemovalLog(folder_.path()).append({&one, 1});
  const auto count = RemovalLog::read(folder_.path(), [](const Removal&) { return true; });
  EXPECT_FALSE(count.ok());  // a folder in its place cannot be read
  fs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0644), 0);
  RemovalLog(folder_.path()).append({&one, 1});  // waits for nobody
  fs::remove(file());
  fs::create_symlink(folder_ / "elsewhere", file());
  RemovalLog(folder_.path()).append({&one, 1});
  EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
}

TEST_F(RemovalLogTest, IsWrittenByAllWhoMayWriteToTheFolder) {
  const mode_t before = ::umask(002);
  const Removal one = removal(1);
  RemovalLog(folder_.path()).append({&one, 1});
  ::umask(before);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms(0664));
}

TEST_F(RemovalLogTest, TakesLinesOfManyThreadsWhole) {
  constexpr int kThreads = 4, kEach = 200;
  const RemovalLog log(folder_.path(), 1 << 20);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&log, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::vector<Removal> two = {removal(1000 * thread + 2 * i), removal(1000 * thread + 2 * i + 1)};
        log.append(two);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const RemovalLog::Count count = read();
  EXPECT_EQ(count.removals, 2u * kThreads * kEach);
  EXPECT_EQ(count.damaged, 0u);
}

TEST_F(RemovalLogTest, LacksLinesAtWorstWhereProcessesAreKilled) {
  constexpr int kProcesses = 20;
  for (int process = 0; process < kProcesses; ++process) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const RemovalLog log(folder_.path(), 20'000);
      for (std::int64_t number = 0;; ++number) {
        const Removal one = removal(number);
        log.append({&one, 1});
        if (number == 10 * process && ::write(ready[1], "x", 1) != 1) ::_exit(1);
      }
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    const RemovalLog::Count count = read();
    EXPECT_GT(count.removals, 0u);
    EXPECT_LE(count.damaged, 1u + static_cast<unsigned>(process));
    for (const Removal& one : seen_) EXPECT_EQ(one.id, Id::of(one.key));
  }
}

}  // namespace
}  // namespace almanac::cache
