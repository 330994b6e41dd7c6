#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

using Vector = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Of one sign, over all that is distinguishable from the limits: from 1e-12 to where |x|^(1/alpha) = `reach`.
Vector magnitudes(double alpha, double sign, double reach, int count) {
  std::mt19937_64 generator(1905);
  std::uniform_real_distribution<double> logarithm(-12 * std::log(10.0), std::min(alpha * std::log(reach), 300.0));
  Vector x(static_cast<std::size_t>(count));
  for (double& value : x) value = sign * std::exp(logarithm(generator));
  return x;
}

void expect_as_single_values(const MittagLeffler& f, const Vector& x) {
  const MittagLefflerSpectrum spectrum(f);
  MittagLeffler next = f;
  ++next.derivative;
  Vector out(x.size());
  spectrum.evaluate(x, out);
  double worst = 0.0, where = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double value = mittag_leffler(f, x[i]),
                 scale = std::max(std::abs(value), std::abs(x[i] * mittag_leffler(next, x[i])));
    if (std::isinf(value) || scale > 1e300) {
      if (std::isinf(value)) {
        EXPECT_EQ(out[i], value) << x[i];
      }
      continue;
    }
    const double error = std::abs(out[i] - value) / std::max(scale, 1e-290);
    if (!(error <= worst)) worst = error, where = x[i];
  }
  // Half of the promise: the other half is the single value's.
  EXPECT_LE(worst, 5e-15) << f.alpha << " " << f.beta << " " << f.gamma << " " << f.derivative << " at " << where;
}

TEST(MittagLefflerSpectrum, AgreesWithSingleValuesOnTheNegativeAxis) {
  for (const double alpha : {0.1, 0.5, 0.8, 0.99, 1.0, 1.01, 1.5, 1.9, 2.0, 2.5})
    expect_as_single_values({alpha}, magnitudes(alpha, -1.0, alpha > 2 ? 500.0 : 1e6, 400));
  for (const MittagLeffler& f :
       {MittagLeffler{0.7, 0.7}, {1.5, 2.0}, {0.4, 0.0}, {.alpha = 0.6, .derivative = 2}, {0.8, 1.2, 2.0}})
    expect_as_single_values(f, magnitudes(f.alpha, -1.0, 1e6, 400));
}

TEST(MittagLefflerSpectrum, AgreesWithSingleValuesOnThePositiveAxis) {
  for (const double alpha : {0.2, 0.5, 1.0, 1.7, 2.0, 3.0})
    expect_as_single_values({alpha}, magnitudes(alpha, 1.0, 900.0, 400));
}

TEST(MittagLefflerSpectrum, GivesTheSameBitsForEveryThreadCountPlaceAndTableTakenBack) {
  const MittagLeffler f{0.8};
  const MittagLefflerSpectrum spectrum(f), by_two(f, 2);
  ASSERT_TRUE(std::equal(spectrum.table().begin(), spectrum.table().end(), by_two.table().begin(), by_two.table().end()));
  const Vector x = magnitudes(0.8, -1.0, 1e5, 5000);
  Vector one(x.size()), more(x.size()), shifted(x.size() - 7);
  spectrum.evaluate(x, one);
  for (const int threads : {2, 3, 7}) {
    spectrum.evaluate(x, more, threads);
    EXPECT_EQ(one, more);
  }
  spectrum.evaluate(std::span(x).subspan(7), shifted);
  EXPECT_TRUE(std::equal(shifted.begin(), shifted.end(), one.begin() + 7));
  const MittagLefflerSpectrum again(f, Vector(spectrum.table().begin(), spectrum.table().end()));
  again.evaluate(x, more);
  EXPECT_EQ(one, more);
  more = x;
  spectrum.evaluate(more, more);
  EXPECT_EQ(one, more);
}

TEST(MittagLefflerSpectrum, TakesZeroAndTheLimits) {
  const MittagLefflerSpectrum spectrum({0.8});
  const Vector x{0.0, -0.0, 5e-324, -1e-310, -kInfinity, kInfinity, 1e300, -1e300, 700.0};
  Vector out(x.size());
  spectrum.evaluate(x, out);
  EXPECT_EQ(out[0], 1.0);
  EXPECT_EQ(out[1], 1.0);
  EXPECT_EQ(out[2], 1.0);
  EXPECT_EQ(out[3], 1.0);
  EXPECT_EQ(out[4], 0.0);
  EXPECT_EQ(out[5], kInfinity);
  EXPECT_EQ(out[6], kInfinity);
  EXPECT_NEAR(out[7], mittag_leffler(0.8, 1.0, -1e300), 1e-314);
  EXPECT_EQ(out[8], kInfinity);
}

template <class Call>
void expect_refusal(const std::string& parameter, const Call& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter) << error.what();
  }
}

TEST(MittagLefflerSpectrum, RefusesWhatItCannotEvaluate) {
  const MittagLefflerSpectrum spectrum({2.0});
  Vector out(2, 7.0);
  expect_refusal("x", [&] { spectrum.evaluate(Vector{1.0, std::numeric_limits<double>::quiet_NaN()}, out); });
  expect_refusal("z", [&] { spectrum.evaluate(Vector{1.0, -kInfinity}, out); });
  expect_refusal("out", [&] { spectrum.evaluate(Vector{1.0}, out); });
  expect_refusal("threads", [&] { spectrum.evaluate(Vector{1.0, 2.0}, out, 0); });
  EXPECT_EQ(out, Vector(2, 7.0));
  expect_refusal("threads", [] { MittagLefflerSpectrum({0.5}, 0); });
}

TEST(MittagLefflerSpectrum, RefusesATableThatIsNotItsOwn) {
  const MittagLeffler f{0.8};
  const MittagLefflerSpectrum spectrum(f);
  const Vector table(spectrum.table().begin(), spectrum.table().end());
  expect_refusal("table", [&] { MittagLefflerSpectrum({0.81}, table); });
  expect_refusal("table", [&] { MittagLefflerSpectrum({0.8, 2.0}, table); });
  expect_refusal("table", [&] { MittagLefflerSpectrum(f, Vector{}); });
  expect_refusal("table", [&] { MittagLefflerSpectrum(f, Vector(table.begin(), table.end() - 1)); });
  // Every number of the header and the octaves' list, changed: refused, or evaluated inside the table (see the sanitizers).
  const Vector x = magnitudes(0.8, -1.0, 1e5, 200);
  Vector out(x.size());
  for (std::size_t i = 0; i < 60; ++i)
    for (const double wrong : {-1.0, 0.5, 3.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
      Vector changed = table;
      changed[i] = wrong;
      try {
        MittagLefflerSpectrum(f, changed).evaluate(x, out);
      } catch (const ArgumentError& error) {
        EXPECT_EQ(error.parameter(), "table");
      }
    }
}

}  // namespace
}  // namespace almanac::compute
