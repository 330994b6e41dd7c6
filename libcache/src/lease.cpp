#include "lease.hpp"

#include "lease_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace almanac::cache {
namespace {

/// Keys of which is remembered when somebody was last seen to be at them.
constexpr std::size_t kMostSeen = 4096;

/// No signal of the host program is for our thread to handle.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    blocked_ = ::pthread_sigmask(SIG_SETMASK, &all, &before_) == 0;
  }
  ~SignalsBlocked() {
    if (blocked_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
  bool blocked_;
};

}  // namespace

LeaseTable::LeaseTable(LeaseOptions options) : options_(std::move(options)), owner_(::getpid()) {}

LeaseTable::~LeaseTable() {
  if (owner_ != ::getpid()) {
    abandon();
    return;
  }
  std::jthread beating;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    beating = std::move(beating_);
  }
  wake_.notify_all();
}

/// In a forked child: the thread stayed with the parent, perhaps with the lock.
void LeaseTable::abandon() {
  if (beating_.joinable()) beating_.detach();
}

std::filesystem::path LeaseTable::base(const Id& id) const { return options_.folder / (id.hex() + ".lease"); }

std::filesystem::path LeaseTable::successor(const Id& id, const Link& link) const {
  return options_.folder / (id.hex() + "." + link.token + ".lease");
}

/// The files of this key from the oldest to the one in force; none: nobody is at it.
std::vector<LeaseTable::Link> LeaseTable::chain(const Id& id) const {
  std::vector<Link> links;
  std::filesystem::path path = base(id);
  while (links.size() < kLongestChain) {
    const LeaseFile file(path, O_RDONLY);
    if (!file.is_open() && errno == ENOENT) break;
    const auto record = file.is_open() ? file.record() : std::nullopt;
    Link link{path, record ? record->token : torn_token(links.size()), 0, {}};
    if (record) {
      link.beat = record->beat;
      link.holder = record->holder;
      link.is_left = record->is_left;
    }
    path = successor(id, link);
    links.push_back(std::move(link));
  }
  return links;
}

LeaseTable::Created LeaseTable::create(const std::filesystem::path& path, const LeaseRecord& record) {
  int failure = 0;
  for (const bool may_make_folder : {true, false}) {
    failure = make_lease_file(path, record);
    if (failure == 0) return Created::yes;
    if (failure == EEXIST) return Created::exists;
    std::error_code ignored;  // the second try says what is wrong
    if (failure != ENOENT || !may_make_folder) break;
    std::filesystem::create_directories(options_.folder, ignored);
  }
  warn("leases", "cannot take leases in " + options_.folder.string() + " (" + std::strerror(failure) +
                     "); other processes may compute the same");
  return Created::failed;
}

/// True when nobody is to be waited for here any more.
bool LeaseTable::is_vanished(const Link& link, Watch& watch) {
  if (link.is_left) watch.seen_ = link;
  if (link.is_left || holders_.is_known_dead(link.holder)) return true;
  const auto now = options_.now();
  if (watch.seen_.token != link.token || watch.seen_.beat != link.beat) {
    watch.seen_ = link;
    watch.silent_ = std::chrono::nanoseconds(0);
  } else {
    // A waiter that was itself stopped for long has seen one silent interval, not many.
    watch.silent_ += std::min<std::chrono::nanoseconds>(now - watch.last_look_, options_.interval);
  }
  watch.last_look_ = now;
  return watch.silent_ >= options_.silent_intervals * options_.interval;
}

/// A waiter's look. Nobody succeeds a holder that lives and beats, so the file that was in force still is while it is there.
/// False: gone, or succeeded perhaps; then the whole chain has to be looked at.
bool LeaseTable::is_still_held(Watch& watch) {
  const LeaseFile file(watch.seen_.path, O_RDONLY);
  if (!file.is_open()) return false;
  const auto record = file.record();
  Link link = watch.seen_;
  if (record) {
    if (record->token != link.token) return false;
    link.beat = record->beat;
    link.is_left = record->is_left;
  } else if (!link.token.starts_with("torn")) {
    return false;
  }
  return !is_vanished(link, watch);
}

LeaseTable::Attempt LeaseTable::try_acquire(const Id& id, Watch& watch) {
  Attempt attempt{Claim::busy, {}};
  if (!watch.has_waited() || !is_still_held(watch)) attempt = acquire(id, watch);
  if (attempt.claim == Claim::busy) note_busy(id);
  if (attempt.lease && !cleared_.exchange(true, std::memory_order_relaxed)) clear_leftovers(attempt.lease.held_->path);
  return attempt;
}

bool LeaseTable::was_busy(const Id& id, std::chrono::nanoseconds ago) {
  const auto now = options_.now();
  const MutexLock lock(mutex_);
  const auto seen = seen_busy_.find(id);
  return seen != seen_busy_.end() && now - seen->second < ago;
}

void LeaseTable::note_busy(const Id& id) {
  const auto now = options_.now();
  const MutexLock lock(mutex_);
  if (seen_busy_.size() >= kMostSeen) seen_busy_.clear();  // then each waiter looks once more for itself
  seen_busy_[id] = now;
}

