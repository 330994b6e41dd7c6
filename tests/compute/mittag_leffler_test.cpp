#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <fstream>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace almanac::compute {
namespace {

using Complex = std::complex<double>;
using Json = nlohmann::json;

constexpr double kPi = std::numbers::pi;

/// What the header promises of |error|, with the slope |z E'(z)| from the next derivative.
double promised(const MittagLeffler& f, double z) {
  MittagLeffler next = f;
  ++next.derivative;
  return 1e-14 * std::max(std::abs(mittag_leffler(f, z)), std::abs(z * mittag_leffler(next, z)));
}

const Json& problem(const std::string& id) {
  static const Json kAll = [] { return Json::parse(std::ifstream(ALMANAC_DATA_FOLDER "/golden/fractional.json")); }();
  for (const Json& p : kAll.at("problems"))
    if (p.at("id").get<std::string>().starts_with(id)) return p.at("reference_values");
  throw std::out_of_range(id);
}

double reference(const std::string& id, const std::string& name) { return std::stod(problem(id).at(name).get<std::string>()); }

/// z itself is rounded here, which changes E by 2^-53 |z E'|, and so are exact decimal parameters: 1e-14 covers both, for E
/// changes with them about as much as with its argument.
void expect_reference(const std::string& id, const std::string& name, const MittagLeffler& f, double z, double factor = 1.0) {
  const double value = factor * mittag_leffler(f, z);
  EXPECT_NEAR(value, reference(id, name), factor * promised(f, z)) << id << " " << name;
}

TEST(MittagLefflerReferences, OfTheFunctionItself) {
  expect_reference("R22", "E_{0.5,1}^{1}(-1)", {0.5}, -1.0);
  expect_reference("R22", "E_{0.5,0.5}^{1}(-1)", {0.5, 0.5}, -1.0);
  expect_reference("R22", "E_{0.1,1}^{1}(-0.9)", {0.1}, -0.9);
  expect_reference("R22", "E_{0.7,0.3}^{1}(-5)", {0.7, 0.3}, -5.0);
  expect_reference("R22", "E_{1.5,2}^{1}(-100)", {1.5, 2.0}, -100.0);
  expect_reference("R22", "E_{2,2}^{1}(-9)", {2.0, 2.0}, -9.0);
  expect_reference("R22", "E_{3,1}^{1}(-100)", {3.0}, -100.0);
  expect_reference("R22", "E_{0.6,0.8}^{2}(-3)", {0.6, 0.8, 2.0}, -3.0);
  for (const auto& [name, f, z] : {std::tuple{"E_{0.7,1}(1+2i)", MittagLeffler{0.7}, Complex(1, 2)},
                                   std::tuple{"E_{1.3,0.6}(-5+5i)", MittagLeffler{1.3, 0.6}, Complex(-5, 5)}}) {
    const Json& pair = problem("R22").at(name);
    const Complex expected(std::stod(pair[0].get<std::string>()), std::stod(pair[1].get<std::string>()));
    EXPECT_LE(std::abs(mittag_leffler(f, z) - expected), 1e-14 * std::abs(expected)) << name;
  }
  // The matrix with eigenvalues -1 and -3, and a Jordan block.
  EXPECT_NEAR((mittag_leffler(0.7, 1.0, -1.0) + mittag_leffler(0.7, 1.0, -3.0)) / 2,
              reference("R22", "matrix E_0.7(-[[2,-1],[-1,2]]) [0,0]"), 3e-15);
  EXPECT_NEAR(-mittag_leffler({.alpha = 0.7, .derivative = 1}, -1.0),
              reference("R22", "matrix E_0.7(-[[1,1],[0,1]]) [0,1] = -E_0.7'(-1)"), 3e-15);
}

TEST(MittagLefflerReferences, OfRelaxationAndOscillation) {
  expect_reference("R04", "alpha=0.5 lambda=1 t=0.01", {0.5}, -0.1);
  expect_reference("R04", "alpha=0.5 lambda=1 t=1", {0.5}, -1.0);
  expect_reference("R04", "alpha=0.5 lambda=1 t=100", {0.5}, -10.0);
  expect_reference("R04", "alpha=0.8 lambda=10 t=1", {0.8}, -10.0);
  expect_reference("R04", "alpha=0.3 lambda=1 t=1", {0.3}, -1.0);
  expect_reference("R04", "alpha=0.9 lambda=1 t=1", {0.9}, -1.0);
  for (const std::string alpha : {"1.2", "1.5", "1.8"})
    for (const std::string t : {"1", "5", "10", "20"})
      expect_reference("R06", "alpha=" + alpha + " t=" + t + " y0=(1,0): E_{a,1}", {std::stod(alpha)},
                       -std::pow(std::stod(t), std::stod(alpha)));
}

TEST(MittagLefflerReferences, OfDiffusionAndWaves) {
  for (const std::string alpha : {"0.1", "0.5", "0.9"})
    for (const std::string t : {"0.01", "0.1", "1"})
      expect_reference("R10", "1D alpha=" + alpha + " t=" + t, {std::stod(alpha)},
                       -kPi * kPi * std::pow(std::stod(t), std::stod(alpha)));
  for (const std::string alpha : {"1.1", "1.5", "1.9"})
    for (const std::string t : {"0.1", "0.5", "1"})
      expect_reference("R11", "alpha=" + alpha + " t=" + t + " E_{a,1}", {std::stod(alpha)},
                       -kPi * kPi * std::pow(std::stod(t), std::stod(alpha)));
}

// ---- closed forms. Each tolerance: the promise (1e-14 of value or slope) and a few roundings of the formula itself.

void expect_promised(const MittagLeffler& f, double z, long double expected) {
  const double value = mittag_leffler(f, z);
  EXPECT_LE(std::abs(static_cast<long double>(value) - expected), 1e-18L * std::abs(expected) + promised(f, z))
      << f.alpha << " " << f.beta << " " << f.gamma << " " << f.derivative << " at " << z << ": " << value << " for "
      << static_cast<double>(expected);
}

TEST(MittagLefflerClosedForms, ExponentialsHyperbolicAndTrigonometricFunctions) {
  for (const double x : {1e-10, 1e-3, 0.1, 0.5, 0.9, 1.0, 2.0, 5.0, 10.0, 30.0, 44.0, 60.0, 300.0, 700.0}) {
    const long double l = x;
    for (const double s : {1.0, -1.0}) {
      expect_promised({1.0}, s * x, std::exp(s * l));
      expect_promised({1.0, 2.0}, s * x, std::expm1(s * l) / (s * l));
      expect_promised({1.0, 0.0}, s * x, s * l * std::exp(s * l));
      expect_promised({1.0, -1.0}, s * x, l * l * std::exp(s * l));
      expect_promised({.alpha = 1.0, .derivative = 3}, s * x, std::exp(s * l));
      expect_promised({.alpha = 1.0, .beta = 0.0, .derivative = 1}, s * x, (1 + s * l) * std::exp(s * l));
      expect_promised({1.0, 1.0, 2.0}, s * x, (1 + s * l) * std::exp(s * l));
    }
    expect_promised({2.0}, x, std::cosh(std::sqrt(l)));
    expect_promised({2.0}, -x, std::cos(std::sqrt(l)));
    expect_promised({2.0, 2.0}, x, std::sinh(std::sqrt(l)) / std::sqrt(l));
    expect_promised({2.0, 2.0}, -x, std::sin(std::sqrt(l)) / std::sqrt(l));
    const long double cube = std::cbrt(l);  // E_3: three exponentials of the cube root
    expect_promised({3.0}, x, (std::exp(cube) + 2 * std::exp(-cube / 2) * std::cos(std::sqrt(3.0L) / 2 * cube)) / 3);
    const long double fourth = std::sqrt(std::sqrt(l));
    expect_promised({4.0}, x, (std::cosh(fourth) + std::cos(fourth)) / 2);
  }
}

TEST(MittagLefflerClosedForms, OfTheErrorFunction) {
  // E_{1/2}(z) = e^(z^2) erfc(-z).
  for (const double x : {1e-8, 0.01, 0.3, 0.7, 1.0, 2.0, 4.0, 6.0, 6.6, 7.0, 10.0, 20.0, 26.0})
    for (const double s : {1.0, -1.0}) {
      const long double z = s * x;
      expect_promised({0.5}, s * x, std::exp(z * z) * std::erfc(-z));
    }
}

TEST(MittagLefflerClosedForms, AtZeroItIsAReciprocalGammaFunction) {
  EXPECT_EQ(mittag_leffler(0.7, 1.0, 0.0), 1.0);
  EXPECT_EQ(mittag_leffler(0.7, 5.0, 0.0), 1.0 / 24.0);
  for (const double pole : {0.0, -1.0, -2.0, -17.0}) EXPECT_EQ(mittag_leffler(0.7, pole, 0.0), 0.0);
  // Beside a pole: 1/Gamma(-2 + d) = 2 d to first order.
  const double beta = -2.0 + 0x1p-50;
  EXPECT_NEAR(mittag_leffler(0.7, beta, 0.0), 0x1p-49, 0x1p-49 * 1e-14);
  // The k-th derivative at zero is k! / Gamma(alpha k + beta).
  EXPECT_NEAR(mittag_leffler({.alpha = 2.0, .derivative = 3}, 0.0), 6.0 / 720.0, 1e-17);
}

// ---- identities

TEST(MittagLefflerIdentities, RecurrenceInBeta) {
  // E_{a,b}(z) = 1/Gamma(b) + z E_{a,a+b}(z), a + b a double.
  for (const double alpha : {0.125, 0.5, 0.75, 1.25, 1.875, 2.5})
    for (const double beta : {0.25, 1.0, 2.0, -1.5})
      for (const double z : {-200.0, -30.0, -5.0, -1.5, -0.5, 0.25, 1.0, 1.25}) {
        const double left = mittag_leffler(alpha, beta, z), right = z * mittag_leffler(alpha, alpha + beta, z);
        const double constant = mittag_leffler(alpha, beta, 0.0);
        EXPECT_NEAR(left, constant + right,
                    promised({alpha, beta}, z) + std::abs(z) * promised({alpha, alpha + beta}, z) + 4e-16 * std::abs(constant))
            << alpha << " " << beta << " " << z;
      }
}

TEST(MittagLefflerIdentities, DuplicationInAlpha) {
  // 2 E_{2a}(z^2) = E_a(z) + E_a(-z), with z^2 exact.
  for (const double alpha : {0.05, 0.3, 0.5, 0.9, 1.0, 1.4, 2.5})
    for (const Complex z : {Complex(0.5, 0), Complex(1.25, 0), Complex(0, 1.5), Complex(0.75, -1), Complex(-2, 1),
                            Complex(0, 4), Complex(-1, 5)}) {
      const Complex left = mittag_leffler(2 * alpha, 1.0, z * z), a = mittag_leffler(alpha, 1.0, z),
                    b = mittag_leffler(alpha, 1.0, -z);
      if (!(std::abs(a) + std::abs(b) < 1e300)) continue;
      const Complex slope = z * mittag_leffler({.alpha = alpha, .derivative = 1}, z);
      EXPECT_LE(std::abs(2.0 * left - a - b), 6e-14 * (std::abs(a) + std::abs(b) + std::abs(slope))) << alpha << " " << z;
    }
}

TEST(MittagLefflerIdentities, DerivativesArePrabhakarFunctions) {
  // d^k/dz^k E_{a,b} = k! E^{k+1}_{a,b+ak}, b + ak a double.
  double factorial = 1.0;
  for (int k = 1; k <= 4; ++k) {
    factorial *= k;
    for (const double alpha : {0.25, 0.75, 1.5})
      for (const double z : {-20.0, -3.0, -0.4, 0.9, 1.5}) {
        const MittagLeffler d{.alpha = alpha, .beta = 0.5, .derivative = k};
        EXPECT_NEAR(mittag_leffler(d, z), factorial * mittag_leffler({alpha, 0.5 + alpha * k, k + 1.0}, z), 2 * promised(d, z))
            << alpha << " " << k << " " << z;
      }
  }
}

TEST(MittagLefflerIdentities, ConjugateArgumentsGiveConjugateValuesAndRealOnesRealValues) {
  for (const double alpha : {0.4, 1.3, 2.2})
    for (const Complex z : {Complex(-3, 0.5), Complex(2, 4), Complex(-50, -20)}) {
      const Complex a = mittag_leffler(alpha, 0.7, z), b = mittag_leffler(alpha, 0.7, std::conj(z));
      EXPECT_LE(std::abs(std::conj(a) - b), 4e-16 * std::abs(a)) << alpha << z;
      EXPECT_EQ(mittag_leffler(alpha, 0.7, Complex(z.real(), 0.0)), Complex(mittag_leffler(alpha, 0.7, z.real()), 0.0));
    }
}

// ---- properties

TEST(MittagLefflerProperties, CompletelyMonotoneOnTheNegativeAxisForAlphaUpToOne) {
  // (-1)^k (d/dx)^k E_{a,b}(-x) ≥ 0 for 0 < a ≤ 1, b ≥ a (Schneider 1996): all derivatives in z are positive.
  for (const double alpha : {0.05, 0.3, 0.7, 0.99, 1.0})
    for (const double more : {0.0, 0.25, 1.5})
      for (const double x : {1e-9, 0.01, 0.5, 0.95, 1.0, 3.0, 9.0, 25.0, 43.0, 100.0, 600.0})
        for (int k = 0; k <= 5; ++k)
          EXPECT_GT(mittag_leffler({.alpha = alpha, .beta = alpha + more, .derivative = k}, -x), 0.0)
              << alpha << " " << more << " " << x << " " << k;
}

TEST(MittagLefflerProperties, ContinuousThroughWholeAlpha) {
  // d E/d alpha is bounded by a few of the slope's size here: 2^-40 of alpha moves E by less than 1e-9 of value and slope.
  for (const double whole : {1.0, 2.0, 3.0})
    for (const double z : {-60.0, -44.0, -20.0, -5.0, -0.7, 0.7, 5.0, 50.0}) {
      const double at = mittag_leffler(whole, 1.0, z);
      const double slope = std::abs(z * mittag_leffler({.alpha = whole, .derivative = 1}, z));
      for (const double alpha : {whole - 0x1p-40, whole + 0x1p-40})
        EXPECT_NEAR(mittag_leffler(alpha, 1.0, z), at, 1e-9 * (std::abs(at) + 10 * slope) + 1e-11) << alpha << " " << z;
    }
}

TEST(MittagLefflerProperties, OverflowIsAnInfinityOfItsSignAndUnderflowIsZero) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(mittag_leffler(0.5, 1.0, 27.0), infinity);
  EXPECT_LT(mittag_leffler(0.5, 1.0, 26.0), infinity);
  EXPECT_EQ(mittag_leffler(0.001, 1.0, 1e300), infinity);
  EXPECT_EQ(mittag_leffler(0.3, -2.5, 1e10), infinity);
  EXPECT_EQ(mittag_leffler(1.0, 1.0, -800.0), 0.0);
  EXPECT_EQ(mittag_leffler({1.0, 1.0, 2.0}, -800.0), 0.0);
  // E_4(-x) = cosh(y) cos(y), y = x^(1/4) / √2: the sign is the cosine's.
  for (const double y : {713.0, 717.0, 725.0, 1e4, 1e7}) {
    const double value = mittag_leffler(4.0, 1.0, -4.0 * y * y * y * y);
    EXPECT_EQ(value, std::cos(y) > 0 ? infinity : -infinity) << y;
  }
  // Complex: component by component, and no value is not a number.
  const Complex huge = mittag_leffler(0.5, 1.0, Complex(40.0, 1.0));  // 2 e^(1599 + 80i)
  EXPECT_EQ(huge.real(), std::cos(80.0) > 0 ? infinity : -infinity);
  EXPECT_EQ(huge.imag(), std::sin(80.0) > 0 ? infinity : -infinity);
  for (const double alpha : {1e-3, 0.2, 1.0, 1.7, 2.0, 3.3, 10.0})
    for (const double gamma : {1.0, 0.6, 3.0})
      for (const double r : {1e-300, 1e-10, 1.0, 1e10, 1e100, 1e300})
        for (const double turn : {0.0, 0.3, 0.5, 0.999, 1.0}) {
          const Complex value =
              mittag_leffler({.alpha = alpha, .gamma = gamma}, r * Complex(std::cos(kPi * turn), std::sin(kPi * turn)));
          EXPECT_FALSE(std::isnan(value.real()) || std::isnan(value.imag()))
              << alpha << " " << gamma << " " << r << " " << turn;
        }
}

