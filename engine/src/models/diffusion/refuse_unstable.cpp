// Whether a scheme keeps every mode bounded with the steps it is given, tried on modes of rates from the fastest down: none of them
// grows in the equation itself, |E_alpha(-x)| ≤ 1.
#include "diffusion_setup.hpp"

#include <almanac/compute/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace almanac::models {
namespace {

constexpr std::int64_t kMostStepsTried = 2000;
constexpr std::size_t kRatesTried = 32;  // each half the one before
constexpr double kGrowth = 2;            // of a mode that begins as 1

bool is_known_stable(compute::FractionalScheme scheme, double alpha) {
  using compute::FractionalScheme;
  switch (scheme) {
    case FractionalScheme::rectangle_explicit:
    case FractionalScheme::predictor_corrector: return false;
    case FractionalScheme::grunwald:
    case FractionalScheme::bdf2:
    case FractionalScheme::trapezoidal:
    case FractionalScheme::flmm_bdf2: return true;  // A-stable, as their multistep methods are
    default: return alpha <= 1;
  }
}

}  // namespace

void refuse_unstable(const DiffusionSetup& setup, mission::Section& time) {
  const double fastest = setup.fastest_rate();
  if (is_known_stable(setup.stepping.scheme, setup.alpha) || !(fastest > 0)) return;
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
  // A graded mesh is tried as it is, or where that would take long, not at all: its longest steps are the last.
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
  const std::string_view field = time.has("dt") ? "dt" : "duration";
  try {
    const std::vector<double> mesh = tried.mesh();
    if (!compute::solve_fractional(modes, tried.times(mesh), options).finished()) throw Grows{fastest, tried.steps};
  } catch (const Grows& grown) {
    time.complain(field, fmt::format("{} is not stable with these steps: a mode that decays at the rate {:.4g} has grown by step {}; "
                                     "take shorter steps, or grunwald, bdf2, trapezoidal or flmm_bdf2, which are stable with any",
                                     scheme, grown.rate, grown.step));
  } catch (const compute::ArgumentError& error) {
    time.complain("steps", error.what());  // too few for the scheme to begin
  }
}

}  // namespace almanac::models
