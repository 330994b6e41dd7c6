#include "lease.hpp"

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <latch>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;
using Claim = LeaseTable::Claim;
using namespace std::chrono_literals;

class Lease : public testing::Test {
 protected:
  Lease() {
    std::string name = (fs::temp_directory_path() / "almanac-lease-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Lease() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  /// A table whose waiter's clock stands still but for tick(), and whose heartbeat does not come in time.
  LeaseOptions options() {
    LeaseOptions options;
    options.folder = folder_;
    options.interval = 1h;
    options.silent_intervals = 3;
    options.now = [this] { return std::chrono::steady_clock::time_point(now_.load()); };
    options.warn = [this](std::string_view, std::string_view line) { warnings_.emplace_back(line); };
    return options;
  }
  void tick(std::chrono::nanoseconds time) { now_ = now_.load() + time; }

  fs::path file() const { return folder_ / (id_.hex() + ".lease"); }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {})); }

  /// A lease file as somebody else would have left it.
  LeaseRecord leave(ProcessIdentity holder) const {
    const LeaseRecord record{draw_token(), 0, std::move(holder)};
    write(record);
    return record;
  }
  void write(const LeaseRecord& record) const { std::ofstream(file()) << record.text(); }
  LeaseRecord read() const {
    std::ifstream in(file());
    const auto record = LeaseRecord::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    return record.value_or(LeaseRecord{});
  }
  static ProcessIdentity elsewhere() { return {"another-boot", "pid:[1]", 1, 1, "elsewhere"}; }

  const Id id_ = sample_key(1).id();
  fs::path folder_;
  std::atomic<std::chrono::nanoseconds> now_{0ns};
  std::vector<std::string> warnings_;
};

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

TEST_F(Lease, OfAProcessThatDiedIsInheritedAtOnce) {
  const pid_t child = ::fork();
  if (child == 0) {
    LeaseTable table(options());
    LeaseTable::Watch watch;
    const auto held = table.try_acquire(id_, watch);
    ::_exit(held.claim == Claim::granted ? 0 : 1);
  }
  // Ended, but not reaped: a zombie still has its pid.
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  LeaseTable table(options());
  LeaseTable::Watch watch;
  {
    auto held = table.try_acquire(id_, watch);
    EXPECT_EQ(held.claim, Claim::inherited);
    EXPECT_EQ(files(), 2u);
  }
  EXPECT_EQ(files(), 0u);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Lease, OfAReapedProcessIsInheritedAtOnce) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ProcessIdentity gone = ProcessIdentity::of_this_process();
  gone.pid = child;
  leave(gone);
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::inherited);
}

TEST_F(Lease, OfAPidThatIsUsedAgainIsInheritedAtOnce) {
  ProcessIdentity former = ProcessIdentity::of_this_process();
  former.start -= 1;
  leave(former);
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::inherited);
}

TEST_F(Lease, OfALivingProcessIsNotInherited) {
  leave(ProcessIdentity::of_this_process());
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
}

TEST_F(Lease, FromElsewhereIsInheritedOnceItsHeartbeatStopped) {
  LeaseRecord record = leave(elsewhere());
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  for (int interval = 0; interval < 2; ++interval) {
    tick(1h);
    EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  }
  record.beat = 1;  // one sign of life, and the count begins anew
  write(record);
  for (int interval = 0; interval < 3; ++interval) {
    EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
    tick(1h);
  }
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::inherited);
}

TEST_F(Lease, IsNotInheritedByAWaiterThatWasItselfAsleep) {
  leave(elsewhere());
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  tick(100h);
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
}

