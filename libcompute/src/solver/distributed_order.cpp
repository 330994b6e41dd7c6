#include <almanac/compute/distributed_order.hpp>

#include "written.hpp"

#include <almanac/compute/error.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace almanac::compute {
namespace {

/// P_n(x) and its derivative, by the recurrence of three terms.
struct LegendrePolynomial {
  long double value, derivative;
};

LegendrePolynomial legendre(int n, long double x) {
  long double before = 1.0L, value = x;
  for (int k = 2; k <= n; ++k) {
    const long double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
    before = value;
    value = next;
  }
  return {value, n * (x * value - before) / (x * x - 1.0L)};
}

/// Appends the rule on [from, to], orders increasing.
void add_legendre_terms(const std::function<double(double)>& density, double from, double to, int nodes,
                        std::vector<FractionalTerm>& terms) {
  const long double middle = (static_cast<long double>(from) + to) / 2, half = (static_cast<long double>(to) - from) / 2;
  for (int q = nodes; q >= 1; --q) {
    // Tricomi's first guess; Newton's method then doubles its digits each time
    long double x = std::cos(std::numbers::pi_v<long double> * (4 * q - 1) / (4 * nodes + 2));
    for (int iteration = 0; iteration < 6; ++iteration) {
      const auto [value, derivative] = legendre(nodes, x);
      x -= value / derivative;
    }
    const long double slope = legendre(nodes, x).derivative;
    const auto order = static_cast<double>(middle + half * x);
    const auto weight = static_cast<double>(half * 2.0L / ((1.0L - x * x) * slope * slope));
    const double value = density(order);
    if (!std::isfinite(value)) throw ArgumentError("density", written(value) + " at " + written(order), "be finite");
    terms.push_back({order, weight * value});
  }
}

}  // namespace

std::vector<FractionalTerm> distributed_order(const std::function<double(double)>& density, double from, double to, int nodes) {
  if (!(from >= 0 && from < kMaxFractionalOrder)) throw ArgumentError("from", written(from), "lie in [0, 4)");
  if (!(to > from && to <= kMaxFractionalOrder))
    throw ArgumentError("to", written(to), "lie in (from, 4], from = " + written(from));
  if (nodes < 1 || nodes > kMaxDistributedNodes) throw ArgumentError("nodes", written(nodes), "lie in [1, 64]");
  if (!density) throw ArgumentError("density", "nothing", "be given");
  std::vector<FractionalTerm> terms;
  for (double begin = from; begin < to;) {
    const double end = std::min(to, std::floor(begin) + 1.0);
    add_legendre_terms(density, begin, end, nodes, terms);
    begin = end;
  }
  if (terms.back().coefficient == 0)
    throw ArgumentError("density", "0 at " + written(terms.back().order),
                        "not be 0 at the largest order, which it then does not have");
  return terms;
}

}  // namespace almanac::compute
