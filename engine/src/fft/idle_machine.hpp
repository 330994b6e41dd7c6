#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace almanac {

/// What /proc/stat says of some processors together, since the machine started.
struct ProcessorTime {
  double busy = 0;     ///< seconds that they worked, for anybody: also interrupts, and what a hypervisor took away
  int processors = 0;

  /// Of those with these numbers; of all, where none of them is in the text, or none is given. nullopt ← not such a text
  static std::optional<ProcessorTime> read(std::string_view stat, double ticks_per_second, std::span<const int> of = {});
};

/// How many processors others use, on an average over the time between the two; `ours` is what this process used of them.
double used_by_others(const ProcessorTime& before, const ProcessorTime& after, double ours, double seconds) noexcept;

/// Up to how many processors in use by others a measurement still means something: a fourth of one, which is what a desktop
/// that nobody touches takes, and two hundredths of all on large machines.
double bearable(int processors) noexcept;

/// Waits until nobody else works on the processors that this process may use.
/// Threads: one caller at a time.
class IdleMachine {
 public:
  struct Surroundings {
    std::function<std::string()> stat;                            ///< the text of /proc/stat; empty: there is none
    std::function<std::vector<int>()> usable;                     ///< processors this process may run on; empty: all
    std::function<double()> own_seconds;                          ///< processor time of this process
    std::function<std::chrono::steady_clock::time_point()> now;
    std::function<bool(std::chrono::nanoseconds)> pause;          ///< sleeps; true: asked to stop

    /// This machine's; `pause` sleeps by itself where none is given.
    static Surroundings real(std::function<bool(std::chrono::nanoseconds)> pause = {});
  };

  explicit IdleMachine(Surroundings surroundings) : in_(std::move(surroundings)) {}

  enum class End { idle, stopped, too_late };
  /// Looks over short windows until one is quiet; says what it waits for at once, and every minute. A machine that does not
  /// say what it does is taken to be idle. `until`: the time from which on it is too late.
  End wait(const std::function<void(std::string_view)>& say, std::optional<std::chrono::steady_clock::time_point> until = {});

 private:
  const Surroundings in_;
};

}  // namespace almanac
