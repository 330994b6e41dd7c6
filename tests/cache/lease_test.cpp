#include "lease_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using Claim = LeaseTable::Claim;
using namespace std::chrono_literals;

TEST_F(Lease, IsGrantedToOneAtATime) {
  LeaseTable mine(options()), yours(options());
  LeaseTable::Watch my_watch, your_watch, other_watch;
  auto held = mine.try_acquire(id_, my_watch);
  EXPECT_EQ(held.claim, Claim::granted);
  EXPECT_FALSE(my_watch.has_waited());
  EXPECT_EQ(yours.try_acquire(id_, your_watch).claim, Claim::busy);
  EXPECT_TRUE(your_watch.has_waited());
  EXPECT_EQ(yours.try_acquire(sample_key(2).id(), other_watch).claim, Claim::granted);
  held.lease.release();
  EXPECT_EQ(yours.try_acquire(id_, your_watch).claim, Claim::granted);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Lease, MakesItsFolder) {
  LeaseOptions nested = options();
  nested.folder = folder_ / "a" / "b";
  LeaseTable table(nested);
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::granted);
}

TEST_F(Lease, NamesItsHolder) {
  LeaseTable table(options());
  LeaseTable::Watch watch;
  const auto held = table.try_acquire(id_, watch);
  const LeaseRecord record = read();
  EXPECT_EQ(record.holder.pid, ::getpid());
  EXPECT_GT(record.holder.start, 0u);
  EXPECT_FALSE(record.holder.boot.empty());
  EXPECT_TRUE(record.holder.pid_namespace.starts_with("pid:["));
  EXPECT_FALSE(record.holder.is_known_dead());
  EXPECT_EQ(record.text().substr(LeaseRecord::kBeatOffset, 20), beat_digits(0));
}

TEST_F(Lease, BeatsWhileItIsHeld) {
  LeaseOptions quick = options();
  quick.interval = 1ms;
  LeaseTable table(quick);
  LeaseTable::Watch watch;
  auto held = table.try_acquire(id_, watch);
  const std::string token = read().token;
  while (read().beat < 3) std::this_thread::yield();
  EXPECT_EQ(read().token, token);
  held.lease.release();
  EXPECT_EQ(files(), 0u);
}

TEST_F(Lease, IsWatchedUntilItsHolderEndsIt) {
  LeaseTable first(options()), waiter(options());
  LeaseTable::Watch first_watch, watch;
  auto held = first.try_acquire(id_, first_watch);
  for (int look = 0; look < 3; ++look) EXPECT_EQ(waiter.try_acquire(id_, watch).claim, Claim::busy);
  held.lease.release();
  EXPECT_EQ(waiter.try_acquire(id_, watch).claim, Claim::granted);
  EXPECT_TRUE(watch.was_ended_by_its_holder());
}

TEST_F(Lease, RemembersForAWhileThatSomebodyWasAtIt) {
  LeaseTable holder(options()), table(options());
  LeaseTable::Watch held_watch, watch;
  EXPECT_FALSE(table.was_busy(id_, 1h));
  auto held = holder.try_acquire(id_, held_watch);
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  EXPECT_TRUE(table.was_busy(id_, 1h));
  EXPECT_FALSE(table.was_busy(sample_key(2).id(), 1h));
  tick(1h);
  EXPECT_FALSE(table.was_busy(id_, 1h));
}

TEST_F(Lease, ThatIsOnlyClearedWasNotEndedByItsHolder) {
  LeaseRecord record{draw_token(), LeaseRecord::kClearing, ProcessIdentity::of_this_process()};
  write(record);
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  fs::remove(file());
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::granted);
  EXPECT_FALSE(watch.was_ended_by_its_holder());
}