LeaseTable::Attempt LeaseTable::acquire(const Id& id, Watch& watch) {
  LeaseRecord record{draw_token(), 0, ProcessIdentity::of_this_process()};
  std::filesystem::path path = base(id);
  // To look costs next to nothing; exclusive create has the folder to itself, and many may be after the same key.
  if (!LeaseFile(path, O_RDONLY).is_open()) {
    switch (create(path, record)) {
      case Created::yes: return {Claim::granted, hold(std::move(path), std::move(record), {})};
      case Created::failed: return {Claim::unusable, {}};
      case Created::exists: break;
    }
  }

  std::vector<Link> links = chain(id);
  if (links.empty() || !is_vanished(links.back(), watch)) return {Claim::busy, {}};
  if (links.size() == kLongestChain) {
    warn("lease chain", "too many dead holders of the lease " + path.string());
    return {Claim::unusable, {}};
  }
  path = successor(id, links.back());
  switch (create(path, record)) {
    case Created::yes: break;
    case Created::failed: return {Claim::unusable, {}};
    case Created::exists: return {Claim::busy, {}};  // somebody else succeeded it
  }
  // The chain may have been ended between the look and the create: then this file is in nobody's way, but nor
  // does anybody see it.
  const std::vector<Link> now_there = chain(id);
  if (std::ranges::none_of(now_there, [&](const Link& link) { return link.token == record.token; })) {
    ::unlink(path.c_str());
    return {Claim::busy, {}};
  }
  return {Claim::inherited, hold(std::move(path), std::move(record), std::move(links))};
}

LeaseTable::Lease LeaseTable::hold(std::filesystem::path path, LeaseRecord record, std::vector<Link> succeeded) {
  auto held = std::make_shared<Held>(Held{std::move(path), std::move(record), std::move(succeeded)});
  Lease lease(this, held);
  const MutexLock lock(mutex_);
  held_.push_back(std::move(held));
  if (!beating_.joinable()) {
    try {
      const SignalsBlocked blocked;
      beating_ = std::jthread([this] { beat(); });
    } catch (const std::system_error&) {
      // Without a heartbeat others may take this holder for vanished, and compute twice.
    }
  }
  if (held_.size() == 1) wake_.notify_all();
  return lease;
}

void LeaseTable::end(const Held& held, bool is_done) noexcept {
  if (owner_ != ::getpid()) return;
  try {
    {
      const MutexLock lock(mutex_);
      std::erase_if(held_, [&](const auto& one) { return one.get() == &held; });
    }
    // A chain of many who left would soon be too long to succeed: it is ended, and those who wait may all try.
    const bool is_long = held.succeeded.size() >= kLongestChain / 2;
    if (is_done || is_long || !mark_left(held)) remove_files(held);
  } catch (...) {
    // Out of memory: the file stays, and others see a silent or dead holder.
  }
}

bool LeaseTable::mark_left(const Held& held) {
  LeaseFile file(held.path, O_RDWR);
  if (!file.is_open()) return false;
  const auto record = file.record();
  return record && record->token == held.record.token && file.write(LeaseRecord::kLeft, record->end_offset());
}

/// The whole chain, oldest first, each only while it is what it was.
void LeaseTable::remove_files(const Held& held) {
  for (std::size_t place = 0; place < held.succeeded.size(); ++place) {
    const Link& link = held.succeeded[place];
    const auto record = lease_record_in(link.path);
    if ((record ? record->token : torn_token(place)) == link.token) ::unlink(link.path.c_str());
  }
  const auto own = lease_record_in(held.path);
  // What cannot be read is taken for ours. Left behind it would be waited for, since this process lives; should it be
  // somebody else's after all, the same may be computed twice.
  if (!own || own->token == held.record.token) past_signals([&] { return ::unlink(held.path.c_str()); });
}

void LeaseTable::beat() {
  std::vector<std::shared_ptr<Held>> leases;
  for (;;) {
    leases.clear();
    {
      const MutexLock lock(mutex_);
      while (held_.empty() && !stopping_) wake_.wait(mutex_);
      if (!stopping_) wake_.wait_for(mutex_, options_.interval);
      if (stopping_) return;
      leases = held_;
    }
    for (const auto& held : leases) {
      LeaseFile file(held->path, O_RDWR);
      if (!file.is_open()) continue;
      const auto record = file.record();
      if (record && record->token == held->record.token) file.write(beat_digits(++held->beat), LeaseRecord::kBeatOffset);
    }
  }
}

void LeaseTable::warn(std::string_view cause, const std::string& line) const {
  if (options_.warn) options_.warn(cause, line);
}

LeaseTable::Lease& LeaseTable::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    table_ = std::exchange(other.table_, nullptr);
    held_ = std::move(other.held_);
  }
  return *this;
}

void LeaseTable::Lease::release() noexcept {
  if (const auto held = std::move(held_)) table_->end(*held, true);
}

void LeaseTable::Lease::leave() noexcept {
  if (const auto held = std::move(held_)) table_->end(*held, false);
}

}  // namespace almanac::cache
