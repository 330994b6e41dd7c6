#include <almanac/compute/exponential_sum.hpp>

#include "written.hpp"

#include <almanac/compute/error.hpp>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace almanac::compute {
namespace {

using Extended = long double;  // so that nodes and coefficients are right to their last bit or two

constexpr Extended kPiExtended = std::numbers::pi_v<Extended>;
constexpr int kMaxGauss = 16;       // nodes the slow part may become
constexpr double kBendMost = 12.0;  // exp(-ns) of the slow part falls to exp(-this) at the last n

/// What stands for all n of one sum: w_n = factor ∫ exp(-(n - first) s) density(s) d ln s.
struct WeightIntegral {
  Extended alpha, factor;
  double first, last;

  /// s (1 - exp(-s))^alpha exp(-(first - alpha) s), with the factor.
  Extended density(Extended s) const {
    return factor * s * std::exp(alpha * std::log(-std::expm1(-s)) - (static_cast<Extended>(first) - alpha) * s);
  }
};

/// |sin πalpha| / π, with all digits near integers: alpha less the nearest integer is exact.
Extended sine_over_pi(double alpha) {
  return std::abs(std::sin(kPiExtended * (static_cast<Extended>(alpha) - std::round(static_cast<Extended>(alpha))))) /
         kPiExtended;
}

/// Σ_{n ≥ first}^{last} (n - alpha)^(-1-alpha), from above: the first term and the integral behind it.
double summed_power(double alpha, double first, double last) {
  const double near = first - alpha, far = last - alpha;
  // (near^-alpha - far^-alpha) / alpha without cancellation for small alpha
  const double integral = std::pow(near, -alpha) * -std::expm1(-alpha * std::log(far / near)) / alpha;
  return std::pow(near, -1.0 - alpha) + integral;
}

/// What a trapezoidal rule of that step misses of all weights together: the smallest of the bounds over the strip's half width d.
double between_nodes(double step, double alpha, double scale) {
  const double tau = 2.0 * std::numbers::pi / step;
  const double d = std::atan(tau / (1.0 + alpha));
  return scale * 2.0 / std::expm1(tau * d) * std::pow(std::cos(d), -1.0 - alpha);
}

/// The largest step that misses at most the tolerance.
double largest_step(double alpha, double scale, double tolerance) {
  double small = 0.05, large = 4.0;  // misses less than any tolerance allowed; and of a scale not above 1, hardly less than all
  if (between_nodes(large, alpha, scale) <= tolerance) return large;
  for (int i = 0; i < 30; ++i) {
    const double middle = 0.5 * (small + large);
    (between_nodes(middle, alpha, scale) <= tolerance ? small : large) = middle;
  }
  return small;
}

/// The Gauss rule of the discrete measure Σ mass_j δ(place_j), places in (0, 1]: recurrence coefficients by Stieltjes' procedure.
struct GaussRule {
  int size = 0;
  double a[kMaxGauss] = {}, b[kMaxGauss] = {};  // of the Jacobi matrix: diagonal, squared subdiagonal; b[0] the whole mass
  double remainder[kMaxGauss + 1] = {};         // ∫ π_p² for p = 0 …
};

GaussRule gauss_rule(const std::vector<double>& place, const std::vector<double>& mass) {
  GaussRule rule;
  std::vector<Extended> now(place.size(), 1.0L), before(place.size(), 0.0L);
  Extended norm_before = 0.0L;
  for (int p = 0; p <= kMaxGauss; ++p) {
    Extended norm = 0.0L, moment = 0.0L;
    for (std::size_t j = 0; j < place.size(); ++j) {
      const Extended square = static_cast<Extended>(mass[j]) * now[j] * now[j];
      norm += square;
      moment += square * static_cast<Extended>(place[j]);
    }
    rule.remainder[p] = static_cast<double>(norm);
    // Beyond as many nodes as there are places, or where rounding is all that is left, no further node helps.
    if (p == kMaxGauss || static_cast<std::size_t>(p) >= place.size() || !(norm > 0.0L)) break;
    const Extended a = moment / norm, b = p == 0 ? norm : norm / norm_before;
    rule.a[p] = static_cast<double>(a);
    rule.b[p] = static_cast<double>(b);
    rule.size = p + 1;
    for (std::size_t j = 0; j < place.size(); ++j) {
      const Extended next = (static_cast<Extended>(place[j]) - a) * now[j] - (p == 0 ? 0.0L : b * before[j]);
      before[j] = now[j];
      now[j] = next;
    }
    norm_before = norm;
  }
  return rule;
}

/// Nodes and coefficients of that many, nodes increasing.
struct GaussNodes {
  std::vector<double> node, coefficient;
};

GaussNodes gauss_nodes(const GaussRule& rule, int size) {
  if (size == 0) return {};
  Eigen::VectorXd diagonal(size), below(std::max(size - 1, 1));
  for (int p = 0; p < size; ++p) diagonal[p] = rule.a[p];
  for (int p = 1; p < size; ++p) below[p - 1] = std::sqrt(rule.b[p]);
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, below.head(size - 1), Eigen::ComputeEigenvectors);
  GaussNodes nodes;
  for (int p = 0; p < size; ++p) {
    const double first = solver.eigenvectors()(0, p);
    nodes.node.push_back(solver.eigenvalues()[p]);
    nodes.coefficient.push_back(rule.b[0] * first * first);
  }
  return nodes;
}