TEST_F(Lease, ThatIsLeftIsSucceededByOneOfThoseWhoWait) {
  LeaseTable table(options()), one(options()), other(options());
  LeaseTable::Watch watch, watch_of_one, watch_of_other;
  auto held = table.try_acquire(id_, watch);
  EXPECT_EQ(one.try_acquire(id_, watch_of_one).claim, Claim::busy);
  EXPECT_EQ(other.try_acquire(id_, watch_of_other).claim, Claim::busy);
  held.lease.leave();
  EXPECT_FALSE(held.lease);
  EXPECT_TRUE(read().is_left);
  auto heir = one.try_acquire(id_, watch_of_one);
  EXPECT_EQ(heir.claim, Claim::inherited);
  EXPECT_FALSE(watch_of_one.was_ended_by_its_holder());
  EXPECT_EQ(other.try_acquire(id_, watch_of_other).claim, Claim::busy);
  heir.lease.leave();
  auto last = other.try_acquire(id_, watch_of_other);
  EXPECT_EQ(last.claim, Claim::inherited);
  last.lease.release();
  EXPECT_EQ(files(), 0U);
}

TEST_F(Lease, ThatManyLeftOneAfterTheOtherIsStillTaken) {
  std::vector<std::unique_ptr<LeaseTable>> tables;
  for (int i = 0; i < 200; ++i) {
    tables.push_back(std::make_unique<LeaseTable>(options()));
    LeaseTable::Watch watch;
    auto held = tables.back()->try_acquire(id_, watch);
    ASSERT_TRUE(held.lease) << i;
    held.lease.leave();
  }
  EXPECT_LE(files(), 64U);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Lease, ThatIsLeftAndWantedByNobodyIsClearedWithTheNext) {
  LeaseTable table(options()), later(options());
  LeaseTable::Watch watch, other;
  table.try_acquire(id_, watch).lease.leave();
  EXPECT_EQ(files(), 1U);
  const auto held = later.try_acquire(sample_key(2).id(), other);
  EXPECT_EQ(held.claim, Claim::granted);
  EXPECT_EQ(files(), 1U);
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Lease, ClearsWhatTheDeadLeftWhenTheFirstIsTaken) {
  ProcessIdentity dead = ProcessIdentity::of_this_process();
  dead.start -= 1;
  const auto leave_at = [&](std::int64_t number, const std::string& token, const ProcessIdentity& holder) {
    const LeaseRecord record{draw_token(), 0, holder};
    const std::string name = sample_key(number).id().hex() + (token.empty() ? "" : "." + token) + ".lease";
    std::ofstream(folder_ / name) << record.text();
    return std::pair(folder_ / name, record.token);
  };
  std::vector<fs::path> goes, stays;
  goes.push_back(leave_at(11, "", dead).first);                                     // a lease of the dead
  const auto first = leave_at(12, "", elsewhere());                                 // one that a dead one succeeded
  goes.insert(goes.end(), {first.first, leave_at(12, first.second, dead).first});
  const auto inherited = leave_at(13, "", dead);                                    // one that a living one succeeded
  stays.insert(stays.end(), {inherited.first, leave_at(13, inherited.second, ProcessIdentity::of_this_process()).first});
  stays.push_back(leave_at(14, "", ProcessIdentity::of_this_process()).first);      // of the living
  stays.push_back(leave_at(15, "", elsewhere()).first);                             // of who knows
  goes.push_back(leave_at(16, draw_token(), dead).first);                           // hanging on no chain: of the dead
  stays.push_back(leave_at(16, draw_token(), ProcessIdentity::of_this_process()).first);
  stays.push_back(leave_at(16, draw_token(), elsewhere()).first);                   // of who knows, and beaten lately
  goes.push_back(leave_at(16, draw_token(), elsewhere()).first);                    // … or days ago
  stays.push_back(leave_at(15, draw_token(), ProcessIdentity::of_this_process()).first);
  stays.push_back(leave_at(17, "", elsewhere()).first);                             // a lease is not old, it is waited for
  std::ofstream(folder_ / "README") << "somebody's";
  stays.push_back(folder_ / "README");
  for (const fs::path& path : {goes.back(), stays[stays.size() - 2], stays[stays.size() - 3]}) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - 48h);
  }

  LeaseTable table(options());
  LeaseTable::Watch watch;
  const auto held = table.try_acquire(id_, watch);
  EXPECT_EQ(held.claim, Claim::granted);
  for (const fs::path& path : goes) EXPECT_FALSE(fs::exists(path)) << path;
  for (const fs::path& path : stays) EXPECT_TRUE(fs::exists(path)) << path;
  EXPECT_EQ(files(), stays.size() + 1);

  // Once: what is left later is for who needs it.
  const fs::path late = leave_at(18, "", dead).first;
  EXPECT_EQ(table.try_acquire(sample_key(2).id(), watch).claim, Claim::granted);
  EXPECT_TRUE(fs::exists(late));
}

