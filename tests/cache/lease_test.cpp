#include "lease.hpp"

#include "sample_entry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <latch>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

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
  LeaseTable::Watch my_watch, your_watch;
  auto held = mine.try_acquire(id_, my_watch);
  EXPECT_EQ(held.claim, Claim::granted);
  EXPECT_FALSE(my_watch.has_waited());
  EXPECT_EQ(yours.try_acquire(id_, your_watch).claim, Claim::busy);
  EXPECT_TRUE(your_watch.has_waited());
  EXPECT_EQ(yours.try_acquire(sample_key(2).id(), your_watch).claim, Claim::granted);
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
