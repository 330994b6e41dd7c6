#include "fft/idle_machine.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
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

/// The processors of sched_getaffinity(2), of which some kernels have more than a cpu_set_t holds.
std::vector<int> usable_processors() {
  for (int most = 1024; most <= 1 << 20; most *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(most), [](cpu_set_t* one) { CPU_FREE(one); });
    if (set == nullptr) return {};
    const std::size_t bytes = CPU_ALLOC_SIZE(most);
    CPU_ZERO_S(bytes, set.get());
    if (sched_getaffinity(0, bytes, set.get()) == 0) {
      std::vector<int> processors;
      for (int one = 0; one < most; ++one) {
        if (CPU_ISSET_S(one, bytes, set.get())) processors.push_back(one);
      }
      return processors;
    }
    if (errno != EINVAL) return {};
  }
  return {};
}

/// The number behind "cpu"; -1: it is the line of all together; nullopt: it is another line.
std::optional<int> take_processor(std::string_view& line) {
  if (!line.starts_with("cpu")) return std::nullopt;
  line.remove_prefix(3);
  if (line.starts_with(' ')) return -1;
  int number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return number;
}

// user nice system idle iowait irq softirq steal guest guest_nice    (guests are in user and nice already)
std::optional<std::uint64_t> busy_ticks(std::string_view line) {
  constexpr std::size_t kFields = 8;
  std::uint64_t busy = 0;
  std::size_t field = 0;
  for (; field < kFields; ++field) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::uint64_t ticks = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), ticks);
    if (error != std::errc()) break;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    const bool is_idle = field == 3 || field == 4;
    if (!is_idle) busy += ticks;
  }
  return field < 4 ? std::nullopt : std::optional(busy);
}

}  // namespace

std::optional<ProcessorTime> ProcessorTime::read(std::string_view stat, double ticks_per_second, std::span<const int> of) {
  if (!(ticks_per_second > 0)) return std::nullopt;
  std::optional<std::uint64_t> all;
  std::uint64_t chosen = 0;
  int processors = 0, of_them = 0;
  while (!stat.empty()) {
    std::string_view line = stat.substr(0, stat.find('\n'));
    stat.remove_prefix(std::min(line.size() + 1, stat.size()));
    const auto number = take_processor(line);
    if (!number) break;  // they are the first lines
    const auto busy = busy_ticks(line);
    if (*number < 0) {
      all = busy;
    } else {
      ++processors;
      if (!busy || std::ranges::find(of, *number) == of.end()) continue;
      chosen += *busy;
      ++of_them;
    }
  }
  if (!all) return std::nullopt;
  if (of_them > 0) return ProcessorTime{static_cast<double>(chosen) / ticks_per_second, of_them};
  return ProcessorTime{static_cast<double>(*all) / ticks_per_second, std::max(1, processors)};
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
  return {.stat = text_of_stat, .usable = usable_processors, .own_seconds = seconds_of_this_process, .now = Clock::now,
          .pause = std::move(pause)};
}

IdleMachine::End IdleMachine::wait(const std::function<void(std::string_view)>& say, std::optional<Clock::time_point> until) {
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::vector<int> usable = in_.usable();
  std::optional<Clock::time_point> said;
  for (;;) {
    const auto before = ProcessorTime::read(in_.stat(), ticks, usable);
    const double ours = in_.own_seconds();
    const Clock::time_point start = in_.now();
    if (in_.pause(kWindow)) return End::stopped;
    const auto after = ProcessorTime::read(in_.stat(), ticks, usable);
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
