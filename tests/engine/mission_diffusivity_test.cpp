// time_fractional_diffusion whose kappa varies: stepped at its points, each step by conjugate gradients.
#include "mission_run.hpp"
#include "reference_values.hpp"

#include <almanac/compute/diffusion_operator.hpp>
#include <almanac/compute/mittag_leffler.hpp>

#include <Eigen/Dense>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace almanac {
namespace {

using testing::MissionFolder;
using testing::read_dataset;

using std::numbers::pi;

std::vector<double> row_at_end(const MissionFolder& folder) {
  auto u = read_dataset(folder / "out/mission.h5", "u");
  std::size_t points = 1;
  for (std::size_t axis = 1; axis < u.shape.size(); ++axis) points *= u.shape[axis];
  u.values.erase(u.values.begin(), u.values.end() - static_cast<std::ptrdiff_t>(points));
  return u.values;
}

double largest_difference(const std::vector<double>& x, const std::vector<double>& y) {
  EXPECT_EQ(x.size(), y.size());
  double most = 0;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

// Layers of one value are a constant: both ways of stepping solve the same equations, one to a residual of 1e-12. There are more points
// than modes that are stepped together at first.
TEST(Diffusivity, OfOneValueEverywhereIsAConstant) {
  MissionFolder folder;
  const auto field = [&](const std::string& scheme, const std::string& time, const std::string& kappa) {
    const auto report = folder.run(fmt::format(
        "[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.6\nspace = 2\nscheme = \"{}\"\n{}[domain]\nextent = [12, 10, 7]\n"
        "boundary = [\"periodic\", \"dirichlet_neumann\", \"neumann\"]\n[fft]\nrigor = \"estimate\"\n[initial]\nprofile = \"random\"\nsmoothness = 0.2\n"
        "[time]\n{}[source]\nprofile = \"gaussian\"\nwidth = 0.2\ntime = \"pulse\"\nstart = 0.1\nend = 0.6\n"
        "[boundary]\nlower = [0.0, 1.0, 0.0]\nupper = [0.0, -1.0, 2.0]\ntime = \"sine\"\nfrequency = 1\n",
        scheme, kappa, time));
    EXPECT_FALSE(report.failed()) << report.cases[0].error;
    return row_at_end(folder);
  };
  for (const std::string scheme : {"grunwald", "bdf3", "trapezoidal", "newton_gregory", "l1", "l2_1_sigma", "rectangle_implicit", "product_trapezoid"}) {
    SCOPED_TRACE(scheme);
    std::vector<std::string> times{"dt = 0.05\nsteps = 20\n"};
    if (scheme == "l1" || scheme == "product_trapezoid") times.push_back("mesh = \"graded\"\nduration = 1\nsteps = 20\n");
    for (const std::string& time : times) {
      const auto constant = field(scheme, time, "kappa = 0.05\n");
      const auto varying = field(scheme, time, "[model.kappa]\nprofile = \"layers\"\nat = [0.3, 0.8]\nvalues = [0.05, 0.05, 0.05]\n");
      EXPECT_LE(largest_difference(constant, varying), 1e-9);
    }
  }
}

// On its own grid the operator is a matrix, and with its eigenvectors the exact field is known at all times.
TEST(Diffusivity, ComesToTheMittagLefflerFunctionOfItsOperator) {
  constexpr int kPoints = 12;
  std::vector<double> kappa(kPoints, 0.4), u0(kPoints);
  for (int j = 0; j < kPoints; ++j) {
    if ((j + 1) / 13.0 >= 0.35) kappa[static_cast<std::size_t>(j)] = 0.02;
    u0[static_cast<std::size_t>(j)] = std::sin(1.0 + 3.0 * j);
  }
  const compute::DiffusionOperator diffusion({.extent = {kPoints}, .spacing = 1.0 / 13, .order = 2, .boundary = Boundary::dirichlet}, kappa);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> modes{Eigen::MatrixXd(diffusion.matrix())};
  MissionFolder folder;
  testing::write_dataset(folder / "u0.h5", "u", {kPoints}, u0);
  const auto error = [&](double alpha, const std::string& scheme, int steps) {
    const auto report = folder.run(fmt::format("[model]\nequation = \"time_fractional_diffusion\"\nalpha = {}\nscheme = \"{}\"\n[model.kappa]\nprofile = \"layers\"\n"
                                               "at = 0.35\nvalues = [0.4, 0.02]\n[domain]\nextent = {}\nboundary = \"dirichlet\"\n[initial]\nprofile = \"hdf5\"\n"
                                               "file = \"u0.h5\"\ndataset = \"u\"\n[time]\nduration = 0.5\nsteps = {}\n",
                                               alpha, scheme, kPoints, steps));
    EXPECT_FALSE(report.failed()) << report.cases[0].error;
    Eigen::VectorXd exact = modes.eigenvectors().transpose() * Eigen::Map<const Eigen::VectorXd>(u0.data(), kPoints);
    for (int k = 0; k < kPoints; ++k) exact[k] *= compute::mittag_leffler(alpha, 1, modes.eigenvalues()[k] * std::pow(0.5, alpha));
    exact = modes.eigenvectors() * exact;
    return largest_difference(row_at_end(folder), {exact.begin(), exact.end()});
  };
  const auto expect = [&](double alpha, const std::string& scheme, double order) {
    SCOPED_TRACE(scheme);
    const double coarse = error(alpha, scheme, 64), fine = error(alpha, scheme, 128);
    EXPECT_LT(fine, 5e-3);
    EXPECT_NEAR(std::log2(coarse / fine), order, 0.3);
  };
  expect(0.5, "grunwald", 1);
  expect(0.5, "bdf2", 2);
  expect(0.5, "bdf4", 4);
  expect(0.5, "trapezoidal", 2);
  expect(0.5, "l1", 1);
  expect(1.5, "bdf2", 2);
}

// Two plates in series between walls of 0 and 1: the flux is the same in both, and the temperature a line in each.
TEST(Diffusivity, OfTwoPlatesInSeriesHasTheLinesOfTheirResistances) {
  MissionFolder folder;
  const auto report = folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\n[model.kappa]\nprofile = \"layers\"\nat = 0.5\nvalues = [1.0, 0.1]\n"
                                 "[domain]\nextent = 20\nboundary = \"dirichlet\"\n[initial]\nprofile = \"zero\"\n[time]\ndt = 10\nsteps = 40\n[boundary]\nupper = 1\n");
  ASSERT_FALSE(report.failed()) << report.cases[0].error;
  const auto u = row_at_end(folder);
  const double h = 1.0 / 21, flux = 1 / (0.5 / 1 + 0.5 / 0.1);
  for (int j = 0; j < 20; ++j) {
    const double x = (j + 1) * h;
    EXPECT_NEAR(u[static_cast<std::size_t>(j)], x < 0.5 ? flux * x : 1 - flux * (1 - x) / 0.1, 1e-9) << j;
  }
  EXPECT_NE(report.cases[0].findings.find("cg_iterations="), std::string::npos);
}

// u = (1 + t) phi with q = D^alpha of it minus div(kappa grad u): for alpha = 1/2 that has two powers of time, so phi alone is kept steady:
// q = -div(kappa grad phi). What is left is the error of space, of order 2.
TEST(Diffusivity, KeepsAManufacturedFieldToSecondOrderInSpace) {
  const auto error = [](int n) {
    MissionFolder folder;
    std::vector<double> kappa, source, phi;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        const double x = (i + 0.5) / n, y = (j + 0.5) / n;
        const double k = 1 + 0.5 * std::cos(pi * x) * y;
        phi.push_back(std::cos(pi * x) * std::cos(2 * pi * y));
        kappa.push_back(k);
        const double kx = -0.5 * pi * std::sin(pi * x) * y, ky = 0.5 * std::cos(pi * x);
        const double px = -pi * std::sin(pi * x) * std::cos(2 * pi * y), py = -2 * pi * std::cos(pi * x) * std::sin(2 * pi * y);
        source.push_back(-(kx * px + ky * py - 5 * pi * pi * k * phi.back()));
      }
    const std::vector<hsize_t> shape{static_cast<hsize_t>(n), static_cast<hsize_t>(n)};
    testing::write_dataset(folder / "kappa.h5", "kappa", shape, kappa);
    testing::write_dataset(folder / "q.h5", "q", shape, source);
    testing::write_dataset(folder / "phi.h5", "phi", shape, phi);
    const auto report = folder.run(fmt::format("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.5\nscheme = \"l1\"\n[model.kappa]\nprofile = \"hdf5\"\n"
                                               "file = \"kappa.h5\"\ndataset = \"kappa\"\n[domain]\nextent = [{0}, {0}]\nboundary = \"neumann\"\n"
                                               "[fft]\nrigor = \"estimate\"\n[initial]\nprofile = \"hdf5\"\nfile = \"phi.h5\"\ndataset = \"phi\"\n"
                                               "[source]\nprofile = \"hdf5\"\nfile = \"q.h5\"\ndataset = \"q\"\n[time]\ndt = 0.05\nsteps = 10\n",
                                               n));
    EXPECT_FALSE(report.failed()) << report.cases[0].error;
    return largest_difference(row_at_end(folder), phi);
  };
  const double coarse = error(16), fine = error(32);
  EXPECT_LT(fine, 0.02);
  EXPECT_NEAR(std::log2(coarse / fine), 2, 0.2);
}

