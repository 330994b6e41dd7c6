#include "scalar.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <map>

namespace almanac::bench {
namespace {

double solve(std::int64_t steps, const compute::HistoryProblem& history) {
  const std::int64_t outputs[] = {steps};
  const double u0 = 1.0;
  double u = 0.0;
  relax_modes({kAlpha, 1.0 / static_cast<double>(steps), steps, {}, outputs}, {&kLambda, 1}, {&u0, 1}, {}, {&u, 1}, 1, history);
  return u;
}

}  // namespace

double relaxed(std::int64_t steps, compute::HistoryMethod method, const compute::FftPlanProvider& plans) {
  compute::HistoryProblem history;
  history.method = method;
  history.tolerance = 1e-12;
  history.plans = plans;
  return solve(steps, history);
}

double verify(std::string_view competitor, std::int64_t steps, double u, double tolerance) {
  static std::map<std::int64_t, double> known;
  const auto [place, fresh] = known.try_emplace(steps, 0.0);
  if (fresh) {
    compute::HistoryProblem history;
    history.method = steps <= 65'536 ? compute::HistoryMethod::direct : compute::HistoryMethod::exponentials;
    history.tolerance = 1e-15;
    place->second = solve(steps, history);
  }
  const double difference = std::abs(u - place->second);
  if (!(difference <= tolerance)) {
    fmt::print(stderr, "{}: u(1) after {} steps is {:.17g}, off by {:.3g}, more than {:.3g}\n", competitor, steps, u,
               difference, tolerance);
    std::exit(1);
  }
  return difference;
}

double tolerance_of(std::int64_t steps, double bound) {
  return 1e-12 + (bound + 1e-15) * std::pow(static_cast<double>(steps), kAlpha);
}

}  // namespace almanac::bench
