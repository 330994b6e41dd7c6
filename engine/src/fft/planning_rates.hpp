#pragma once

#include <almanac/compute/fft.hpp>

#include <array>
#include <chrono>

namespace almanac {

/// Of times that are not negative: the longest there is where it does not fit. Files may say anything.
inline std::chrono::nanoseconds saturated_sum(std::chrono::nanoseconds a, std::chrono::nanoseconds b) noexcept {
  return a > std::chrono::nanoseconds::max() - b ? std::chrono::nanoseconds::max() : a + b;
}

/// How long planning takes here, beside what a problem's size and rigor alone let expect (recipes::planning_estimate): learned
/// from what was planned.
class PlanningRates {
 public:
  using Duration = std::chrono::nanoseconds;

  static constexpr double kDoubt = 0.25;

  void learn(compute::Rigor rigor, Duration expected, Duration took) noexcept;

  /// expected·(took + d·expected)/(known + d·expected), with the sums of what was learned at this rigor, or, where that is nothing,
  /// at all of them, and d = kDoubt: many small problems say little of a large one, and one that is as large says much.
  Duration predict(compute::Rigor rigor, Duration expected) const noexcept;

 private:
  struct Sums {
    double expected = 0, took = 0;
  };
  std::array<Sums, 5> by_rigor_{};
  Sums all_{};
};

}  // namespace almanac
