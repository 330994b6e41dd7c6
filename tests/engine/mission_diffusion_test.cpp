// time_fractional_diffusion from the mission file to the numbers in the result file.
#include "mission_run.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>

namespace almanac {
namespace {

using testing::MissionFolder;
using testing::read_dataset;

constexpr double kPi = std::numbers::pi;

const nlohmann::json& references(const std::string& id) {
  static const nlohmann::json all = nlohmann::json::parse(std::ifstream(ALMANAC_DATA_FOLDER "/golden/fractional.json"));
  for (const auto& problem : all.at("problems")) {
    if (problem.at("id") == id) return problem.at("reference_values");
  }
  throw std::runtime_error("no problem " + id);
}

/// The number behind "name=" in the label of a reference.
double number_in(const std::string& label, const std::string& name) {
  return std::stod(label.substr(label.find(name + "=") + name.size() + 1));
}

/// y'' of one mode: D^alpha y = -lambda y, as the first sine of a string of length 1 on three points. The middle one is y.
struct Mode {
  double alpha, lambda, end;
  bool moving = false;  // y(0) = 0, y'(0) = 1 instead of 1, 0

  double value(MissionFolder& folder, std::int64_t steps) const {
    const std::string sine = "profile = \"sine\"\n";
    const std::string text = fmt::format(
        "[model]\nequation = \"time_fractional_diffusion\"\nalpha = {}\nkappa = {:.17g}\nspace = \"spectral\"\nhistory = \"direct\"\n"
        "[domain]\nextent = 3\nboundary = \"dirichlet\"\n[fft]\nrigor = \"estimate\"\n"
        "[time]\ndt = {:.17g}\nsteps = {}\n[initial]\n{}",
        alpha, lambda / (kPi * kPi), end / static_cast<double>(steps), steps,
        moving ? "profile = \"zero\"\n[initial.velocity]\n" + sine : sine);
    const MissionReport report = folder.run(text);
    EXPECT_FALSE(report.failed()) << report.cases.front().error;
    const auto u = read_dataset(folder / "out/mission.h5", "u");
    return u.values.at(u.values.size() - 2);
  }

  /// The observed order of the finest pair, with every error smaller than the one before it.
  void expect_first_order(MissionFolder& folder, double exact) const {
    double before = INFINITY, order = 0;
    for (int power = 9; power <= 13; ++power) {
      const double error = std::abs(value(folder, std::int64_t{1} << power) - exact);
      EXPECT_LT(error, before) << "steps = 2^" << power;
      order = std::log2(before / error);
      before = error;
    }
    EXPECT_GE(order, 0.95);
    EXPECT_LE(order, 1.05);
  }
};

TEST(DiffusionMission, RelaxesAsTheMittagLefflerFunctionAtFirstOrder) {
  MissionFolder folder;
  for (const auto& [label, exact] : references("R04-relaxation").items()) {
    SCOPED_TRACE(label);
    Mode{number_in(label, "alpha"), number_in(label, "lambda"), number_in(label, "t")}.expect_first_order(folder, std::stod(exact.get<std::string>()));
  }
}

TEST(DiffusionMission, OscillatesAsTheMittagLefflerFunctionAtFirstOrder) {
  MissionFolder folder;
  for (const auto& [label, exact] : references("R06-fractional-oscillator").items()) {
    SCOPED_TRACE(label);
    Mode{number_in(label, "alpha"), 1, number_in(label, "t")}.expect_first_order(folder, std::stod(exact.get<std::string>()));
  }
}

TEST(DiffusionMission, SubdiffusesASineAtFirstOrder) {
  MissionFolder folder;
  for (const auto& [label, exact] : references("R10-subdiffusion-smooth").items()) {
    SCOPED_TRACE(label);
    Mode{number_in(label, "alpha"), kPi * kPi, number_in(label, "t")}.expect_first_order(folder, std::stod(exact.get<std::string>()));
  }
}

TEST(DiffusionMission, IsBetweenDiffusionAndWaveAtFirstOrder) {
  MissionFolder folder;
  for (const auto& [label, exact] : references("R11-diffusion-wave").items()) {
    SCOPED_TRACE(label);
    Mode{number_in(label, "alpha"), kPi * kPi, number_in(label, "t")}.expect_first_order(folder, std::stod(exact.get<std::string>()));
  }
}

// The discrete solution itself. kappa·pi² is lambda to 3 roundings and y depends on lambda by less than itself; then some
// hundred sums of numbers below 1: 1e-13 holds the lot, as the reference promises.
TEST(DiffusionMission, GivesTheExactValuesOfImplicitGrunwaldLetnikov) {
  MissionFolder folder;
  for (const auto& [label, rows] : references("R05-relaxation-discrete").items()) {
    if (!label.ends_with(" BDF1")) continue;
    for (const auto& [steps, row] : rows.items()) {
      SCOPED_TRACE(label + " N=" + steps);
      const double expected = std::stod(row.at("y_N").get<std::string>());
      EXPECT_NEAR((Mode{number_in(label, "alpha"), number_in(label, "lambda"), 1}.value(folder, std::stoll(steps))), expected, 1e-13);
    }
  }
}

TEST(DiffusionMission, EndsInTheHeatEquationAtOne) {
  MissionFolder folder;
  Mode{1, 3, 0.7}.expect_first_order(folder, std::exp(-3 * 0.7));
}

TEST(DiffusionMission, EndsInTheWaveEquationAtTwoWithBothInitialConditions) {
  MissionFolder folder;
  const double omega = 2.5, t = 0.9;
  Mode{2, omega * omega, t}.expect_first_order(folder, std::cos(omega * t));
  Mode{2, omega * omega, t, true}.expect_first_order(folder, std::sin(omega * t) / omega);
}

TEST(DiffusionMission, AnInitialVelocityCountsForEveryOrderAboveOne) {
  MissionFolder folder;
  // t E_{1.5,2}(-t^1.5) at t = 1 by its series, whose terms fall below 1e-17 before the 20th.
  double exact = 0;
  for (int k = 0; k < 25; ++k) exact += (k % 2 == 0 ? 1 : -1) / std::tgamma(1.5 * k + 2);
  Mode{1.5, 1, 1, true}.expect_first_order(folder, exact);
}

/// A domain, one eigenmode in it, and the eigenvalue that an order of space gives it.
struct Eigenmode {
  std::string name, domain, mode;
  std::vector<std::int64_t> extent;
  std::vector<double> length;
  std::vector<char> boundary;       // p d n, and x for dirichlet_neumann, y for neumann_dirichlet
  std::vector<int> k;