TEST_F(Lease, ThatIsTornIsInheritedAfterItsSilence) {
  std::ofstream(file()) << "almanac-lease 1\nbeat 00";
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  for (int interval = 0; interval < 2; ++interval) {
    tick(1h);
    EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  }
  tick(1h);
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::inherited);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Lease, OfTheDeadIsInheritedByExactlyOne) {
  ProcessIdentity former = ProcessIdentity::of_this_process();
  former.start -= 1;
  for (int round = 0; round < 50; ++round) {
    leave(former);
    constexpr int kWaiters = 16;
    std::latch start(kWaiters), tried(kWaiters);
    std::atomic<int> inherited{0}, granted{0}, unusable{0};
    {
      std::vector<std::jthread> waiters;
      for (int waiter = 0; waiter < kWaiters; ++waiter) {
        waiters.emplace_back([&] {
          LeaseOptions quiet = options();
          LeaseTable table(quiet);
          LeaseTable::Watch watch;
          start.arrive_and_wait();
          const auto attempt = table.try_acquire(id_, watch);
          inherited += attempt.claim == Claim::inherited;
          granted += attempt.claim == Claim::granted;
          unusable += attempt.claim == Claim::unusable;
          tried.arrive_and_wait();  // the heir holds it until all have tried
        });
      }
    }
    ASSERT_EQ(inherited, 1);
    ASSERT_EQ(granted, 0);
    ASSERT_EQ(unusable, 0);
    ASSERT_EQ(files(), 0u);
  }
}

