#include "problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace almanac::bench {
namespace {

void logistic_side(const double* y, double* out) { out[0] = y[0] * (1.0 - y[0]); }

void lorenz_side(const double* y, double* out) {
  out[0] = 10.0 * (y[1] - y[0]);
  out[1] = y[0] * (28.0 - y[2]) - y[1];
  out[2] = y[0] * y[1] - 8.0 / 3.0 * y[2];
}

State last_of(const Problem& problem, std::int64_t steps) {
  compute::FractionalOptions options;
  options.scheme = compute::FractionalScheme::bdf4;
  const auto solution = solve_fractional(equation_of(problem), {.end = problem.end, .steps = steps}, options);
  State y = {};
  std::ranges::copy(solution.require_finished().at_step(steps), y.begin());
  return y;
}

double distance(const Problem& problem, std::span<const double> a, std::span<const double> b) {
  double most = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(problem.unknowns); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

[[noreturn]] void end(std::string_view who, const Problem& problem, double off, double most) {
  fmt::print(stderr, "{}: {} is off by {:.3g}, more than {:.3g}\n", who, problem.name, off, most);
  std::exit(1);
}

}  // namespace

const Problem kLogistic{"logistic", 0.7, 10.0, 1, {0.1}, logistic_side, 16'384, 1.5e-8};
const Problem kLorenz{"Lorenz", 0.995, 1.0, 3, {1.0, 1.0, 1.0}, lorenz_side, 16'384, 2.5e-6};

compute::FractionalEquation equation_of(const Problem& problem) {
  const auto side = problem.side;
  const auto f = [side](double, std::span<const double> y, std::span<double> out) { side(y.data(), out.data()); };
  return compute::single_term(problem.alpha, f, {problem.initial.begin(), problem.initial.begin() + problem.unknowns},
                              problem.unknowns);
}

double verify(std::string_view competitor, const Problem& problem, std::span<const double> y) {
  static std::map<std::string_view, State> known;
  const auto [place, fresh] = known.try_emplace(problem.name);
  if (fresh) {
    place->second = last_of(problem, 16'384);
    const double off = distance(problem, place->second, last_of(problem, 8192));
    if (!(off <= problem.most_error / 100)) end("the reference", problem, off, problem.most_error / 100);
  }
  const double off = distance(problem, y, place->second);
  if (!(off <= problem.most_error)) end(competitor, problem, off, problem.most_error);
  return off;
}

}  // namespace almanac::bench