// By the series in 400 digits: where the branches' terms are large and cancel.
TEST(MittagLefflerProperties, OfAGammaThatIsNotWholeFarFromZero) {
  const double value = mittag_leffler({1.2263133717779295, -37, 1.4071989373089804, 8}, -218.72089759504263);
  EXPECT_NEAR(value / -2.628145784724157578e38, 1, 1e-14);
}

TEST(MittagLefflerProperties, OfExponentialsTimesPolynomialsOfHugeArguments) {
  EXPECT_EQ(mittag_leffler(1, -19, -1e300), 0);
  EXPECT_EQ(mittag_leffler(1, -18, 1e300), std::numeric_limits<double>::infinity());
  const Complex turned = mittag_leffler({1, -18, 2, 4}, Complex(0, 1e300));
  EXPECT_FALSE(std::isnan(turned.real()) || std::isnan(turned.imag()));
}

TEST(MittagLefflerProperties, LimitsAtInfinity) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double alpha : {0.3, 1.0, 1.9, 2.0, 3.0}) EXPECT_EQ(mittag_leffler(alpha, 1.5, infinity), infinity);
  for (const double alpha : {0.3, 1.0, 1.9}) EXPECT_EQ(mittag_leffler(alpha, 1.0, -infinity), 0.0);
  EXPECT_EQ(mittag_leffler(2.0, 2.0, -infinity), 0.0);
}