/// D(t) = Σ mass_j exp(-t place_j) less the same of some nodes, places and nodes in (0, 1], all masses positive.
struct Replacement {
  const std::vector<double>&place, &mass;
  const GaussNodes& nodes;

  Extended difference(Extended t) const {
    Extended sum = 0.0L;
    for (std::size_t j = 0; j < place.size(); ++j) sum += static_cast<Extended>(mass[j]) * std::exp(-t * static_cast<Extended>(place[j]));
    for (std::size_t q = 0; q < nodes.node.size(); ++q)
      sum -= static_cast<Extended>(nodes.coefficient[q]) * std::exp(-t * static_cast<Extended>(nodes.node[q]));
    return sum;
  }

  /// |D| on [0, end] from above, whatever the nodes are: the polynomial through `points` Chebyshev points is at most Lebesgue's
  /// constant, 1 + 2/π ln(points), times the largest of its values, D is off it by at most 2 (end/4)^points / points! times its
  /// highest derivative, which the masses bound, and each value is summed to some units of extended precision.
  double largest(double end) const {
    Extended total = 0.0L;
    for (const double m : mass) total += static_cast<Extended>(m);
    for (std::size_t q = 0; q < nodes.node.size(); ++q) {
      if (!(nodes.node[q] > 0.0 && nodes.node[q] < 1.0 + 1e-12)) return std::numeric_limits<double>::infinity();
      total += static_cast<Extended>(nodes.coefficient[q]);
    }
    int points = 0;
    double off = 2.0;
    for (; off > 1e-20 && points < 60; off *= 0.25 * end / points) ++points;
    Extended most = 0.0L;
    for (int i = 0; i < points; ++i) {
      const double place_of_point = 0.5 * end * (1.0 - std::cos(std::numbers::pi * (i + 0.5) / points));
      most = std::max(most, std::abs(difference(static_cast<Extended>(place_of_point))));
    }
    const double units = static_cast<double>(place.size() + nodes.node.size() + 32) * 0x1p-63;  // of extended precision
    const double lebesgue = 1.0 + 2.0 / std::numbers::pi * std::log(points);
    // the points themselves are rounded, which counts as much as D bends: another few units
    return lebesgue * (static_cast<double>(most) + units * static_cast<double>(total)) + 1.001 * off * static_cast<double>(total);
  }
};