  double symbol(std::size_t axis, const std::string& space) const {
    const bool mixed = boundary[axis] == 'x' || boundary[axis] == 'y';
    const double n = static_cast<double>(extent[axis]), wave = kPi * (k[axis] + (mixed ? 0.5 : 0)) * (boundary[axis] == 'p' ? 2 : 1);
    if (space == "\"spectral\"") return -std::pow(wave / length[axis], 2);
    const double cells = boundary[axis] == 'd' ? n + 1 : n, h = length[axis] / cells;
    const double s = std::pow(std::sin(wave / cells / 2), 2);
    const double terms[] = {s, s * s / 3, 8 * s * s * s / 45};
    double sum = 0;
    for (int i = 0; i < std::stoi(space) / 2; ++i) sum += terms[i];
    return -4 / (h * h) * sum;
  }
  double factor(std::size_t axis, std::int64_t j) const {
    const double n = static_cast<double>(extent[axis]), x = static_cast<double>(j);
    switch (boundary[axis]) {
      case 'p': return k[axis] == 0 ? 1 : std::sin(2 * kPi * k[axis] * x / n);
      case 'd': return std::sin(kPi * k[axis] * (x + 1) / (n + 1));
      case 'x': return std::sin(kPi * (k[axis] + 0.5) * (x + 0.5) / n);
      case 'y': return std::cos(kPi * (k[axis] + 0.5) * (x + 0.5) / n);
      default: return std::cos(kPi * k[axis] * (x + 0.5) / n);
    }
  }
};

class DiffusionModes : public ::testing::TestWithParam<Eigenmode> {};

// With alpha = 1 the scheme is implicit Euler: every step divides the mode by 1 - lambda dt, on any grid. Forty steps of one
// rounding each, transforms of at most 8 roundings forth and back, the profile's sines: below 100 u of the amplitude 1.
TEST_P(DiffusionModes, DecayByTheEigenvalueOfTheirGridAndOrder) {
  const Eigenmode& mode = GetParam();
  for (const std::string space : {"\"spectral\"", "2", "4", "6"}) {
    SCOPED_TRACE(space);
    MissionFolder folder;
    const auto report = folder.run(fmt::format("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\nkappa = 0.02\nspace = {}\n[domain]\n{}\n"
                                               "[initial]\nprofile = \"sine\"\nmode = {}\n[time]\ndt = 0.05\nsteps = 40\n[output]\nevery = 20\n",
                                               space, mode.domain, mode.mode));
    ASSERT_FALSE(report.failed()) << report.cases.front().error;
    double lambda = 0;
    for (std::size_t axis = 0; axis < mode.extent.size(); ++axis) lambda += 0.02 * mode.symbol(axis, space);
    const auto u = read_dataset(folder / "out/mission.h5", "u");
    ASSERT_EQ(u.shape.size(), mode.extent.size() + 1);
    ASSERT_EQ(u.shape[0], 3u);
    std::size_t points = 1;
    for (std::size_t axis = 0; axis < mode.extent.size(); ++axis) {
      EXPECT_EQ(u.shape[axis + 1], static_cast<hsize_t>(mode.extent[axis]));
      points *= static_cast<std::size_t>(mode.extent[axis]);
    }
    double worst = 0;
    for (std::size_t row = 0; row < 3; ++row) {
      const double amplitude = std::pow(1 - lambda * 0.05, -20.0 * static_cast<double>(row));
      for (std::size_t i = 0; i < points; ++i) {
        double expected = amplitude;
        std::size_t rest = i;
        for (std::size_t axis = mode.extent.size(); axis-- > 0;) {
          expected *= mode.factor(axis, static_cast<std::int64_t>(rest % static_cast<std::size_t>(mode.extent[axis])));
          rest /= static_cast<std::size_t>(mode.extent[axis]);
        }
        worst = std::max(worst, std::abs(u.values[row * points + i] - expected));
      }
    }
    EXPECT_LT(worst, 100 * 0x1p-53);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Grids, DiffusionModes,
    ::testing::Values(
        Eigenmode{"periodic1D", "extent = 31\nlength = 2.0", "3", {31}, {2}, {'p'}, {3}},
        Eigenmode{"dirichlet1D", "extent = 20\nboundary = \"dirichlet\"", "4", {20}, {1}, {'d'}, {4}},
        Eigenmode{"neumann1D", "extent = 24\nboundary = \"neumann\"", "5", {24}, {1}, {'n'}, {5}},
        Eigenmode{"periodic2D", "extent = [16, 9]\nlength = [1.0, 3.0]", "[2, 1]", {16, 9}, {1, 3}, {'p', 'p'}, {2, 1}},
        Eigenmode{"mixed2D", "extent = [12, 15]\nboundary = [\"neumann\", \"dirichlet\"]", "[0, 2]", {12, 15}, {1, 1}, {'n', 'd'}, {0, 2}},
        Eigenmode{"wallsOfTwoKinds1D", "extent = 20\nboundary = \"dirichlet_neumann\"", "0", {20}, {1}, {'x'}, {0}},
        Eigenmode{"wallsOfTwoKinds2D", "extent = [13, 16]\nboundary = [\"neumann_dirichlet\", \"dirichlet_neumann\"]", "[3, 12]", {13, 16}, {1, 1},
                  {'y', 'x'}, {3, 12}},
        Eigenmode{"mixed3D", "extent = [8, 10, 7]\nlength = [1.0, 2.0, 1.5]\nboundary = [\"dirichlet\", \"periodic\", \"neumann\"]", "[1, 2, 3]",
                  {8, 10, 7}, {1, 2, 1.5}, {'d', 'p', 'n'}, {1, 2, 3}}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(DiffusionMission, PutsPointsWhereTheBoundaryWantsThem) {
  MissionFolder folder;
  folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\nkappa = 1\n[domain]\nextent = [4, 4, 4]\nlength = 2\n"
             "boundary = [\"periodic\", \"dirichlet\", \"neumann\"]\n[initial]\nprofile = \"gaussian\"\nwidth = 0.3\n[time]\ndt = 0.25\nsteps = 5\n"
             "[output]\nevery = 2\n");
  const auto file = folder / "out/mission.h5";
  EXPECT_EQ(read_dataset(file, "x0").values, (std::vector<double>{0, 0.5, 1, 1.5}));
  const double fifth = 2.0 / 5;
  EXPECT_EQ(read_dataset(file, "x1").values, (std::vector<double>{fifth, 2 * fifth, 3 * fifth, 4 * fifth}));
  EXPECT_EQ(read_dataset(file, "x2").values, (std::vector<double>{0.25, 0.75, 1.25, 1.75}));
  EXPECT_EQ(read_dataset(file, "t").values, (std::vector<double>{0, 0.5, 1, 1.25}));  // the last step is always there
}

TEST(DiffusionMission, PutsPointsInTheMiddleOfCellsBetweenWallsOfTwoKinds) {
  MissionFolder folder;
  folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\nkappa = 1\n[domain]\nextent = [4, 4]\nlength = 2\n"
             "boundary = [\"dirichlet_neumann\", \"neumann_dirichlet\"]\n[initial]\nprofile = \"sine\"\n[time]\ndt = 0.25\nsteps = 1\n");
  for (const char* axis : {"x0", "x1"})
    EXPECT_EQ(read_dataset(folder / "out/mission.h5", axis).values, (std::vector<double>{0.25, 0.75, 1.25, 1.75}));
}

TEST(DiffusionMission, KeepsTheInitialFieldAsItWasGiven) {
  MissionFolder folder;
  std::vector<double> given(6 * 5);
  for (std::size_t i = 0; i < given.size(); ++i) given[i] = std::sin(static_cast<double>(i * i)) * 1e3;
  testing::write_dataset(folder / "field.h5", "here", {6, 5}, given);
  folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.7\nkappa = 1\n[domain]\nextent = [6, 5]\nboundary = \"neumann\"\n"
             "[initial]\nprofile = \"hdf5\"\nfile = \"field.h5\"\ndataset = \"here\"\n[time]\ndt = 0.01\nsteps = 10\n");
  const auto u = read_dataset(folder / "out/mission.h5", "u");
  ASSERT_EQ(u.values.size(), 60u);
  EXPECT_TRUE(std::equal(given.begin(), given.end(), u.values.begin()));
  // Nothing leaves an insulated box: each of two transforms keeps the sum of 30 numbers below 1e3 to 30·1e3·10 u.
  double before = 0, after = 0;
  for (std::size_t i = 0; i < 30; ++i) before += u.values[i], after += u.values[30 + i];
  EXPECT_NEAR(after, before, 30 * 1e3 * 20 * 0x1p-53);
}

TEST(DiffusionMission, AGaussianIsWhatItsFormulaSays) {
  MissionFolder folder;
  folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\nkappa = 1\n[domain]\nextent = [8, 6]\nlength = [2.0, 1.0]\n"
             "boundary = [\"periodic\", \"neumann\"]\n[initial]\nprofile = \"gaussian\"\ncentre = [1.9, 0.2]\nwidth = [0.4, 0.3]\namplitude = 7\n"
             "[time]\ndt = 0.01\nsteps = 1\n");
  const auto u = read_dataset(folder / "out/mission.h5", "u");
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < 6; ++j) {
      double dx = std::abs(0.25 * static_cast<double>(i) - 1.9);
      dx = std::min(dx, 2 - dx);
      const double dy = (static_cast<double>(j) + 0.5) / 6 - 0.2;
      const double expected = 7 * std::exp(-dx * dx / 0.32 - dy * dy / 0.18);
      EXPECT_NEAR(u.values[i * 6 + j], expected, 7 * 30 * 0x1p-53);  // exponents up to 12, each with 2 u
    }
  }
}

