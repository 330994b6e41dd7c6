#include "interrupt.hpp"

#include <almanac/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace almanac::cli {
namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t requested = 0;

// Whichever thread the signal comes to, and if it comes just before the wait: what it writes ends the wait.
std::array<int, 2> alarm_pipe{-1, -1};

void on_signal(int) {
  requested = 1;
  const int before = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(alarm_pipe[1], &byte, 1);
  errno = before;
}

}  // namespace

void watch_for_interrupt() {
  if (alarm_pipe[0] < 0 && pipe2(alarm_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    throw EnvironmentError("cannot watch for Ctrl-C: " + std::generic_category().message(errno));
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | static_cast<unsigned>(SA_RESTART));
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupt_requested() noexcept { return requested != 0; }

bool wait_for_interrupt(std::chrono::nanoseconds longest) {
  constexpr std::chrono::hours kOneWait{24};  // so that the sum with now() fits whatever was asked
  while (longest.count() > 0 && !interrupt_requested()) {
    const Clock::time_point begin = Clock::now();
    const auto pause = std::min<std::chrono::nanoseconds>(longest, kOneWait);
    const timespec limit{.tv_sec = static_cast<time_t>(pause / std::chrono::seconds(1)),
                         .tv_nsec = static_cast<long>((pause % std::chrono::seconds(1)).count())};
    pollfd end{alarm_pipe[0], POLLIN, 0};
    ppoll(&end, 1, &limit, nullptr);
    longest -= Clock::now() - begin;
  }
  return interrupt_requested();
}

}  // namespace almanac::cli
