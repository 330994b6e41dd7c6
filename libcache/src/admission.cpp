#include <almanac/cache/admission.hpp>

#include "name_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace almanac::cache {
namespace {

constexpr std::array<Named<Admission>, 4> kAdmissions{{{"aggressive", Admission::aggressive},
                                                       {"balanced", Admission::balanced},
                                                       {"conservative", Admission::conservative},
                                                       {"dynamic", Admission::dynamic}}};
constexpr auto kAllAdmissions = values_of(kAdmissions);

constexpr double kConservative = 10;      // times the load
constexpr double kPrior = 4;              // artifacts that were found again once each, as it were, before any was made
constexpr double kLeastReuse = 1.0 / 64;  // who is hardly ever found again may yet be: the cost asked for stays finite

/// What durations can hold, which of some 290 years is enough for everybody.
std::chrono::nanoseconds bounded(double nanoseconds) noexcept {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(nanoseconds, -9e18, 9e18)));
}

double count(std::chrono::nanoseconds time) noexcept { return static_cast<double>(time.count()); }

}  // namespace

std::span<const Admission> all_admissions() noexcept { return kAllAdmissions; }
std::string_view to_string(Admission admission) noexcept { return name_of(kAdmissions, admission); }
Result<Admission> parse_admission(std::string_view name) { return value_of(kAdmissions, "admission", name); }

std::chrono::nanoseconds least_cost(Admission admission, const Economics& economics) noexcept {
  const double load = count(economics.load);
  switch (admission) {
    case Admission::aggressive: return std::chrono::nanoseconds(-1);
    case Admission::balanced: return economics.load;
    case Admission::conservative: return bounded(kConservative * load);
    case Admission::dynamic: break;
  }
  return bounded(load + std::max(0.0, count(economics.write)) / std::max(economics.reuse, kLeastReuse));
}

std::chrono::nanoseconds adapted(std::chrono::nanoseconds ttl, Admission admission, double reuse) noexcept {
  switch (admission) {
    case Admission::aggressive: return bounded(2 * count(ttl));
    case Admission::balanced: return ttl;
    case Admission::conservative: return bounded(count(ttl) / 2);
    case Admission::dynamic: break;
  }
  return bounded(std::clamp(reuse, 0.5, 2.0) * count(ttl));
}

double reuse_of(const Usage& usage) noexcept {
  return (static_cast<double>(usage.hits) + kPrior) / (static_cast<double>(usage.made) + kPrior);
}

std::chrono::nanoseconds Speed::time_of(std::uint64_t bytes) const noexcept {
  return bounded(count(latency) + static_cast<double>(bytes) * nanoseconds_per_byte);
}

}  // namespace almanac::cache
