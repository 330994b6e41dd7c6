#include <almanac/compute/error.hpp>
#include <almanac/compute/grunwald.hpp>
#include <almanac/compute/relaxation.hpp>

#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

using Vector = std::vector<double>;
using LongVector = std::vector<long double>;

constexpr double kPi = std::numbers::pi;
constexpr long double kRounding = std::numeric_limits<double>::epsilon() / 2;

/// Grünwald–Letnikov weights by their recurrence in long double: good to far below a double's rounding at these lengths.
Vector weights(double alpha, std::int64_t steps) {
  Vector w(static_cast<std::size_t>(steps) + 1);
  long double value = 1.0L;
  for (std::size_t k = 0; k < w.size(); ++k) {
    if (k > 0) value *= 1.0L - (static_cast<long double>(alpha) + 1.0L) / static_cast<long double>(k);
    w[k] = static_cast<double>(value);
  }
  return w;
}

/// u at one time t = steps * dt, for one mode, with the library's own weights.
double relax_to(double t, double alpha, double lambda, double u0, double u1, std::int64_t steps) {
  Vector w(static_cast<std::size_t>(steps) + 1);
  grunwald_weights(alpha, 0, w);
  const std::int64_t last[] = {steps};
  const Vector velocity = alpha > 1.0 ? Vector{u1} : Vector{};
  double u = 0.0;
  relax_modes({alpha, t / static_cast<double>(steps), steps, w, last}, {&lambda, 1}, {&u0, 1}, velocity, {&u, 1}, 1);
  return u;
}

/// A problem of several modes, with what relax_modes needs to be called on any part of it.
struct Case {
  double alpha = 0.8, dt = 1e-2;
  std::int64_t steps = 300;
  Vector w = {}, lambda = {}, u0 = {}, u1 = {};
  std::vector<std::int64_t> outputs = {};

  RelaxationSteps time() const { return {alpha, dt, steps, w, outputs}; }
  std::size_t modes() const { return lambda.size(); }
};

/// Rates from slow to very stiff, random initial values of either sign, every step recorded.
Case random_case(double alpha, std::int64_t steps, std::size_t modes) {
  Case c{.alpha = alpha, .steps = steps, .w = weights(alpha, steps)};
  std::mt19937_64 generator(1867);
  std::uniform_real_distribution<double> value(-1.0, 1.0), magnitude(-3.0, 7.0);
  for (std::size_t m = 0; m < modes; ++m) {
    c.lambda.push_back(m == 0 ? 0.0 : -std::pow(10.0, magnitude(generator)));
    c.u0.push_back(value(generator));
    if (alpha > 1.0) c.u1.push_back(value(generator));
  }
  c.outputs.resize(static_cast<std::size_t>(steps) + 1);
  std::iota(c.outputs.begin(), c.outputs.end(), 0);
  return c;
}

Vector relaxed(const Case& c, int threads = 1) {
  Vector out(c.outputs.size() * c.modes());
  relax_modes(c.time(), c.lambda, c.u0, c.u1, out, static_cast<std::int64_t>(c.modes()), threads);
  return out;
}

Vector relaxed_by_reference(const Case& c) {
  Vector out(c.outputs.size() * c.modes());
  relax_modes_reference(c.time(), c.lambda, c.u0, c.u1, out, static_cast<std::int64_t>(c.modes()));
  return out;
}

/// The scheme in long double on the same doubles, and how far any double version of it may be from that.
///
/// One step commits d^n: the sum of n products (n + 1 rounding units of Σ |g w_k v^{n-k}|, in any order, fused or not, and
/// 5 for what stands before it: dt^-alpha to 1 ulp, the pivot, the quotients and products), and 8 units of a + b t (the
/// same, t itself, two additions), and one of v^n. Steps are linear: d^j comes back in v^n as r^{n-j} d^j, where r is the
/// scheme's answer to a unit error, r^n = -g Σ w_k r^{n-k}, r^0 = 1. Adding u0 + t u1 rounds 4 times more. The units are
/// first order; 1 % covers the rest.
struct Bounded {
  LongVector u, bound;
};