TEST_F(Lease, IsInheritedFromAnHeirThatDied) {
  ProcessIdentity former = ProcessIdentity::of_this_process();
  former.start -= 1;
  const LeaseRecord first = leave(former);
  const LeaseRecord heir{draw_token(), 0, former};
  std::ofstream(folder_ / (id_.hex() + "." + first.token + ".lease")) << heir.text();
  LeaseTable table(options());
  LeaseTable::Watch watch;
  {
    const auto held = table.try_acquire(id_, watch);
    EXPECT_EQ(held.claim, Claim::inherited);
    EXPECT_EQ(files(), 3u);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(Lease, OfAHolderThatWakesAgainIsItsOwnToEnd) {
  LeaseTable sleeper(options()), heir(options());
  LeaseTable::Watch sleeper_watch, heir_watch, third_watch;
  auto slept = sleeper.try_acquire(id_, sleeper_watch);
  for (int look = 0; look < 3; ++look) {
    ASSERT_EQ(heir.try_acquire(id_, heir_watch).claim, Claim::busy);
    tick(1h);
  }
  auto inherited = heir.try_acquire(id_, heir_watch);
  ASSERT_EQ(inherited.claim, Claim::inherited);

  slept.lease.release();  // its own file, not the heir's
  EXPECT_EQ(files(), 1u);
  LeaseTable third(options());
  auto fresh = third.try_acquire(id_, third_watch);
  ASSERT_EQ(fresh.claim, Claim::granted);
  inherited.lease.release();  // its own file, not the fresh one that has the sleeper's name now
  EXPECT_EQ(files(), 1u);
  EXPECT_TRUE(fs::exists(file()));
}

TEST_F(Lease, UnderTheNameOfOneThatEndedIsLeftAloneByItsFormerHolder) {
  LeaseTable sleeper(options()), heir(options()), third(options());
  LeaseTable::Watch sleeper_watch, heir_watch, third_watch;
  auto slept = sleeper.try_acquire(id_, sleeper_watch);
  for (int look = 0; look < 3; ++look) {
    ASSERT_EQ(heir.try_acquire(id_, heir_watch).claim, Claim::busy);
    tick(1h);
  }
  heir.try_acquire(id_, heir_watch).lease.release();  // ends the chain, the sleeper's file first
  ASSERT_EQ(files(), 0u);
  auto fresh = third.try_acquire(id_, third_watch);
  ASSERT_EQ(fresh.claim, Claim::granted);
  slept.lease.release();
  EXPECT_TRUE(fs::exists(file()));
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

TEST_F(Lease, ThatWasInheritedMeanwhileIsNotInheritedAgain) {
  leave(elsewhere());
  LeaseTable early(options()), late(options());
  LeaseTable::Watch early_watch, late_watch;
  for (int look = 0; look < 3; ++look) {
    EXPECT_EQ(early.try_acquire(id_, early_watch).claim, Claim::busy);
    tick(1h);
  }
  EXPECT_EQ(late.try_acquire(id_, late_watch).claim, Claim::busy);
  auto inherited = early.try_acquire(id_, early_watch);
  EXPECT_EQ(inherited.claim, Claim::inherited);
  // The late one sees the silence of the first holder three times, and then the heir.
  for (int look = 0; look < 5; ++look) {
    tick(1h);
    EXPECT_EQ(late.try_acquire(id_, late_watch).claim, Claim::busy);
  }
  EXPECT_EQ(files(), 2u);
  inherited.lease.release();
  EXPECT_EQ(late.try_acquire(id_, late_watch).claim, Claim::granted);
}

/// A process that holds the lease until it is killed.
class Holder {
 public:
  Holder(const LeaseOptions& options, const Id& id) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    child_ = ::fork();
    if (child_ == 0) {
      LeaseTable table(options);
      LeaseTable::Watch watch;
      const auto held = table.try_acquire(id, watch);
      if (held.claim != Claim::granted || ::write(ends[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte = 0;
    if (::read(ends[0], &byte, 1) != 1) throw std::runtime_error("read");
    for (const int end : ends) ::close(end);
  }
  ~Holder() { kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  /// Gone when this returns.
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(std::exchange(child_, 0), nullptr, 0);
  }

 private:
  pid_t child_;
};

TEST_F(Lease, OfOneThatIsKilledWhileItIsWatchedIsInheritedAtTheNextLook) {
  Holder holder(options(), id_);
  LeaseTable table(options());
  LeaseTable::Watch watch;
  for (int look = 0; look < 3; ++look) EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  holder.kill();
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::inherited);
}

TEST_F(Lease, IsWatchedRightlyWhateverBecameOfItsDescriptors) {
  // A program that closes all descriptors it does not know, and opens others in their place.
  Holder holder(options(), id_);
  LeaseTable table(options());
  LeaseTable::Watch watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  const int next = ::open("/dev/null", O_RDONLY);
  for (int other = 3; other < next; ++other) ::dup2(next, other);
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  holder.kill();
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::inherited);
  ::close(next);
}

TEST_F(Lease, OfOneThatDiedWhileItWasWatchedWasNotEndedByItsHolder) {
  Holder holder(options(), id_);
  LeaseTable table(options()), other(options());
  LeaseTable::Watch watch, other_watch;
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::busy);
  holder.kill();
  EXPECT_EQ(other.try_acquire(sample_key(2).id(), other_watch).claim, Claim::granted);  // and clears what the dead left
  EXPECT_EQ(table.try_acquire(id_, watch).claim, Claim::granted);
  EXPECT_TRUE(watch.has_waited());
  EXPECT_FALSE(watch.was_ended_by_its_holder());
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

TEST(LeaseRecord, ReadsBackWhatItWrote) {
  const LeaseRecord record{draw_token(), 42, ProcessIdentity::of_this_process()};
  const auto read = LeaseRecord::parse(record.text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text(), record.text());
  EXPECT_EQ(read->token, record.token);
  EXPECT_EQ(read->beat, 42u);
}

TEST(LeaseRecord, RefusesEveryPieceOfOne) {
  const std::string text = LeaseRecord{draw_token(), 0, ProcessIdentity::of_this_process()}.text();
  for (std::size_t length = 0; length < text.size(); ++length) EXPECT_FALSE(LeaseRecord::parse(text.substr(0, length))) << length;
}

TEST(LeaseRecord, RefusesATokenThatIsNotOne) {
  LeaseRecord record{draw_token(), 0, {}};
  record.token = "../../../../../../../etc/passwd0";
  EXPECT_FALSE(LeaseRecord::parse(record.text()));
}

}  // namespace
}  // namespace almanac::cache
