// fractional_derivative from the mission file to the numbers in the result file.
#include "mission_run.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace almanac {
namespace {

using testing::MissionFolder;
using testing::read_dataset;

std::string mission(const std::string& orders, const std::string& signal) {
  return fmt::format("[model]\nequation = \"fractional_derivative\"\ndefinition = \"grunwald\"\norders = {}\n[signal]\n{}\n", orders, signal);
}

std::vector<double> power(double p, double dt, std::size_t n) {
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(std::pow(static_cast<double>(i) * dt, p));
  return values;
}

// D^a t^p = Gamma(p+1)/Gamma(p-a+1) t^(p-a); Grünwald–Letnikov is of first order where f and f' vanish at 0.
TEST(DerivativeMission, FindsTheDerivativesOfPowersAtFirstOrder) {
  const double p = 2.5;
  for (const double order : {0.3, 0.5, 1.0, 1.5}) {
    double before = INFINITY, observed = 0;
    for (int log = 9; log <= 13; ++log) {
      MissionFolder folder;
      const std::size_t n = std::size_t{1} << log;
      const double dt = 1 / static_cast<double>(n);
      testing::write_dataset(folder / "f.h5", "f", {n + 1}, power(p, dt, n + 1));
      const auto report = folder.run(mission(fmt::format("[{}]", order), fmt::format("file = \"f.h5\"\ndataset = \"f\"\ndt = {:.17g}\n[fft]\nrigor = \"estimate\"", dt)));
      ASSERT_FALSE(report.failed()) << report.cases.front().error;
      const double u = read_dataset(folder / "out" / report.cases.front().files.front().filename(), "u").values.back();
      const double error = std::abs(u - std::tgamma(p + 1) / std::tgamma(p - order + 1));
      observed = std::log2(before / error);
      before = error;
    }
    EXPECT_GE(observed, 0.95) << order;
    EXPECT_LE(observed, 1.05) << order;
  }
}

// Against the direct sum in long double with weights by recurrence (600 steps of 1 u of long double: nothing). The bound is that of
// CausalConvolution, with P <= 2048: 27·11 u ‖w‖₂ ‖f‖₂ + 4 u |f̄| Σ|w|, and weights and scale of 2 u each.
TEST(DerivativeMission, IsTheDirectSumToRounding) {
  constexpr std::size_t kSamples = 601;
  std::vector<double> f;
  for (std::size_t i = 0; i < kSamples; ++i) f.push_back(3 + std::sin(0.1 * static_cast<double>(i)) + 0.3 * std::cos(static_cast<double>(i * i)));
  double norm_f = 0;
  for (double value : f) norm_f += value * value;
  MissionFolder folder;
  testing::write_dataset(folder / "f.h5", "f", {kSamples}, f);
  const auto report = folder.run(mission("[-0.5, 0.0, 0.25, 1.0, 1.9]", "file = \"f.h5\"\ndataset = \"f\"\nrate = 50"));
  ASSERT_EQ(report.cases.size(), 5u);
  const double orders[] = {-0.5, 0, 0.25, 1, 1.9};
  for (std::size_t c = 0; c < 5; ++c) {
    const long double a = orders[c];
    std::vector<long double> w{1};
    for (std::size_t k = 1; k < kSamples; ++k) w.push_back(w.back() * (static_cast<long double>(k) - 1 - a) / static_cast<long double>(k));
    double norm_w = 0, sum_w = 0;
    for (long double value : w) norm_w += static_cast<double>(value * value), sum_w += std::abs(static_cast<double>(value));
    const long double scale = std::pow(1 / 50.0L, -a);
    const auto u = read_dataset(report.cases[c].files.at(0), "u").values;
    ASSERT_EQ(u.size(), kSamples);
    const double bound = static_cast<double>(scale) * 0x1p-53 * (27 * 11 * std::sqrt(norm_w * norm_f) + 8 * 5 * sum_w);
    double worst = 0;
    for (std::size_t n = 0; n < kSamples; ++n) {
      long double sum = 0;
      for (std::size_t k = 0; k <= n; ++k) sum += w[k] * f[n - k];
      worst = std::max(worst, static_cast<double>(std::abs(sum * scale - u[n])));
    }
    EXPECT_LE(worst, bound) << orders[c];
  }
}

TEST(DerivativeMission, ReadsAColumnOfATableByNameOrNumber) {
  MissionFolder folder;
  folder.write("data.csv", "# made by hand\n\"t\", \"a lead\" ,b\n0, 1.5 ,9\n0.1,2.5,9\n\n0.2,-4e0,9\n");
  for (const std::string column : {"\"a lead\"", "1", "\"1\""}) {
    const auto report = folder.run(mission("[0.0]", "file = \"data.csv\"\ncolumn = " + column + "\ndt = 0.1"));
    ASSERT_FALSE(report.failed()) << report.cases.front().error;
    EXPECT_EQ(read_dataset(report.cases.front().files.front(), "signal").values, (std::vector<double>{1.5, 2.5, -4}));
  }
  folder.write("plain.txt", "1 2\n3 4\n  5   6\n");
  const auto report = folder.run(mission("[0.0]", "file = \"plain.txt\"\ncolumn = 1\ndt = 0.1"));
  EXPECT_EQ(read_dataset(report.cases.front().files.front(), "signal").values, (std::vector<double>{2, 4, 6}));
}

TEST(DerivativeMission, OneOrderIsOneCase) {
  MissionFolder folder;
  folder.write("f.csv", "1\n2\n4\n");
  const auto report = folder.run(mission("[0.5, 1]", "file = \"f.csv\"\ndt = 0.5"));
  ASSERT_EQ(report.cases.size(), 2u);
  EXPECT_EQ(report.cases[0].name, "order=0.5");
  EXPECT_EQ(report.cases[1].name, "order=1");
  const auto u = read_dataset(report.cases[1].files.front(), "u").values;
  const double expected[] = {2, 2, 4};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(u[i], expected[i], 1e-13);  // differences over dt, to the bound above
}

TEST(DerivativeMission, TakesTheRateFromTheRecordingWhenTheMissionSaysNone) {
  MissionFolder folder;
  const auto report = folder.run(mission("[0.5]", "file = \"" ALMANAC_DATA_FOLDER "/inputs/ecg.h5\"\ndataset = \"ecg_mV\"\n[fft]\nrigor = \"estimate\""));
  ASSERT_FALSE(report.failed()) << report.cases.front().error;
  const auto t = read_dataset(report.cases.front().files.front(), "t");
  ASSERT_EQ(t.values.size(), 108000u);
  EXPECT_DOUBLE_EQ(t.values[360], 1);
}

}  // namespace
}  // namespace almanac