/// The least number of Gauss nodes that can keep |D| on [0, bend] within `allowed`, or -1: a Gauss rule of p nodes is off by
/// f^(2p)(ξ)/(2p)! ∫π_p², f = exp(-t place).
int gauss_nodes_needed(const GaussRule& rule, double bend, double allowed) {
  double factor = 1.0;  // bend^(2p) / (2p)!
  for (int p = 0; p <= rule.size; ++p) {
    if (p > 0) factor *= bend * bend / static_cast<double>((2 * p - 1) * (2 * p));
    if (factor * rule.remainder[p] <= allowed) return p;
  }
  return -1;
}

/// The slow nodes of a sum, and those that replace them.
struct SlowPart {
  std::size_t replaced = 0;
  GaussNodes nodes;    ///< in units of the fastest that is replaced
  double missed = 0.0;  ///< of all n together, from above
};

/// The Gauss rule that saves most: of all nodes up to some place, few enough; none where that does not keep the tolerance.
SlowPart replace_slow_nodes(const std::vector<double>& places, const std::vector<double>& masses, double reach, double tolerance) {
  struct Candidate {
    std::size_t count;
    int size;
    GaussRule rule;
  };
  constexpr double kLebesgue = 3.3;  // of as many points as `largest` takes
  std::vector<Candidate> candidates;
  for (const double bend : {1.5, 4.0, kBendMost}) {
    const auto count = static_cast<std::size_t>(
        std::upper_bound(places.begin(), places.end(), reach > 0.0 ? bend / reach : places.back()) - places.begin());
    if (count == 0) continue;
    std::vector<double> place(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count)),
        mass(masses.begin(), masses.begin() + static_cast<std::ptrdiff_t>(count));
    for (double& p : place) p /= places[count - 1];
    GaussRule rule = gauss_rule(place, mass);
    const int size = gauss_nodes_needed(rule, places[count - 1] * reach, tolerance / (kLebesgue * (reach + 1.0)));
    if (size >= 0 && count > static_cast<std::size_t>(size)) candidates.push_back({count, size, rule});
  }
  const auto saved = [](const Candidate& c) { return c.count - static_cast<std::size_t>(c.size); };
  std::sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) { return saved(a) > saved(b); });
  for (const Candidate& candidate : candidates) {
    std::vector<double> place(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(candidate.count)),
        mass(masses.begin(), masses.begin() + static_cast<std::ptrdiff_t>(candidate.count));
    const double fastest = place.back();
    for (double& p : place) p /= fastest;
    // often one less than is sure to do does as well
    for (int size = std::max(candidate.size - 1, 0); size <= std::min(candidate.size + 1, candidate.rule.size); ++size) {
      SlowPart part{candidate.count, gauss_nodes(candidate.rule, size), 0.0};
      part.missed = (reach + 1.0) * (Replacement{place, mass, part.nodes}.largest(fastest * reach));
      if (!(part.missed <= tolerance)) continue;
      // The quotients above are places again but for half a unit, of which t exp(-t) ≤ 1/e counts, of each mass in each weight.
      part.missed += (reach + 1.0) * 0.2 * std::numeric_limits<double>::epsilon() * std::accumulate(mass.begin(), mass.end(), 0.0);
      return part;
    }
  }
  return {};
}

void check_exponentials(double alpha, std::int64_t first, std::int64_t last, double tolerance) {
  if (!(alpha > 0.0 && alpha <= 2.0)) throw ArgumentError("alpha", written(alpha), "lie in (0, 2]");
  if (last > kMaxExponentialLast) throw ArgumentError("last", written(last), "be at most " + written(kMaxExponentialLast));
  if (first < kMinExponentialFirst || first > last)
    throw ArgumentError("first", written(first),
                        "lie in [" + written(kMinExponentialFirst) + ", last = " + written(last) + "]");
  if (!(tolerance >= kMinExponentialTolerance && tolerance <= 1.0))
    throw ArgumentError("tolerance", written(tolerance), "lie in [" + written(kMinExponentialTolerance) + ", 1]");
}

}  // namespace