TEST(DiffusionMission, RandomFieldsRepeatAndHaveTheAmplitudeAsked) {
  const auto field = [](int seed, double smoothness) {
    MissionFolder folder;
    folder.run(fmt::format("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\nkappa = 1\n[domain]\nextent = [32, 32]\n[fft]\nrigor = \"estimate\"\n"
                           "[initial]\nprofile = \"random\"\nseed = {}\nsmoothness = {}\namplitude = 3\n[time]\ndt = 0.01\nsteps = 1\n",
                           seed, smoothness));
    auto u = read_dataset(folder / "out/mission.h5", "u").values;
    u.resize(32 * 32);
    return u;
  };
  const auto roughness = [](const std::vector<double>& u) {
    double sum = 0;
    for (std::size_t i = 1; i < u.size(); ++i) sum += std::pow(u[i] - u[i - 1], 2);
    return sum / static_cast<double>(u.size());
  };
  const auto rough = field(1, 0), smooth = field(1, 0.1);
  EXPECT_EQ(rough, field(1, 0));
  EXPECT_NE(rough, field(2, 0));
  for (const auto& one : {rough, smooth}) {
    double squares = 0;
    for (double value : one) squares += value * value;
    EXPECT_NEAR(std::sqrt(squares / 1024), 3, 3 * 1024 * 0x1p-53);
  }
  EXPECT_LT(roughness(smooth), 0.2 * roughness(rough));
}

}  // namespace
}  // namespace almanac
