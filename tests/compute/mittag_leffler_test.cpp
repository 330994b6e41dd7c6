#include <almanac/compute/error.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

}  // namespace
}  // namespace almanac::compute
