#include "progress.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace almanac::cli {
namespace {

constexpr std::chrono::milliseconds kTerminalPause{100};
constexpr std::chrono::seconds kPlainPause{2};
constexpr std::chrono::seconds kCountDownPause{1};

}  // namespace

Progress::Progress(bool shown) : shown_(shown), terminal_(isatty(STDERR_FILENO) == 1), last_(start_) {}

Progress::~Progress() {
  if (counting_.joinable()) {
    counting_.request_stop();
    counting_.join();
  }
  clear();
}

void Progress::at(double fraction, std::string_view what) {
  if (!shown_) return;
  const std::scoped_lock guard(mutex_);
  const Clock::time_point now = Clock::now();
  const auto pause = terminal_ ? std::chrono::duration_cast<Clock::duration>(kTerminalPause)
                               : std::chrono::duration_cast<Clock::duration>(kPlainPause);
  if (now - last_ < pause) return;
  last_ = now;
  fraction = std::clamp(fraction, 0.0, 1.0);
  std::optional<std::chrono::nanoseconds> left;
  if (fraction > 0.02) {
    const auto gone = std::chrono::duration_cast<std::chrono::nanoseconds>(now - start_);
    left = std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(gone.count()) * (1 - fraction) / fraction));
  }
  draw(fraction, what, left);
}

void Progress::at(double fraction, std::string_view what, std::chrono::nanoseconds left) {
  if (!shown_) return;
  const std::scoped_lock guard(mutex_);
  const Clock::time_point now = Clock::now();
  if (!terminal_ && now - last_ < kPlainPause) return;
  last_ = now;
  step_ = Step{std::clamp(fraction, 0.0, 1.0), std::string(what), left, now};
  draw(step_->fraction, what, left);
  if (terminal_ && !counting_.joinable()) counting_ = std::jthread([this](const std::stop_token& stop) { count_down(stop); });
}

void Progress::count_down(const std::stop_token& stop) {
  std::unique_lock guard(mutex_);
  while (!stop.stop_requested()) {
    stopped_.wait_for(guard, stop, kCountDownPause, [] { return false; });
    if (stop.stop_requested() || !step_ || !line_open_) continue;
    const std::chrono::nanoseconds gone = Clock::now() - step_->start;
    const std::chrono::nanoseconds left = std::max(step_->left - gone, std::chrono::nanoseconds(0));
    const double share = step_->left.count() > 0 ? static_cast<double>(left.count()) / static_cast<double>(step_->left.count()) : 1;
    draw(1 - (1 - step_->fraction) * share, step_->what, left);
  }
}

void Progress::draw(double fraction, std::string_view what, std::optional<std::chrono::nanoseconds> time_left) {
  const std::string left = time_left ? fmt::format(", {} left", format_duration(*time_left)) : "";
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
