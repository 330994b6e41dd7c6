// The ledger of how much a cache holds: what its records come to, and how processes share it.

#include "disk_economy/level_history.hpp"
#include "disk_economy/usage_ledger.hpp"

#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Kind = UsageRecord::Kind;

UsageRecord record(Kind kind, std::uint64_t token, Room room = {}, std::uint64_t number = 0) {
  return {.kind = kind, .token = token, .room = room, .number = number};
}

UsageBooks after(const std::vector<UsageRecord>& records) {
  UsageBooks books;
  for (const UsageRecord& one : records) books.apply(one);
  return books;
}

TEST(UsageBooks, KnowNothingBeforeTheFirstSurvey) {
  EXPECT_FALSE(after({record(Kind::reserve, 1, {10, 1})}).is_known());
  EXPECT_FALSE(after({record(Kind::survey, 7)}).is_known());
  EXPECT_TRUE(after({record(Kind::survey, 7), record(Kind::base, 7, {5, 1})}).is_known());
}

TEST(UsageBooks, AddWhatWasReservedWhileSomebodyLooked) {
  const UsageBooks books = after({record(Kind::survey, 7), record(Kind::reserve, 1, {10, 1}), record(Kind::reserve, 2, {30, 1}),
                                  record(Kind::cancel, 2, {30, 1}), record(Kind::base, 7, {100, 4})});
  EXPECT_EQ(books.sum(), (Room{110, 5}));
  EXPECT_EQ(books.number(), 1u);
}

TEST(UsageBooks, DoNotTakeOffTwiceWhatTheSurveyMayHaveMissed) {
  // The removal began before the base was known: its file may be in the base, or not.
  const UsageBooks books = after({record(Kind::survey, 7), record(Kind::base, 7, {100, 4}), record(Kind::survey, 8),
                                  record(Kind::release, 3, {20, 1}, 1), record(Kind::base, 8, {80, 3}), record(Kind::release, 4, {10, 1}, 1)});
  EXPECT_EQ(books.sum(), (Room{80, 3}));
  UsageBooks later = books;
  later.apply(record(Kind::release, 5, {10, 1}, 2));
  EXPECT_EQ(later.sum(), (Room{70, 2}));
}

TEST(UsageBooks, BelieveTheLastSurveyAlone) {
  const UsageBooks books = after({record(Kind::survey, 7), record(Kind::survey, 8), record(Kind::base, 7, {1, 1}), record(Kind::base, 8, {2, 1})});
  EXPECT_EQ(books.sum(), (Room{2, 1}));
  EXPECT_EQ(books.number(), 1u);
}

TEST(UsageBooks, CountNothingBehindASeal) {
  EXPECT_EQ(after({record(Kind::reserve, 1, {10, 1}), record(Kind::seal, 0), record(Kind::reserve, 2, {10, 1})}).sum(), (Room{10, 1}));
}

TEST(UsageRecord, IsReadAsItWasWrittenOrNotAtAll) {
  const UsageRecord written{.kind = Kind::reserve, .is_known = true, .pid = 4711, .token = 0x123456789abcdef0, .room = {-5, 7}, .number = 3,
                            .start = 99, .place = 17, .id = {1, 2}};
  std::array<std::byte, UsageRecord::kBytes> bytes;
  written.render(bytes);
  const auto read = UsageRecord::parse(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, written.kind);
  EXPECT_EQ(read->pid, written.pid);
  EXPECT_EQ(read->token, written.token);
  EXPECT_EQ(read->room, written.room);
  EXPECT_EQ(read->start, written.start);
  EXPECT_EQ(read->id, written.id);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{1};
    EXPECT_FALSE(UsageRecord::parse(bytes)) << i;
    bytes[i] ^= std::byte{1};
  }
}

class UsageLedgerTest : public ::testing::Test {
 protected:
  std::string folder() const { return (folder_ / "usage").string(); }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& at : fs::directory_iterator(folder())) count += at.is_regular_file();
    return count;
  }
  testing::TemporaryFolder folder_;
};

