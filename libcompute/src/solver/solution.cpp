#include <almanac/compute/fractional_solution.hpp>

#include "written.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace almanac::compute {

std::string_view to_string(SolverStop reason) noexcept {
  switch (reason) {
    case SolverStop::not_finite: return "not_finite";
    case SolverStop::singular_jacobian: return "singular_jacobian";
    case SolverStop::not_converged: return "not_converged";
    case SolverStop::order_out_of_range: return "order_out_of_range";
  }
  return "?";
}

std::span<const double> FractionalSolution::at_step(std::int64_t n) const {
  if (n < 0 || n > steps()) throw ArgumentError("n", written(n), "lie in [0, " + written(steps()) + "]");
  if (values_.empty()) throw ArgumentError("n", written(n), "not be asked for: an observer got the values, none are kept");
  return std::span(values_).subspan(static_cast<std::size_t>(n * unknowns_), static_cast<std::size_t>(unknowns_));
}

const FractionalSolution& FractionalSolution::require_finished() const {
  if (failure_) throw SolverError(*failure_);
  return *this;
}

void FractionalSolution::evaluate(double t, std::span<double> out) const {
  if (!(t >= times_.front() && t <= times_.back()))
    throw ArgumentError("t", written(t), "lie in [" + written(times_.front()) + ", " + written(times_.back()) + "]");
  if (out.size() != static_cast<std::size_t>(unknowns_))
    throw ArgumentError("out", written(out.size()) + " values", "be " + written(unknowns_));
  const std::int64_t after = std::lower_bound(times_.begin(), times_.end(), t) - times_.begin();
  if (times_[static_cast<std::size_t>(after)] == t) {
    const auto row = at_step(after);
    std::copy(row.begin(), row.end(), out.begin());
    return;
  }
  interpolate(t, after - 1, out);
}

void FractionalSolution::interpolate(double t, std::int64_t interval, std::span<double> out) const {
  // within the first steps v = (t - t_0)^alpha q(t), q through steps from 1 on; t_0 itself says nothing of q, but where y(t_0) is a
  // sample as the others are
  const std::int64_t lowest = includes_start_ ? 0 : 1, degree = std::min<std::int64_t>(degree_, steps() - lowest);
  const bool beginning = interval < degree + lowest;
  std::int64_t first = std::clamp<std::int64_t>(interval - degree / 2, lowest, std::max<std::int64_t>(steps() - degree, lowest));
  if (beginning) first = lowest;
  const double start = times_.front(), power = beginning && !includes_start_ ? leading_power_ : 0.0;
  const auto part = [&](double at, std::size_t i) {
    double sum = 0;
    for (const Power& p : initial_part_)
      if (p.coefficients[i] != 0) sum += p.coefficients[i] * std::pow(at - start, p.power);
    return sum;
  };
  std::fill(out.begin(), out.end(), 0.0);
  for (std::int64_t j = first; j <= first + degree; ++j) {
    const double node = times_[static_cast<std::size_t>(j)];
    double factor = power == 0 ? 1.0 : std::pow((t - start) / (node - start), power);
    for (std::int64_t k = first; k <= first + degree; ++k)
      if (k != j) factor *= (t - times_[static_cast<std::size_t>(k)]) / (node - times_[static_cast<std::size_t>(k)]);
    const auto row = at_step(j);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += factor * (row[i] - part(node, i));
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += part(t, i);
}

}  // namespace almanac::compute