TEST(Diffusivity, IsSolvedToTheToleranceAsked) {
  const auto findings = [](const std::string& tolerance) {
    MissionFolder folder;
    const auto report = folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.5\n" + tolerance +
                                   "[model.kappa]\nprofile = \"ball\"\nbackground = 1\nvalue = 0.01\nradius = 0.3\n[domain]\nextent = [16, 16]\n"
                                   "[initial]\nprofile = \"random\"\n[time]\ndt = 0.01\nsteps = 10\n");
    const std::string& text = report.cases[0].findings;
    const auto number = [&](const std::string& name) {
      const std::size_t at = text.find(name + "=");
      EXPECT_NE(at, std::string::npos) << text;
      return at == std::string::npos ? NAN : std::stod(text.substr(at + name.size() + 1));
    };
    return std::pair(number("cg_residual"), number("cg_iterations"));
  };
  const auto [fine, many] = findings("");
  const auto [coarse, few] = findings("solve_tolerance = 1e-4\n");
  EXPECT_LE(fine, 1e-12);
  EXPECT_LE(coarse, 1e-4);
  EXPECT_GT(coarse, 1e-9);
  EXPECT_LT(few, 0.6 * many);
}

TEST(Diffusivity, OfABallIsWhereItsCentreIs) {
  // Heat cannot enter a ball of almost no conduction in this time: what was there stays, and elsewhere it spreads.
  MissionFolder folder;
  const auto report = folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\n[model.kappa]\nprofile = \"ball\"\nbackground = 1\nvalue = 1e-12\n"
                                 "centre = [0.95, 0.5]\nradius = 0.2\n[domain]\nextent = [20, 20]\n[initial]\nprofile = \"random\"\n[time]\ndt = 1\nsteps = 5\n");
  ASSERT_FALSE(report.failed()) << report.cases[0].error;
  const auto u = read_dataset(folder / "out/mission.h5", "u");
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t j = 0; j < 20; ++j) {
      const double dx = std::remainder(static_cast<double>(i) / 20 - 0.95, 1.0), dy = static_cast<double>(j) / 20 - 0.5;
      if (dx * dx + dy * dy > 0.16 * 0.16) continue;
      ++kept;
      EXPECT_NEAR(u.values[400 + i * 20 + j], u.values[i * 20 + j], 1e-6);
    }
  EXPECT_EQ(kept, 37u);  // points of a disc of 3.2 spacings
}

