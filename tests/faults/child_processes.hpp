#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <sys/mman.h>
#include <sys/types.h>

namespace almanac::testing {

/// A pipe on which processes tell each other how far they are. Reading waits.
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void give(int times = 1) const;
  void await(int times = 1) const;

 private:
  std::array<int, 2> ends_{};
};

/// A T that this process and those it starts from now on see alike. It survives whoever writes to it: what a killed process
/// told is still there.
template <class T>
class SharedMemory {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  SharedMemory() : at_(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (at_ == MAP_FAILED) throw std::runtime_error("no shared memory");
    new (at_) T;
  }
  ~SharedMemory() { ::munmap(at_, sizeof(T)); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// As it was at the beginning.
  void renew() { new (at_) T; }

  T* operator->() const { return static_cast<T*>(at_); }
  T& operator*() const { return *static_cast<T*>(at_); }

 private:
  void* at_;
};

/// Processes forked from a test; those that are left at the end are killed. A process with threads forks children without
/// them: start before, or while none is in the middle of anything.
class ChildProcesses {
 public:
  ChildProcesses() = default;
  ~ChildProcesses();
  ChildProcesses(const ChildProcesses&) = delete;
  ChildProcesses& operator=(const ChildProcesses&) = delete;

  /// Runs `body` in a process of its own; it is well when that gives true.
  pid_t start(const std::function<bool()>& body);

  /// Waits for its end; all: of those that were not killed, but for one.
  void expect_well(pid_t child);
  void expect_all_well(pid_t but = 0);

  /// SIGKILL; afterwards it is gone, as a zombie until the end of all.
  void kill(pid_t child);

 private:
  std::vector<pid_t> children_, killed_;
};

/// The files below `folder` that are, or were, in the making.
std::vector<std::filesystem::path> leftovers_in(const std::filesystem::path& folder);

}  // namespace almanac::testing