ExponentialSum grunwald_exponentials(double alpha, std::int64_t first, std::int64_t last, double tolerance) {
  check_exponentials(alpha, first, last, tolerance);
  ExponentialSum sum;
  sum.first = first;
  sum.last = last;
  const WeightIntegral integral{alpha, sine_over_pi(alpha), static_cast<double>(first), static_cast<double>(last)};
  if (integral.factor == 0.0L) return sum;
  const double sign = alpha < 1.0 ? -1.0 : 1.0;  // of all weights behind alpha

  // All of them together are at most `scale`, so where that is little there is nothing to keep.
  const double scale =
      static_cast<double>(integral.factor) * std::tgamma(1.0 + alpha) * summed_power(alpha, integral.first, integral.last);
  if (scale <= tolerance) {
    sum.bound = scale;
    return sum;
  }
  const double step = largest_step(alpha, scale, 0.5 * tolerance);
  sum.bound = between_nodes(step, alpha, scale);

  // Downwards from the middle as long as terms count; a slow node can add its mass to each n.
  const double reach = integral.last - integral.first;
  const Extended h = static_cast<Extended>(step), middle = -std::log(static_cast<Extended>(integral.last));
  std::vector<double> places, masses;  // by decreasing rate, then turned round
  for (int j = 0;; --j) {
    const Extended s = std::exp(middle + static_cast<Extended>(j) * h);
    const auto mass = static_cast<double>(h * integral.density(s));
    // density ≤ factor s^(1+alpha), so it and all below it add up to at most a geometric series of ratio exp(-h(1+alpha)).
    const auto most = static_cast<double>(h * integral.factor * std::exp((1.0L + integral.alpha) * std::log(s)));
    const double below = most * (reach + 1.0) / -std::expm1(-step * (1.0 + alpha));
    if (below <= 0.02 * tolerance || places.size() == 4000) {
      sum.bound += below;
      break;
    }
    places.push_back(static_cast<double>(s));
    masses.push_back(mass);
  }
  std::reverse(places.begin(), places.end());
  std::reverse(masses.begin(), masses.end());
  for (int j = 1;; ++j) {
    const Extended s = std::exp(middle + static_cast<Extended>(j) * h);
    const auto mass = static_cast<double>(h * integral.density(s));
    const double all_n = mass * std::min(reach + 1.0, static_cast<double>(1.0L / -std::expm1(-s)));
    // From one to the next they fall at least by this, which itself falls.
    const auto ratio =
        static_cast<double>(std::exp(h - alpha * std::log(-std::expm1(-s)) -
                                     (static_cast<Extended>(first) - static_cast<Extended>(alpha)) * s * std::expm1(h)));
    if (ratio < 0.9 && all_n <= 0.005 * tolerance) {
      sum.bound += all_n / (1.0 - ratio);
      break;
    }
    places.push_back(static_cast<double>(s));
    masses.push_back(mass);
  }

  const SlowPart slow = replace_slow_nodes(places, masses, reach, 0.45 * tolerance);
  sum.bound += slow.missed;
  for (std::size_t q = 0; q < slow.nodes.node.size(); ++q) {
    sum.rates.push_back(slow.nodes.node[q] * places[slow.replaced - 1]);
    sum.coefficients.push_back(sign * slow.nodes.coefficient[q]);
  }
  for (std::size_t j = slow.replaced; j < places.size(); ++j) {
    sum.rates.push_back(places[j]);
    sum.coefficients.push_back(sign * masses[j]);
  }
  double all = 0.0;
  for (std::size_t q = 0; q < sum.rates.size(); ++q)
    all += std::abs(sum.coefficients[q]) * std::min(reach + 1.0, 1.0 / -std::expm1(-sum.rates[q]));
  sum.bound += 4.0 * std::numeric_limits<double>::epsilon() * all;
  sum.bound *= 1.0 + 1e-12;  // its own roundings
  return sum;
}

}  // namespace almanac::compute