Bounded solve_with_bound(const Case& c, std::size_t mode) {
  const auto levels = static_cast<std::size_t>(c.steps) + 1;
  const long double scale = std::pow(static_cast<long double>(c.dt), -static_cast<long double>(c.alpha));
  const long double pivot = c.w[0] * scale - c.lambda[mode], g = scale / pivot, rate = c.lambda[mode] / pivot;
  const long double u0 = c.u0[mode], u1 = c.u1.empty() ? 0.0L : c.u1[mode];
  LongVector v(levels), response(levels), committed(levels);
  Bounded result{LongVector(levels), LongVector(levels)};
  response[0] = 1.0L;
  for (std::size_t n = 0; n < levels; ++n) {
    const long double t = static_cast<long double>(n) * c.dt;
    if (n > 0) {
      long double history = 0.0L, absolute = 0.0L, echo = 0.0L;
      for (std::size_t k = 1; k <= n; ++k) {
        history += c.w[k] * v[n - k];
        absolute += std::abs(c.w[k] * v[n - k]);
        echo += c.w[k] * response[n - k];
      }
      v[n] = rate * (u0 + t * u1) - g * history;
      response[n] = -g * echo;
      committed[n] = kRounding * ((static_cast<long double>(n) + 6) * g * absolute +
                                  8 * std::abs(rate) * (std::abs(u0) + t * std::abs(u1)) + std::abs(v[n]));
    }
    result.u[n] = u0 + t * u1 + v[n];
    for (std::size_t j = 1; j <= n; ++j) result.bound[n] += std::abs(response[n - j]) * committed[j];
    result.bound[n] = 1.01L * (result.bound[n] + 4 * kRounding * (std::abs(u0) + t * std::abs(u1) + std::abs(v[n])));
  }
  return result;
}

/// The largest error in units of the bound over all modes and outputs.
double worst(const Case& c, const Vector& out) {
  long double largest = 0.0L;
  for (std::size_t m = 0; m < c.modes(); ++m) {
    const Bounded exact = solve_with_bound(c, m);
    for (std::size_t o = 0; o < c.outputs.size(); ++o) {
      const auto n = static_cast<std::size_t>(c.outputs[o]);
      const long double error = std::abs(out[o * c.modes() + m] - exact.u[n]);
      if (!(error <= std::numeric_limits<long double>::max())) return std::numeric_limits<double>::infinity();
      if (error > 0.0L) largest = std::max(largest, error / exact.bound[n]);
    }
  }
  return static_cast<double>(largest);
}

// ---- fast against reference

TEST(RelaxModes, AgreesWithTheLongDoubleSolutionWithinItsRounding) {
  for (const double alpha : {0.1, 0.5, 0.8, 1.0, 1.2, 1.5, 1.9, 2.0})
    for (const std::int64_t steps : {1, 7, 63, 64, 65, 300}) {
      const Case c = random_case(alpha, steps, 29);
      EXPECT_LE(worst(c, relaxed(c)), 1.0) << "alpha " << alpha << ", steps " << steps;
      EXPECT_LE(worst(c, relaxed_by_reference(c)), 1.0) << "alpha " << alpha << ", steps " << steps << ", reference";
    }
}