TEST_F(UsageLedgerTest, IsNotMadeByLooking) {
  UsageLedger ledger(folder());
  EXPECT_FALSE(ledger.is_there());
  EXPECT_FALSE(*ledger.look());
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(UsageLedgerTest, TellsEachWhatAllHaveEntered) {
  UsageLedger one(folder()), other(folder());
  ASSERT_TRUE(one.append(record(Kind::survey, 7)).ok());
  ASSERT_TRUE(one.append(record(Kind::base, 7, {100, 1})).ok());
  EXPECT_EQ(other.append(record(Kind::reserve, 1, {10, 1}))->sum(), (Room{110, 2}));
  EXPECT_EQ(one.append(record(Kind::reserve, 2, {20, 1}))->sum(), (Room{130, 3}));
  EXPECT_EQ((*other.look())->sum(), (Room{130, 3}));
}

TEST_F(UsageLedgerTest, GoesOnInAnotherFileWithoutLosingAnything) {
  constexpr std::uint64_t kShort = 8;
  UsageLedger one(folder(), kShort), other(folder(), kShort), idle(folder(), kShort);
  ASSERT_TRUE(one.append(record(Kind::survey, 7)).ok());
  ASSERT_TRUE(one.append(record(Kind::base, 7, {1000, 1})).ok());
  ASSERT_TRUE(idle.look().ok());
  ASSERT_TRUE(one.append(UsageLedger::reservation(5, {1, 1}, 50)).ok());  // stays open
  const auto survey = record(Kind::survey, 8);
  ASSERT_TRUE(one.append(survey).ok());
  for (std::uint64_t token = 100; token < 140; ++token) {
    UsageLedger& turn = token % 3 == 0 ? other : one;
    ASSERT_TRUE(turn.append(record(Kind::reserve, token, {10, 1})).ok());
    ASSERT_TRUE(turn.append(record(Kind::settle, token)).ok());
  }
  EXPECT_EQ(files(), 2u) << "the last, and the one before";
  EXPECT_EQ((*one.look())->sum(), (Room{1000 + 50 + 400, 1 + 1 + 40}));
  EXPECT_EQ((*idle.look())->sum(), (*one.look())->sum()) << "he has seen none of it";
  EXPECT_EQ((*UsageLedger(folder()).look())->sum(), (*one.look())->sum());

  OpenReservations open;
  ASSERT_TRUE(*other.each(nullptr, [&](const UsageRecord& one_of_all) { open.apply(one_of_all); }));
  ASSERT_EQ(open.all().size(), 1u);
  EXPECT_EQ(open.all().begin()->second.id, (Id{1, 1}));
  ASSERT_TRUE(other.append(record(Kind::base, 8, {2000, 2})).ok());
  EXPECT_EQ((*one.look())->sum(), (Room{2000 + 400, 2 + 40})) << "reserved since the survey began, in all the files";
}

TEST_F(UsageLedgerTest, IsMadeAnewWhenItIsTakenAway) {
  UsageLedger one(folder()), other(folder());
  ASSERT_TRUE(one.append(record(Kind::survey, 7)).ok());
  ASSERT_TRUE(one.append(record(Kind::base, 7, {100, 1})).ok());
  ASSERT_TRUE(other.look().ok());
  fs::remove_all(folder());
  const auto books = other.append(record(Kind::reserve, 1, {10, 1}));
  ASSERT_TRUE(books.ok()) << books.error().message;
  EXPECT_FALSE(books->is_known());
  EXPECT_FALSE((*one.look())->is_known());
  other.forget();
  EXPECT_FALSE(*one.look());
}

TEST_F(UsageLedgerTest, ClearsThoseOfOtherBootsThatAreOld) {
  UsageLedger ledger(folder());
  ASSERT_TRUE(ledger.append(record(Kind::survey, 7)).ok());
  const fs::path own = fs::directory_iterator(folder())->path();
  const fs::path recent = fs::path(folder()) / "ledger-0000000000000001-0000000000000001", old = fs::path(folder()) / "ledger-0000000000000002-0000000000000001";
  for (const fs::path& file : {recent, old}) std::ofstream(file) << "x";
  for (const fs::path& file : {own, old}) fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  ledger.clear_old();
  EXPECT_TRUE(fs::exists(own));
  EXPECT_TRUE(fs::exists(recent));
  EXPECT_FALSE(fs::exists(old));
}

TEST_F(UsageLedgerTest, LosesNothingThatThreadsEnterAtOnce) {
  UsageLedger one(folder(), 64), other(folder(), 64);
  ASSERT_TRUE(one.append(record(Kind::survey, 7)).ok());
  ASSERT_TRUE(one.append(record(Kind::base, 7, {0, 0})).ok());
  std::vector<std::jthread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < 250; ++i) {
        UsageLedger& ledger = thread % 2 == 0 ? one : other;
        const std::uint64_t token = 1 + thread * 1000 + i;
        const auto entered = ledger.append(record(Kind::reserve, token, {3, 1}));
        EXPECT_TRUE(entered.ok()) << entered.error().message;
        if (i % 2 == 0) {
          EXPECT_TRUE(ledger.append(record(Kind::cancel, token, {3, 1})).ok());
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ((*one.look())->sum(), (Room{3 * 500, 500}));
  EXPECT_EQ((*other.look())->sum(), (Room{3 * 500, 500}));
}

// ---- the L of gdsf

TEST(LevelHistory, TellsTheLevelOfThen) {
  const testing::TemporaryFolder folder;
  const std::string file = (folder / "levels").string();
  const LevelHistory::Time begin{std::chrono::seconds(1'700'000'000)};
  LevelHistory history = LevelHistory::read(file);
  EXPECT_EQ(history.last(), 0);
  history.rise(begin, 0.5);
  history.rise(begin + 10s, 0.25);  // it never falls
  history.rise(begin + 20s, 2.0 / 3);
  history.write(file);
  std::ofstream(file, std::ios::app) << "1700000030 9 #00000000\nnonsense\n";
  const LevelHistory read = LevelHistory::read(file);
  EXPECT_EQ(read.size(), 2u);
  EXPECT_EQ(read.at(begin - 1s), 0);
  EXPECT_EQ(read.at(begin), 0.5);
  EXPECT_EQ(read.at(begin + 19s), 0.5);
  EXPECT_EQ(read.at(begin + 20s), 2.0 / 3);
  EXPECT_EQ(read.at(begin + 1h), 2.0 / 3);
}

TEST(LevelHistory, StaysShort) {
  LevelHistory history;
  const LevelHistory::Time begin{std::chrono::seconds(1'700'000'000)};
  for (int i = 1; i <= 5000; ++i) history.rise(begin + std::chrono::seconds(i), i);
  EXPECT_LE(history.size(), LevelHistory::kMost);
  EXPECT_EQ(history.last(), 5000);
  EXPECT_EQ(history.at(begin + 4900s), 4900);
  EXPECT_LE(history.at(begin + 100s), 100) << "never above what it was";
}

}  // namespace
}  // namespace almanac::cache
