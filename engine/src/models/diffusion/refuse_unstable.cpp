// Whether a scheme keeps every mode bounded with the steps it is given: none of them grows in the equation itself, |E_alpha(-x)| ≤ 1.
// By the zeros of the scheme's denominator over all rates there are; and by its first steps, tried on rates from the fastest down.
#include "diffusion_setup.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/scheme_stability.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace almanac::models {
namespace {

constexpr std::int64_t kMostStepsTried = 2000;
constexpr std::size_t kRatesTried = 32;  // each half the one before
constexpr double kGrowth = 2;            // of a mode that begins as 1
constexpr double kSlowestRate = 1e-15;   // over the fastest, where kappa varies; what is slower has no time to grow
constexpr double kNothing = 1e-200;      // rate step^alpha that no step can tell from 0
constexpr double kSameLength = 0.9;      // of the longest step: steps of a graded mesh that are taken for equal

bool is_known_stable(compute::FractionalScheme scheme, double alpha) {
  using compute::FractionalScheme;
  switch (scheme) {
    case FractionalScheme::rectangle_explicit:
    case FractionalScheme::predictor_corrector: return false;
    case FractionalScheme::grunwald:
    case FractionalScheme::bdf2:
    case FractionalScheme::trapezoidal:
    case FractionalScheme::flmm_bdf2: return true;  // A-stable, as their multistep methods are
    case FractionalScheme::l1: return true;
    default: return alpha <= 1;
  }
}

/// The longest step, and how many there are of about that length.
std::pair<double, std::int64_t> longest_steps(const TimeSettings& time) {
  if (!time.is_graded) return {time.dt, time.steps};
  const auto n = static_cast<double>(time.steps);
  const double longest = time.duration * -std::expm1(time.grading * std::log1p(-1 / n));  // n = 1: all of it
  const double same = time.grading > 1 ? n * (1 - std::pow(kSameLength, 1 / (time.grading - 1))) : n;
  return {longest, std::max<std::int64_t>(1, static_cast<std::int64_t>(same))};
}

/// Refuses steps with which a mode would grow, and says how long they may be.
void refuse_growth(const DiffusionSetup& setup, mission::Section& time, std::string_view field) {
  const double fastest = setup.fastest_rate(), slowest = std::max(setup.slowest_rate(), kSlowestRate * fastest);
  const auto [step, steps] = longest_steps(setup.time);
  const auto growing = [&, count = steps](double h) -> std::optional<double> {
    const double scale = std::pow(h, setup.alpha);
    if (!(fastest * scale > kNothing)) return std::nullopt;
    const auto x = compute::find_growth(setup.stepping.scheme, setup.alpha, setup.stepping.corrections, count, slowest * scale, fastest * scale);
    return x ? std::optional(*x / scale) : std::nullopt;
  };
  const std::optional<double> rate = growing(step);
  if (!rate) return;
  double good = 0.5, bad = 1;
  while (growing(good * step)) bad = good, good /= 2;
  for (int i = 0; i < 6; ++i) {
    const double middle = (good + bad) / 2;
    (growing(middle * step) ? bad : good) = middle;
  }
  time.complain(field, fmt::format("{} is not stable with these steps: a mode of rate {:.4g} would grow more than {}-fold in {} of them; "
                                   "must be at most {:.4g}, or the scheme grunwald, bdf2, trapezoidal or flmm_bdf2, which are stable with any",
                                   to_string(setup.stepping.scheme), *rate, kGrowth, steps,
                                   good * (field == "dt" ? setup.time.dt : setup.time.duration)));
}

}  // namespace

void refuse_unstable(const DiffusionSetup& setup, mission::Section& time) {
  const double fastest = setup.fastest_rate();
  if (is_known_stable(setup.stepping.scheme, setup.alpha) || !(fastest > 0)) return;
  const std::string_view field = time.has("dt") ? "dt" : "duration";
  refuse_growth(setup, time, field);
  std::vector<double> rates(kRatesTried);
  for (std::size_t i = 0; i < kRatesTried; ++i) rates[i] = std::ldexp(fastest, -static_cast<int>(i));
  std::vector<double> initial(kRatesTried, 1.0);
  if (setup.alpha > 1) initial.resize(2 * kRatesTried);
  compute::FractionalEquation modes = compute::single_term(
      setup.alpha,
      [&](double, std::span<const double> y, std::span<double> out) {
        for (std::size_t i = 0; i < y.size(); ++i) out[i] = -rates[i] * y[i];
      },
      initial, kRatesTried);
  modes.linear_solve = [&](double a, double b, std::span<const double> right, std::span<double> x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = right[i] / (a + b * rates[i]);
  };
  // A graded mesh is tried as it is, or where that would take long, not at all.
  TimeSettings tried = setup.time;
  if (tried.is_graded && tried.steps > kMostStepsTried) return;
  tried.steps = std::min(tried.steps, kMostStepsTried);
  if (!tried.is_graded) tried.duration = tried.dt * static_cast<double>(tried.steps);
  struct Grows {
    double rate;
    std::int64_t step;
  };
  compute::FractionalOptions options = setup.stepping.options();
  options.history = compute::HistoryMethod::automatic;
  options.observer = [&](std::int64_t step, double, std::span<const double> y) {
    for (std::size_t i = 0; i < y.size(); ++i)
      if (!(std::abs(y[i]) <= kGrowth)) throw Grows{rates[i], step};
  };
  const std::string scheme(to_string(setup.stepping.scheme));
  try {
    const std::vector<double> mesh = tried.mesh();
    if (!compute::solve_fractional(modes, tried.times(mesh), options).finished()) throw Grows{fastest, tried.steps};
  } catch (const Grows& grown) {
    time.complain(field, fmt::format("{} is not stable with these steps: a mode that decays at the rate {:.4g} has grown by step {}; "
                                     "take shorter steps, or grunwald, bdf2, trapezoidal or flmm_bdf2, which are stable with any",
                                     scheme, grown.rate, grown.step));
  } catch (const compute::ArgumentError& error) {
    refuse_argument(time, "steps", error);  // too few for the scheme to begin
  }
}

}  // namespace almanac::models
