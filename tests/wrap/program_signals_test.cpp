// Signals that come before there is a program to pass them on to.

#include "program_signals.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include <sys/wait.h>
#include <unistd.h>

namespace almanac::wrap {
namespace {

/// How a process ends that gets this signal while it takes them, and gives up then, if it should.
int ending_by(int number, void (*answer)(int)) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(number, answer);
    {
      const ProgramSignals signals;
      if (signals.have_come()) ::_exit(1);
      ::raise(number);
      if (!signals.have_come()) ::_exit(2);
    }
    ::_exit(3);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(ProgramSignals, WhatComesBeforeTheProgramIsSeenAndEndsThisProcess) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) EXPECT_EQ(ending_by(number, SIG_DFL), 128 + number);
}

TEST(ProgramSignals, WhatIsIgnoredEndsNothing) {
  for (const int number : {SIGINT, SIGHUP, SIGCHLD}) EXPECT_EQ(ending_by(number, SIG_IGN), 2);
}

}  // namespace
}  // namespace almanac::wrap
