#include "lease_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <latch>
#include <stdexcept>
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

}  // namespace
}  // namespace almanac::cache
