#include "fft/planning_rates.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace almanac {

void PlanningRates::learn(compute::Rigor rigor, Duration expected, Duration took) noexcept {
  if (expected.count() <= 0 || took.count() < 0) return;
  for (Sums* sums : {&by_rigor_[static_cast<std::size_t>(rigor)], &all_}) {
    sums->expected += static_cast<double>(expected.count());
    sums->took += static_cast<double>(took.count());
  }
}

PlanningRates::Duration PlanningRates::predict(compute::Rigor rigor, Duration expected) const noexcept {
  constexpr double kLongest = 9e18;
  const Sums& own = by_rigor_[static_cast<std::size_t>(rigor)];
  const Sums& sums = own.expected > 0 ? own : all_;
  const auto size = static_cast<double>(expected.count());
  if (!(size > 0)) return Duration(0);
  const double rate = (sums.took + kDoubt * size) / (sums.expected + kDoubt * size);
  return Duration(static_cast<std::int64_t>(std::min(kLongest, size * rate)));
}

}  // namespace almanac
