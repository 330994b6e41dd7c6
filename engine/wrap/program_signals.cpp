#include "program_signals.hpp"

#include "errno_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <string>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace almanac::wrap {
namespace {

constexpr std::array kPassedOn{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

bool has_ended(pid_t child, int& status) {
  const pid_t ended = ::waitpid(child, &status, WNOHANG);
  if (ended < 0 && errno != EINTR) throw EnvironmentError(fmt::format("cannot wait for the program: {}", errno_text(errno)));
  return ended == child;
}

/// What the terminal sends, it sends to the program as well.
void pass_on(pid_t child, int number, int code) noexcept {
  if (number != SIGCHLD && code != SI_KERNEL) ::kill(child, number);
}

}  // namespace

ProgramSignals::ProgramSignals() {
  sigemptyset(&set_);
  for (const int number : kPassedOn) sigaddset(&set_, number);
  sigaddset(&set_, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
  // Whoever started us may have left it ignored: then the end of the program would send nothing, and have no status.
  struct sigaction told {};
  told.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &told, &child_before_);
}

ProgramSignals::~ProgramSignals() {
  if (file_ >= 0) ::close(file_);
  sigaction(SIGCHLD, &child_before_, nullptr);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void ProgramSignals::watch_as_file() {
  file_ = ::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (file_ < 0) throw EnvironmentError(fmt::format("cannot wait for signals: {}", errno_text(errno)));
}

bool ProgramSignals::have_come() const noexcept {
  sigset_t pending;
  if (sigpending(&pending) != 0) return false;
  for (const int number : kPassedOn) {
    struct sigaction answer {};
    if (sigismember(&pending, number) != 1 || sigismember(&before_, number) == 1) continue;
    if (sigaction(number, nullptr, &answer) == 0 && answer.sa_handler != SIG_IGN) return true;
  }
  return false;
}

int ProgramSignals::wait_for(pid_t child) const {
  int status = 0;
  while (!has_ended(child, status)) {
    siginfo_t info{};
    if (const int number = ::sigwaitinfo(&set_, &info); number > 0) pass_on(child, number, info.si_code);
  }
  return status;
}

int ProgramSignals::wait_for(pid_t child, const std::function<int()>& awaited, const std::function<void()>& on_ready) const {
  int status = 0;
  while (!has_ended(child, status)) {
    std::array<pollfd, 2> watched{{{file_, POLLIN, 0}, {awaited(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) <= 0) continue;
    if (watched[1].revents != 0) on_ready();
    signalfd_siginfo info{};
    while (::read(file_, &info, sizeof info) == sizeof info) pass_on(child, static_cast<int>(info.ssi_signo), info.ssi_code);
  }
  return status;
}

}  // namespace almanac::wrap
