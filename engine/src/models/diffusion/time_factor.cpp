#include "time_factor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace almanac::models {
namespace {

constexpr std::string_view kFactors[] = {"constant", "exponential", "sine", "power", "pulse"};
constexpr double kHighestPower = 100;
constexpr double kSameInstant = 1e-12;  // relative: times of steps are rounded

/// 0 before a time, 1 from it on; within rounding of it the mean, which costs a scheme on equal steps no order.
double switched_on(double t, double at) {
  if (at > 0 && std::abs(t - at) <= kSameInstant * at) return 0.5;
  return t >= at ? 1 : 0;
}

}  // namespace

double TimeFactor::at(double t) const noexcept {
  switch (kind_) {
    case Kind::constant: return 1;
    case Kind::exponential: return std::exp(-first_ * t);
    case Kind::sine: return std::sin(2 * std::numbers::pi * first_ * t + second_);
    case Kind::power: return std::pow(t, first_);
    case Kind::pulse: return switched_on(t, first_) - switched_on(t, second_);
  }
  return 1;
}

output::Facts TimeFactor::facts() const {
  output::Facts facts{{"time", std::string(kFactors[static_cast<std::size_t>(kind_)])}};
  switch (kind_) {
    case Kind::constant: break;
    case Kind::exponential: facts.emplace_back("rate", first_); break;
    case Kind::sine: facts.insert(facts.end(), {{"frequency", first_}, {"phase", second_}}); break;
    case Kind::power: facts.emplace_back("exponent", first_); break;
    case Kind::pulse: facts.insert(facts.end(), {{"start", first_}, {"end", second_}}); break;
  }
  return facts;
}

void TimeFactor::refuse_beyond(mission::Section& section, double end) const {
  if (kind_ == Kind::power && !(at(end) <= mission::kGreatest)) {
    section.complain("exponent", fmt::format("t^exponent is {:.3g} at the last time: must be at most {}", at(end), mission::kGreatest));
  }
}

TimeFactor TimeFactor::read(mission::Section& section) {
  TimeFactor factor;
  const std::string name = section.word("time", kFactors, "constant");
  factor.kind_ = static_cast<Kind>(std::ranges::find(kFactors, name) - std::begin(kFactors));
  switch (factor.kind_) {
    case Kind::constant: break;
    case Kind::exponential: factor.first_ = section.real("rate", mission::kNotNegative); break;
    case Kind::sine:
      factor.first_ = section.real("frequency", mission::kPositive);
      factor.second_ = section.real("phase", mission::kFinite, 0);
      break;
    case Kind::power: factor.first_ = section.real("exponent", {.low = 0, .high = kHighestPower}); break;
    case Kind::pulse:
      factor.first_ = section.real("start", mission::kNotNegative, 0);
      factor.second_ = section.real("end", {.low = factor.first_, .high = mission::kGreatest, .low_open = true});
      break;
  }
  return factor;
}

}  // namespace almanac::models
