// Against golden values of 22 digits: every parameter, ray and radius of data/golden/mittag_leffler.py.
#include <almanac/compute/mittag_leffler.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace almanac::compute {
namespace {

struct GoldenValue {
  MittagLeffler function;
  std::complex<double> z;
  long double re, im, slope;
};

std::vector<GoldenValue> golden_values() {
  std::ifstream file(ALMANAC_DATA_FOLDER "/golden/mittag_leffler.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  const auto number = [](const nlohmann::json& text) { return std::strtold(text.get<std::string>().c_str(), nullptr); };
  std::vector<GoldenValue> values;
  for (const auto& row : json.at("values"))
    values.push_back({{static_cast<double>(number(row[0])), static_cast<double>(number(row[1])),
                       static_cast<double>(number(row[2])), row[3].get<int>()},
                      {static_cast<double>(number(row[4])), static_cast<double>(number(row[5]))},
                      number(row[6]),
                      number(row[7]),
                      number(row[8])});
  return values;
}

/// |value - golden| over the larger of value and slope; 0 where both are the same infinity or too small for doubles.
double golden_error(const GoldenValue& g, std::complex<double> value) {
  constexpr long double largest = 1.797693134862315e308L, smallest = 1e-300L;
  // An oscillation's sign takes its phase, |z|^(1/alpha), which no double argument has beyond 1e15.
  const bool has_phase = (g.z.imag() == 0 && g.z.real() > 0) || std::log(std::abs(g.z)) / g.function.alpha < std::log(1e15);
  long double off = 0;
  for (const auto& [got, wanted] : {std::pair{value.real(), g.re}, {value.imag(), g.im}}) {
    if (std::isnan(got)) return 1e9;
    if (std::abs(wanted) > largest) {
      if (!(std::isinf(got) && (!has_phase || std::signbit(got) == (wanted < 0)))) return 1e9;
    } else if (std::abs(wanted) < largest * 0.99L) {
      off = std::max(off, std::abs(static_cast<long double>(got) - wanted));
    }
  }
  const long double scale = std::max({std::abs(g.re), std::abs(g.im), g.slope, smallest});
  return static_cast<double>(off / scale);
}

TEST(MittagLefflerGolden, EveryValueIsAsTheHeaderPromises) {
  const std::vector<GoldenValue> values = golden_values();
  ASSERT_GT(values.size(), 4000u);
  double worst = 0.0;
  for (const GoldenValue& g : values) {
    const std::complex<double> value = mittag_leffler(g.function, g.z);
    const double error = golden_error(g, value);
    worst = std::max(worst, error);
    EXPECT_LE(error, 1e-14) << "alpha " << g.function.alpha << " beta " << g.function.beta << " gamma " << g.function.gamma
                            << " derivative " << g.function.derivative << " z " << g.z << ": " << value << " for "
                            << static_cast<double>(g.re) << " + " << static_cast<double>(g.im) << "i";
    if (g.z.imag() == 0.0) {
      EXPECT_LE(golden_error(g, {mittag_leffler(g.function, g.z.real()), 0.0}), 1e-14);
    }
  }
  RecordProperty("worst", std::to_string(worst / 1e-16) + "e-16");
}

}  // namespace
}  // namespace almanac::compute