TEST(RelaxModes, AgreesWithItsReferenceOnEveryInstructionSet) {
  // Both lie within the bound of the same solution.
  const Case c = random_case(1.3, 300, 31);
  for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    const std::int64_t target = targets & -targets;
    hwy::SetSupportedTargetsForTest(target);
    EXPECT_LE(worst(c, relaxed(c)), 1.0) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(RelaxModes, TakesAnyWeightsNotOnlyThoseOfAlpha) {
  // Zeros at the end are skipped and zeros between are not; a memory of every length, some longer than a block of levels.
  for (const std::size_t last : {0, 1, 2, 5, 63, 64, 65, 130, 300}) {
    Case c = random_case(0.6, 700, 3);
    std::fill(c.w.begin() + static_cast<std::ptrdiff_t>(last) + 1, c.w.end(), 0.0);
    if (last > 5) c.w[4] = 0.0;
    EXPECT_LE(worst(c, relaxed(c)), 1.0) << "last weight " << last;
  }
}

// ---- the same bits, however it is called

TEST(RelaxModes, HasTheSameBitsForEveryThreadCount) {
  for (const std::size_t modes : {1, 7, 100, 1001}) {
    const Case c = random_case(1.5, 130, modes);
    const Vector one = relaxed(c, 1);
    for (const int threads : {2, 3, 16}) EXPECT_EQ(relaxed(c, threads), one) << modes << " modes, " << threads << " threads";
  }
}

TEST(RelaxModes, HasTheSameBitsHoweverTheModesAreCutIntoCalls) {
  const Case c = random_case(0.7, 150, 203);
  const Vector whole = relaxed(c);
  for (const std::size_t slice : {1, 2, 3, 8, 17, 24, 100}) {
    Vector out(whole.size());
    for (std::size_t first = 0; first < c.modes(); first += slice) {
      const std::size_t count = std::min(slice, c.modes() - first);
      relax_modes(c.time(), std::span(c.lambda).subspan(first, count), std::span(c.u0).subspan(first, count), {},
                  std::span(out).subspan(first), static_cast<std::int64_t>(c.modes()), 2);
    }
    EXPECT_EQ(out, whole) << "slices of " << slice;
  }
}

TEST(RelaxModes, GivesAShorterRunAsThePrefixOfALongerOne) {
  for (const double alpha : {0.7, 1.0, 1.6, 2.0}) {
    const Case longer = random_case(alpha, 500, 5), shorter = random_case(alpha, 77, 5);
    Vector prefix = relaxed(longer);
    prefix.resize(78 * 5);
    EXPECT_EQ(relaxed(shorter), prefix) << "alpha " << alpha;
  }
}

TEST(RelaxModes, RecordsTheStepsAskedForAndTouchesNothingElse) {
  Case c = random_case(1.4, 200, 10);
  const Vector all = relaxed(c);
  c.outputs = {0, 1, 64, 65, 127, 199, 200};
  Vector out(6 * 13 + 10, -7.0);
  relax_modes(c.time(), c.lambda, c.u0, c.u1, out, 13);
  for (std::size_t o = 0; o < c.outputs.size(); ++o) {
    for (std::size_t m = 0; m < 10; ++m) EXPECT_EQ(out[o * 13 + m], all[static_cast<std::size_t>(c.outputs[o]) * 10 + m]);
    for (std::size_t m = 10; m < 13 && o < 6; ++m) EXPECT_EQ(out[o * 13 + m], -7.0);
  }
  for (std::size_t m = 0; m < 10; ++m) EXPECT_EQ(out[m], c.u0[m]);  // step 0 is the initial value itself
}

TEST(RelaxModes, DoesNothingWhereThereIsNothingToDo) {
  Case c = random_case(0.5, 10, 4);
  c.outputs.clear();
  EXPECT_NO_THROW(relax_modes(c.time(), c.lambda, c.u0, {}, {}, 4));
  c.outputs = {3};
  EXPECT_NO_THROW(relax_modes(c.time(), {}, {}, {}, {}, 0));
  c.steps = 0;
  c.outputs = {0};
  Vector out(4);
  relax_modes(c.time(), c.lambda, c.u0, {}, out, 4);
  EXPECT_EQ(out, c.u0);
}

// ---- closed forms

TEST(RelaxModes, LeavesAModeWithoutARateWhereItWas) {
  for (const double alpha : {0.5, 1.0, 1.5, 2.0}) {
    Case c = random_case(alpha, 100, 1);
    const Vector out = relaxed(c);
    for (std::size_t n = 0; n <= 100; ++n) {
      const double velocity = c.u1.empty() ? 0.0 : c.u1[0], t = static_cast<double>(n) * c.dt;
      // v stays zero; u0 + t u1 rounds at most three times, and fused once fewer.
      EXPECT_NEAR(out[n], c.u0[0] + t * velocity,
                  static_cast<double>(4 * kRounding) * (std::abs(c.u0[0]) + t * std::abs(velocity)));
    }
  }
}

TEST(RelaxModes, IsImplicitEulerAtAlphaOne) {
  Case c = random_case(1.0, 400, 1);
  for (const double lambda : {-0.1, -1.0, -50.0, -1e6}) {
    c.lambda = {lambda};
    const Vector out = relaxed(c);
    const Bounded exact = solve_with_bound(c, 0);
    for (std::size_t n = 0; n < out.size(); ++n) {
      const long double closed =
          c.u0[0] * std::pow(1.0L - static_cast<long double>(c.dt) * lambda, -static_cast<long double>(n));
      EXPECT_NEAR(out[n], static_cast<double>(closed), static_cast<double>(exact.bound[n]))
          << "lambda " << lambda << ", n " << n;
    }
  }
}

/// log2 of the ratio of the errors at 2^12 and 2^13 steps, having seen that the errors fall from 2^9 on.
double observed_order(double exact, const std::function<double(std::int64_t)>& solve) {
  double previous = std::numeric_limits<double>::infinity(), order = 0.0;
  for (std::int64_t steps = 512; steps <= 8192; steps *= 2) {
    const double error = std::abs(solve(steps) - exact);
    EXPECT_LT(error, previous) << steps << " steps";
    order = std::log2(previous / error);
    previous = error;
  }
  return order;
}

void expect_first_order(double t, double alpha, double lambda, double u0, double u1, double exact) {
  const double order = observed_order(exact, [&](std::int64_t steps) { return relax_to(t, alpha, lambda, u0, u1, steps); });
  EXPECT_GE(order, 0.95) << "alpha " << alpha << ", lambda " << lambda << ", t " << t << ", u0 " << u0;
  EXPECT_LE(order, 1.05) << "alpha " << alpha << ", lambda " << lambda << ", t " << t << ", u0 " << u0;
}

TEST(RelaxModes, ConvergesToTheExponentialAtAlphaOne) {
  for (const double lambda : {-1.0, -10.0, -kPi * kPi}) expect_first_order(0.5, 1.0, lambda, 1.0, 0.0, std::exp(0.5 * lambda));
}

TEST(RelaxModes, ConvergesToTheCosineAndTheSineAtAlphaTwo) {
  for (const double omega : {1.0, kPi, std::sqrt(2.0) * kPi}) {
    expect_first_order(0.7, 2.0, -omega * omega, 1.0, 0.0, std::cos(omega * 0.7));
    expect_first_order(0.7, 2.0, -omega * omega, 0.0, 1.0, std::sin(omega * 0.7) / omega);
  }
}

// ---- golden values: error falls at first order in dt

/// name → value of one problem of fractional.json.
std::vector<std::pair<std::string, double>> golden(const std::string& id) {
  std::ifstream file(ALMANAC_DATA_FOLDER "/golden/fractional.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  std::vector<std::pair<std::string, double>> values;
  for (const auto& problem : json.at("problems"))
    if (problem.at("id") == id)
      for (const auto& [key, value] : problem.at("reference_values").items())
        values.emplace_back(key, std::stod(value.get<std::string>()));
  EXPECT_FALSE(values.empty()) << id;
  return values;
}

/// The number behind "name=" in a golden value's key.
double number(const std::string& key, const std::string& name) {
  const std::size_t at = key.find(name + "=");
  return at == std::string::npos ? std::nan("") : std::stod(key.substr(at + name.size() + 1));
}

/// E_{alpha,beta}(-x) by its series in long double. Its terms reach exp(x^(1/alpha)) ≤ e^20 here, so that what cancels
/// leaves 1e-10 of absolute error or less; the errors it is to measure are above 1e-6.
double mittag_leffler(double alpha, double beta, double x) {
  long double sum = 0.0L, power = 1.0L;
  for (int k = 0; k < 400; ++k, power *= -static_cast<long double>(x)) {
    const long double argument = static_cast<long double>(alpha) * k + beta;
    if (argument > 1500.0L) break;
    sum += power / std::tgamma(argument);
  }
  return static_cast<double>(sum);
}

TEST(RelaxModes, ConvergesAtFirstOrderToTheRelaxationOfR04) {
  for (const auto& [key, exact] : golden("R04-relaxation"))
    expect_first_order(number(key, "t"), number(key, "alpha"), -number(key, "lambda"), 1.0, 0.0, exact);
}

TEST(RelaxModes, ConvergesAtFirstOrderToBothFractionalOscillationsOfR06) {
  for (const auto& [key, exact] : golden("R06-fractional-oscillator")) {
    const double alpha = number(key, "alpha"), t = number(key, "t");
    ASSERT_NEAR(mittag_leffler(alpha, 1.0, std::pow(t, alpha)), exact, 1e-9) << key;
    expect_first_order(t, alpha, -1.0, 1.0, 0.0, exact);
    expect_first_order(t, alpha, -1.0, 0.0, 1.0, t * mittag_leffler(alpha, 2.0, std::pow(t, alpha)));
  }
}

TEST(RelaxModes, ConvergesAtFirstOrderToTheSubdiffusionOfR10) {
  // The table has the values of one dimension; two have the rate 2 pi², by the half-order closed form exp(z²) erfc(z).
  for (const auto& [key, exact] : golden("R10-subdiffusion-smooth"))
    expect_first_order(number(key, "t"), number(key, "alpha"), -kPi * kPi, 1.0, 0.0, exact);
  for (const double t : {0.01, 0.1}) {
    const double z = 2 * kPi * kPi * std::sqrt(t);
    expect_first_order(t, 0.5, -2 * kPi * kPi, 1.0, 0.0, std::exp(z * z) * std::erfc(z));
  }
}

TEST(RelaxModes, ConvergesAtFirstOrderToBothDiffusionWavesOfR11) {
  for (const auto& [key, exact] : golden("R11-diffusion-wave")) {
    const double alpha = number(key, "alpha"), t = number(key, "t"), x = kPi * kPi * std::pow(t, alpha);
    ASSERT_NEAR(mittag_leffler(alpha, 1.0, x), exact, 1e-9) << key;
    expect_first_order(t, alpha, -kPi * kPi, 1.0, 0.0, exact);
    expect_first_order(t, alpha, -kPi * kPi, 0.0, 1.0, t * mittag_leffler(alpha, 2.0, x));
  }
}

// ---- bad input

/// That the change makes relax_modes throw an ArgumentError about that parameter, with that value in its text.
void expect_refused(const std::string& parameter, const std::string& value, double alpha,
                    const std::function<void(Case&)>& change) {
  Case c = random_case(alpha, 20, 4);
  change(c);
  Vector out(21 * 4);
  try {
    relax_modes(c.time(), c.lambda, c.u0, c.u1, out, 4);
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
    EXPECT_NE(error.value().find(value), std::string::npos) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

TEST(RelaxModes, RefusesWhatIsOutsideItsRangesByNameValueAndRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const double alpha : {0.0, -0.5, 2.5, nan, infinity})
    expect_refused("alpha", "", 0.5, [&](Case& c) { c.alpha = alpha; });
  for (const double dt : {0.0, -1.0, nan, infinity}) expect_refused("dt", "", 0.5, [&](Case& c) { c.dt = dt; });
  expect_refused("dt", "1e-200", 1.9, [](Case& c) { c.dt = 1e-200; });
  expect_refused("dt", "1e+200", 1.9, [](Case& c) { c.dt = 1e200; });
  expect_refused("steps", "-1", 0.5, [](Case& c) { c.steps = -1; });
  expect_refused("weights", "20 values", 0.5, [](Case& c) { c.w.pop_back(); });
  expect_refused("weights", "nan", 0.5, [&](Case& c) { c.w[7] = nan; });
  expect_refused("outputs", "-1", 0.5, [](Case& c) { c.outputs = {-1, 3}; });
  expect_refused("outputs", "3", 0.5, [](Case& c) { c.outputs = {3, 3}; });
  expect_refused("outputs", "2", 0.5, [](Case& c) { c.outputs = {3, 2}; });
  expect_refused("outputs", "21", 0.5, [](Case& c) { c.outputs = {3, 21}; });
  expect_refused("lambda", "nan", 0.5, [&](Case& c) { c.lambda[2] = nan; });
  expect_refused("lambda", "-inf", 0.5, [&](Case& c) { c.lambda[2] = -infinity; });
  expect_refused("lambda", "10", 0.5, [](Case& c) { c.lambda[3] = 10.000001; });  // w_0 dt^-alpha = 0.01^-0.5 = 10
  expect_refused("u0", "nan", 0.5, [&](Case& c) { c.u0[1] = nan; });
  expect_refused("u0", "3 values", 0.5, [](Case& c) { c.u0.pop_back(); });
  expect_refused("u1", "inf", 1.5, [&](Case& c) { c.u1[3] = infinity; });
  expect_refused("u1", "3 values", 1.5, [](Case& c) { c.u1.pop_back(); });
  expect_refused("u1", "4 values", 0.5, [](Case& c) { c.u1 = c.u0; });
  expect_refused("u1", "4 values", 1.0, [](Case& c) { c.u1 = c.u0; });
}

TEST(RelaxModes, RefusesAnOutputThatDoesNotFit) {
  Case c = random_case(0.5, 20, 4);
  const auto refused = [&](const std::string& parameter, std::span<double> out, std::int64_t stride, int threads = 1) {
    try {
      relax_modes(c.time(), c.lambda, c.u0, c.u1, out, stride, threads);
      ADD_FAILURE() << parameter << " was accepted";
    } catch (const ArgumentError& error) {
      EXPECT_EQ(error.parameter(), parameter) << error.what();
    }
  };
  Vector out(21 * 4);
  refused("out_stride", out, 3);
  refused("out_stride", out, -4);
  refused("out", std::span(out).first(83), 4);
  refused("out", out, 5);
  refused("out", out, std::numeric_limits<std::int64_t>::max());
  refused("threads", out, 4, 0);
  c.outputs = {5};
  refused("out", c.lambda, 4);
  refused("out", c.u0, 4);
  refused("out", c.w, 4);
}

TEST(RelaxModes, TakesAGrowingModeAsLongAsItsStepCanBeSolved) {
  // u' = 2u by implicit Euler: (1 - 2 dt)^-n. One step: dt^-alpha to 1 ulp and four operations, the difference u0 + v exact.
  const double t = 0.25;
  EXPECT_NEAR(relax_to(t, 1.0, 2.0, 1.0, 0.0, 1), 1.0 / (1.0 - 2.0 * t), 16.0 * static_cast<double>(kRounding));
}

}  // namespace
}  // namespace almanac::compute