TEST_F(Lease, WhoseFolderVanishesIsGoneWithIt) {
  LeaseTable table(options()), waiter(options());
  LeaseTable::Watch watch, waiter_watch, next_watch;
  auto held = table.try_acquire(id_, watch);
  EXPECT_EQ(waiter.try_acquire(id_, waiter_watch).claim, Claim::busy);
  fs::remove_all(folder_);
  auto taken = waiter.try_acquire(id_, waiter_watch);  // makes the folder again
  EXPECT_EQ(taken.claim, Claim::granted);
  held.lease.release();
  EXPECT_EQ(files(), 1u);  // not the former holder's to end
  fs::remove_all(folder_);
  taken.lease.release();
  EXPECT_EQ(table.try_acquire(id_, next_watch).claim, Claim::granted);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Lease, IsDoneWithoutWhereNoFileCanBeOpened) {
  LeaseTable table(options()), waiter(options());
  LeaseTable::Watch watch, waiter_watch;
  auto held = table.try_acquire(sample_key(2).id(), watch);
  EXPECT_EQ(waiter.try_acquire(sample_key(2).id(), waiter_watch).claim, Claim::busy);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  LeaseTable::Watch other_watch;
  const Claim claim = table.try_acquire(id_, other_watch).claim;
  const Claim waiters = waiter.try_acquire(sample_key(2).id(), waiter_watch).claim;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(claim, Claim::unusable);
  EXPECT_EQ(waiters, Claim::unusable);
  ASSERT_FALSE(warnings_.empty());
  EXPECT_NE(warnings_[0].find("Too many open files"), std::string::npos) << warnings_[0];
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(waiter.try_acquire(sample_key(2).id(), waiter_watch).claim, Claim::busy);
}

TEST_F(Lease, NamesTheChildAfterAFork) {
  const ProcessIdentity parent = ProcessIdentity::of_this_process();
  const pid_t child = ::fork();
  if (child == 0) {
    const ProcessIdentity self = ProcessIdentity::of_this_process();
    ::_exit(self.pid == ::getpid() && self.pid != parent.pid && self.boot == parent.boot &&
                    self.life() == ProcessIdentity::Life::runs && parent.life() == ProcessIdentity::Life::runs ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Lease, IsLeftAloneByAForkedChild) {
  LeaseTable table(options());
  LeaseTable::Watch watch;
  auto held = table.try_acquire(id_, watch);
  const pid_t child = ::fork();
  if (child == 0) {
    held.lease.release();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(files(), 1u);
}

TEST_F(Lease, IsDoneWithoutWhereTheFolderIsAFile) {
  LeaseOptions blocked = options();
  blocked.folder = folder_ / "file";
  std::ofstream(blocked.folder) << "in the way";
  LeaseTable table(blocked);
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::unusable);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find(blocked.folder.string()), std::string::npos) << warnings_[0];
}

TEST_F(Lease, IsDoneWithoutWhereNothingCanBeWritten) {
  // A file-size limit of nothing: files can be made and not written, as on a full disk.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  LeaseTable table(options());
  LeaseTable::Watch watch;
  const Claim claim = table.try_acquire(id_, watch).claim;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(claim, Claim::unusable);
  EXPECT_EQ(warnings_.size(), 1u);
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace almanac::cache
