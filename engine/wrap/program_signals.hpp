#pragma once

#include <csignal>
#include <functional>

#include <sys/types.h>

namespace almanac::wrap {

/// The signals that the one waiting thread takes and passes on; all threads made meanwhile leave them to it.
class ProgramSignals {
 public:
  ProgramSignals();
  ~ProgramSignals();
  ProgramSignals(const ProgramSignals&) = delete;
  ProgramSignals& operator=(const ProgramSignals&) = delete;

  /// So that something else can be waited for with them. Errors: EnvironmentError ← there is no descriptor for it.
  void watch_as_file();

  /// Whether one has come that would have ended this process, had it not been taken: it does so with the end of this object. A program
  /// that is started all the same never learns of it, where the terminal has sent it.
  bool have_come() const noexcept;

  /// Passes signals on until the child has ended; gives its status. Errors: EnvironmentError ← it cannot be waited for.
  int wait_for(pid_t child) const;
  /// Does so, and calls `on_ready` when `awaited` is a descriptor that can be read; -1: nothing is awaited. After watch_as_file().
  int wait_for(pid_t child, const std::function<int()>& awaited, const std::function<void()>& on_ready) const;

  /// The mask that the program is to have.
  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t set_, before_;
  struct sigaction child_before_ {};
  int file_ = -1;
};

}  // namespace almanac::wrap
