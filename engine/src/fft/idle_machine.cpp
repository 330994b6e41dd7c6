#include "fft/idle_machine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWindow{250};   // 25 ticks of a processor: one of them does not decide
constexpr std::chrono::seconds kBusyPause{1};       // between windows, once it was found busy
constexpr std::chrono::minutes kBetweenWords{1};

double seconds_of(const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); }

std::string text_of_stat() {
  std::ifstream stream("/proc/stat");
  return {std::istreambuf_iterator<char>(stream), {}};
}

double seconds_of_this_process() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace

// cpu  user nice system idle iowait irq softirq steal guest guest_nice    (guests are in user and nice already)
std::optional<ProcessorTime> ProcessorTime::read(std::string_view stat, double ticks_per_second) {
  constexpr std::size_t kFields = 8;
  if (!stat.starts_with("cpu ") || !(ticks_per_second > 0)) return std::nullopt;
  std::string_view line = stat.substr(0, stat.find('\n'));
  line.remove_prefix(3);
  double busy = 0;
  std::size_t field = 0;
  for (; field < kFields; ++field) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::uint64_t ticks = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), ticks);
    if (error != std::errc()) break;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    const bool is_idle = field == 3 || field == 4;
    if (!is_idle) busy += static_cast<double>(ticks) / ticks_per_second;
  }
  if (field < 4) return std::nullopt;
  ProcessorTime time{.busy = busy, .processors = 0};
  for (std::size_t at = stat.find("\ncpu"); at != std::string_view::npos; at = stat.find("\ncpu", at + 1)) ++time.processors;
  time.processors = std::max(1, time.processors);
  return time;
}

double used_by_others(const ProcessorTime& before, const ProcessorTime& after, double ours, double seconds) noexcept {
  return seconds > 0 ? std::max(0.0, (after.busy - before.busy - ours) / seconds) : 0;
}

double bearable(int processors) noexcept { return std::max(0.25, 0.02 * processors); }

IdleMachine::Surroundings IdleMachine::Surroundings::real(std::function<bool(std::chrono::nanoseconds)> pause) {
  if (!pause) {
    pause = [](std::chrono::nanoseconds time) {
      std::this_thread::sleep_for(time);
      return false;
    };
  }
  return {.stat = text_of_stat, .own_seconds = seconds_of_this_process, .now = Clock::now, .pause = std::move(pause)};
}

IdleMachine::End IdleMachine::wait(const std::function<void(std::string_view)>& say, std::optional<Clock::time_point> until) {
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::optional<Clock::time_point> said;
  for (;;) {
    const auto before = ProcessorTime::read(in_.stat(), ticks);
    const double ours = in_.own_seconds();
    const Clock::time_point start = in_.now();
    if (in_.pause(kWindow)) return End::stopped;
    const auto after = ProcessorTime::read(in_.stat(), ticks);
    if (!before || !after) return End::idle;
    const Clock::time_point now = in_.now();
    const double others = used_by_others(*before, *after, in_.own_seconds() - ours, std::chrono::duration<double>(now - start).count());
    if (others <= bearable(after->processors)) return End::idle;
    if (until && now >= *until) return End::too_late;
    if (!said || now - *said >= kBetweenWords) {
      said = now;
      if (say) {
        say(fmt::format("waiting: others use {:.1f} of {} processors, and a measurement beside them would mean little "
                        "(--no-idle measures all the same)",
                        others, after->processors));
      }
    }
    if (in_.pause(kBusyPause)) return End::stopped;
  }
}

}  // namespace almanac