// Beside 1e40, 1e-40 is nothing that a double can tell: conjugate gradients come to no solution. They stop the case as whatever else stops
// a step does; and where first steps are coupled by themselves, starting weights are done without before that.
TEST(Diffusivity, WhoseStepsHaveNoSolutionStopsTheCaseAndKeepsWhatItHad) {
  for (const std::string scheme : {"grunwald", "trapezoidal"}) {
    MissionFolder folder;
    const auto report = folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.5\nscheme = \"" + scheme +
                                   "\"\n[model.kappa]\nprofile = \"ball\"\nbackground = 1e-40\nvalue = 1e40\nradius = 0.3\n[domain]\nextent = [12, 12]\n"
                                   "boundary = \"neumann\"\n[fft]\nrigor = \"estimate\"\n[initial]\nprofile = \"random\"\n[time]\ndt = 0.01\nsteps = 50\n");
    const CaseReport& one = report.cases.front();
    EXPECT_EQ(one.status, CaseStatus::failed);
    EXPECT_NE(one.error.find("a step could not be solved: "), std::string::npos) << one.error;
    EXPECT_NE(one.error.find("at t = 0.01, step 1"), std::string::npos) << one.error;
    EXPECT_EQ(read_dataset(folder / "out/mission.incomplete.h5", "t").values, std::vector<double>{0});
    if (scheme == "trapezoidal") {
      EXPECT_NE(one.findings.find("start_used=initial, start_reason=a step could not be solved"), std::string::npos) << one.findings;
    }
  }
}

// 64 kB are the most an attribute has: 8192 numbers.
TEST(Diffusivity, OfMoreLayersThanAnAttributeHoldsIsInTheResultAllTheSame) {
  MissionFolder folder;
  std::string at = "at = [", values = "values = [1.0";
  std::vector<double> positions;
  for (int i = 0; i < 9000; ++i) {
    positions.push_back((i + 1) / 10000.0);
    at += fmt::format("{}{}", i == 0 ? "" : ", ", positions.back());
    values += i % 2 == 0 ? ", 2.0" : ", 1.0";
  }
  const auto report = folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.5\n[model.kappa]\nprofile = \"layers\"\n" + at + "]\n" + values +
                                 "]\n[domain]\nextent = 8\n[initial]\nprofile = \"sine\"\n[time]\ndt = 0.01\nsteps = 2\n");
  ASSERT_FALSE(report.failed()) << report.cases[0].error;
  EXPECT_EQ(read_dataset(folder / "out/mission.h5", "long_facts/kappa_at").values, positions);
  EXPECT_EQ(read_dataset(folder / "out/mission.h5", "long_facts/kappa_values").values.size(), 9001u);
  EXPECT_EQ(testing::attribute<double>(folder / "out/mission.h5", "/", "alpha"), 0.5);
  EXPECT_EQ(read_dataset(folder / "out/mission.h5", "u").values.size(), 16u);
}

}  // namespace
}  // namespace almanac