// ---- arguments

template <class Call>
void expect_refused(const std::string& parameter, const std::string& value, const Call& call) {
  try {
    call();
    ADD_FAILURE() << parameter << " = " << value << " was accepted";
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.parameter(), parameter);
    EXPECT_NE(error.value().find(value), std::string::npos) << error.what();
    EXPECT_FALSE(error.range().empty());
  }
}

TEST(MittagLeffler, RefusesWhatIsOutsideItsRangesByNameValueAndRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const auto refused = [](const std::string& parameter, const std::string& value, MittagLeffler f, double z) {
    expect_refused(parameter, value, [&] { mittag_leffler(f, z); });
    if (parameter != "z") {
      expect_refused(parameter, value, [&] { mittag_leffler(f, Complex(z, 1.0)); });
      expect_refused(parameter, value, [&] { MittagLefflerSpectrum{f}; });
    }
  };
  for (const auto& [alpha, text] : {std::pair{0.0, "0"}, {-1.0, "-1"}, {10.5, "10.5"}, {nan, "nan"}})
    refused("alpha", text, {alpha}, 1.0);
  for (const auto& [beta, text] : {std::pair{-100.5, "-100.5"}, {101.0, "101"}, {nan, "nan"}})
    refused("beta", text, {0.5, beta}, 1.0);
  for (const auto& [gamma, text] : {std::pair{0.0, "0"}, {5.5, "5.5"}, {nan, "nan"}})
    refused("gamma", text, {0.5, 1.0, gamma}, 1.0);
  refused("derivative", "-1", {.alpha = 0.5, .derivative = -1}, 1.0);
  refused("derivative", "11", {.alpha = 0.5, .derivative = 11}, 1.0);
  refused("z", "nan", {0.5}, nan);
  refused("z", "-inf", {2.0}, -infinity);
  refused("z", "-inf", {2.5}, -infinity);
  refused("z", "-inf", {.alpha = 2.0, .beta = 1.5, .gamma = 2.0}, -infinity);
  expect_refused("z", "inf", [&] { mittag_leffler(0.5, 1.0, Complex(infinity, 0)); });
  expect_refused("z", "nan", [&] { mittag_leffler(0.5, 1.0, Complex(0, nan)); });
}

}  // namespace
}  // namespace almanac::compute
