#include "progress.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace almanac::cli {
namespace {

constexpr std::chrono::milliseconds kTerminalPause{100};
constexpr std::chrono::seconds kPlainPause{2};

}  // namespace

Progress::Progress(bool shown) : shown_(shown), terminal_(isatty(STDERR_FILENO) == 1), last_(start_) {}

Progress::~Progress() { clear(); }

void Progress::at(double fraction, std::string_view what) {
  if (!shown_) return;
  const std::scoped_lock guard(mutex_);
  const Clock::time_point now = Clock::now();
  const auto pause = terminal_ ? std::chrono::duration_cast<Clock::duration>(kTerminalPause)
                               : std::chrono::duration_cast<Clock::duration>(kPlainPause);
  if (now - last_ < pause) return;
  last_ = now;
  fraction = std::clamp(fraction, 0.0, 1.0);
  std::string left;
  if (fraction > 0.02) {
    const auto gone = std::chrono::duration_cast<std::chrono::nanoseconds>(now - start_);
    left = ", " + format_duration(std::chrono::nanoseconds(
                      static_cast<std::int64_t>(static_cast<double>(gone.count()) * (1 - fraction) / fraction))) + " left";
  }
  if (terminal_) {
    constexpr int kBar = 24;
    const int filled = static_cast<int>(fraction * kBar);
    fmt::print(stderr, "\r\033[K[{}{}] {:3.0f} %  {}{}", std::string(static_cast<std::size_t>(filled), '#'),
               std::string(static_cast<std::size_t>(kBar - filled), '.'), 100 * fraction, what, left);
    line_open_ = true;
  } else {
    fmt::print(stderr, "{:3.0f} %  {}{}\n", 100 * fraction, what, left);
  }
  std::fflush(stderr);
}

void Progress::clear() {
  const std::scoped_lock guard(mutex_);
  if (line_open_) fmt::print(stderr, "\r\033[K");
  line_open_ = false;
}

}  // namespace almanac::cli
