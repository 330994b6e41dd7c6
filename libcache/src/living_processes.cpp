#include "living_processes.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

/// Not open where the system has no such thing, or there is no such process.
FileHandle open_process([[maybe_unused]] std::int64_t pid) {
#ifdef SYS_pidfd_open
  return FileHandle(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0u)));
#else
  return FileHandle();
#endif
}

bool has_ended(const FileHandle& process) {
  pollfd one{process.get(), POLLIN, 0};
  return ::poll(&one, 1, 0) > 0 && (one.revents & POLLIN) != 0;
}

}  // namespace

bool LivingProcesses::is_known_dead(const ProcessIdentity& process) {
  if (!process.is_of_this_system()) return false;
  const Name name{process.pid, process.start};
  std::shared_ptr<const FileHandle> end;
  {
    const MutexLock lock(mutex_);
    if (const auto known = ends_.find(name); known != ends_.end()) end = known->second;
  }
  if (end) {
    if (!has_ended(*end)) return false;
    // Or the program has closed what is not its own, and the descriptor is another one: /proc is asked.
    const MutexLock lock(mutex_);
    ends_.erase(name);
  }

  // Opened first: should the pid change hands in between, the start below is another one.
  FileHandle opened = open_process(process.pid);
  const ProcessIdentity::Life life = process.life();
  if (life == ProcessIdentity::Life::runs && opened.is_open()) {
    end = std::make_shared<const FileHandle>(std::move(opened));
    const MutexLock lock(mutex_);
    if (ends_.size() >= kMost) ends_.clear();  // most of them belong to leases that ended long ago
    ends_.emplace(name, std::move(end));
  }
  return life == ProcessIdentity::Life::ended;
}

}  // namespace almanac::cache
