// time_fractional_diffusion of constant kappa: schemes, histories, sources and data at the sides, from the file to the numbers.
#include "mission_run.hpp"

#include <almanac/compute/mittag_leffler.hpp>
#include <almanac/compute/solve_fractional.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <numbers>

namespace almanac {
namespace {

using compute::FractionalScheme;
using compute::mittag_leffler;
using testing::MissionFolder;
using testing::read_dataset;

using std::numbers::pi;
constexpr double kRate = 2.5;  // of the mode below

constexpr FractionalScheme kSchemes[] = {
    FractionalScheme::grunwald,           FractionalScheme::bdf2,        FractionalScheme::bdf3,           FractionalScheme::bdf4,
    FractionalScheme::bdf5,               FractionalScheme::bdf6,        FractionalScheme::trapezoidal,    FractionalScheme::newton_gregory,
    FractionalScheme::flmm_bdf2,          FractionalScheme::l1,          FractionalScheme::l1_2,           FractionalScheme::l2_1_sigma,
    FractionalScheme::rectangle_explicit, FractionalScheme::rectangle_implicit, FractionalScheme::product_trapezoid,
    FractionalScheme::predictor_corrector};

/// The first sine of a string of length 1 on three points, whose rate is kRate; the middle point is the mode itself.
struct OneMode {
  double alpha = 0.6;
  std::string model = {}, time = "duration = 1\nsteps = 40\n", initial = "profile = \"sine\"\n", more = {};

  std::string text() const {
    return fmt::format("[model]\nequation = \"time_fractional_diffusion\"\nalpha = {}\nkappa = {:.17g}\n{}"
                       "[domain]\nextent = 3\nboundary = \"dirichlet\"\n[fft]\nrigor = \"estimate\"\n[time]\n{}[initial]\n{}{}",
                       alpha, kRate / (pi * pi), model, time, initial, more);
  }
  double value(MissionFolder& folder) const {
    const MissionReport report = folder.run(text());
    EXPECT_FALSE(report.failed()) << report.cases.front().error;
    const auto u = read_dataset(folder / "out/mission.h5", "u");
    return u.values.size() < 6 ? NAN : u.values.at(u.values.size() - 2);
  }
};

compute::FractionalEquation relaxing(double alpha) {
  compute::FractionalEquation equation = compute::single_term(
      alpha, [](double, std::span<const double> y, std::span<double> out) { out[0] = -kRate * y[0]; }, {1.0});
  if (alpha > 1) equation.initial.push_back(0.0);
  return equation;
}

// Steps are those of the solver for the mode alone: rounding of kappa, of two transforms and of Newton's method between them, and what
// the coupled first steps and the schemes make of it; 1e-10 is far above, and far below what another scheme would give.
TEST(DiffusionScheme, StepsAModeAsTheSolverDoes) {
  MissionFolder folder;
  for (const double alpha : {0.6, 1.0, 1.4})
    for (const FractionalScheme scheme : kSchemes) {
      const bool is_l = scheme == FractionalScheme::l1 || scheme == FractionalScheme::l1_2 || scheme == FractionalScheme::l2_1_sigma;
      if (is_l && (alpha == 1 || (alpha > 1 && scheme != FractionalScheme::l1))) continue;
      SCOPED_TRACE(fmt::format("{} alpha={}", to_string(scheme), alpha));
      const bool is_explicit = scheme == FractionalScheme::rectangle_explicit || scheme == FractionalScheme::predictor_corrector;
      const std::int64_t steps = is_explicit ? 400 : 40;  // the third sine has nine times the rate, and is to stay bounded
      const OneMode mode{.alpha = alpha,
                         .model = fmt::format("scheme = \"{}\"\n", to_string(scheme)),
                         .time = fmt::format("duration = 1\nsteps = {}\n", steps)};
      const auto alone = compute::solve_fractional(relaxing(alpha), {.end = 1, .steps = steps}, {.scheme = scheme});
      ASSERT_TRUE(alone.finished());
      EXPECT_NEAR(mode.value(folder), alone.at_step(steps)[0], 1e-10);
    }
}

TEST(DiffusionScheme, ComesToTheMittagLefflerFunctionWithTheOrderOfTheScheme) {
  MissionFolder folder;
  constexpr double kAlpha = 0.5;
  const double exact = mittag_leffler(kAlpha, 1, -kRate);
  const auto order_of = [&](const std::string& model, std::int64_t steps, const std::string& mesh = "") {
    const auto error = [&](std::int64_t n) {
      const OneMode mode{.alpha = kAlpha, .model = model, .time = fmt::format("duration = 1\nsteps = {}\n{}", n, mesh)};
      return std::abs(mode.value(folder) - exact);
    };
    return std::log2(error(steps) / error(2 * steps));
  };
  EXPECT_NEAR(order_of("scheme = \"grunwald\"\n", 160), 1, 0.1);
  EXPECT_NEAR(order_of("scheme = \"bdf3\"\n", 80), 3, 0.2);
  EXPECT_NEAR(order_of("scheme = \"bdf4\"\nstart = \"starting_weights\"\n", 320), 4, 0.4);
  EXPECT_NEAR(order_of("scheme = \"trapezoidal\"\n", 320), 2, 0.2);
  EXPECT_NEAR(order_of("scheme = \"l1\"\n", 160), 1, 0.1);
  EXPECT_NEAR(order_of("scheme = \"l1\"\n", 80, "mesh = \"graded\"\n"), 2 - kAlpha, 0.15);
  EXPECT_NEAR(order_of("scheme = \"product_trapezoid\"\n", 80, "mesh = \"graded\"\ngrading = 4.0\n"), 2, 0.15);
}

/// A number that the run found out, by name.
double finding(const MissionFolder& folder, const std::string& name) {
  const auto summary = nlohmann::json::parse(std::ifstream(folder / "out/summary.json"));
  return summary.at("cases").at(0).at("findings").at(name).get<double>();
}
std::string finding_text(const MissionFolder& folder, const std::string& name) {
  const auto summary = nlohmann::json::parse(std::ifstream(folder / "out/summary.json"));
  return summary.at("cases").at(0).at("findings").at(name).get<std::string>();
}

std::string field_text(const std::string& model, const std::string& more) {
  return fmt::format("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.7\nkappa = 0.3\n{}"
                     "[domain]\nextent = [9, 12]\nboundary = [\"neumann\", \"dirichlet_neumann\"]\n[fft]\nrigor = \"estimate\"\n"
                     "[initial]\nprofile = \"random\"\nsmoothness = 0.1\n[time]\ndt = 2e-3\nsteps = 600\n[output]\nevery = 150\n{}",
                     model, more);
}

// A sum that is off by b max|v| moves u^n by at most b max|v| n^alpha / Gamma(1+alpha) (relax_modes), mode by mode. max|v| ≤ 2 max|u0| of
// the modes, and a point is the sum of at most 108 of them, each times at most 4.
TEST(DiffusionHistory, EnginesAgreeWithinTheBoundTheyState) {
  for (const std::string source : {"", "[source]\nprofile = \"gaussian\"\nwidth = 0.2\ntime = \"sine\"\nfrequency = 3\n"}) {
    MissionFolder folder;
    folder.run(field_text("history = \"direct\"\n", source));
    EXPECT_EQ(finding_text(folder, "history_used"), "direct");
    const double own = finding(folder, "history_bound");
    const auto direct = read_dataset(folder / "out/mission.h5", "u");
    ASSERT_EQ(direct.shape, (std::vector<hsize_t>{5, 9, 12}));
    const double amplification = std::pow(600, 0.7) / std::tgamma(1.7) * 2 * 108 * 4 * 3;
    for (const std::string history : {"exponentials", "fft_blocks", "short_memory", "auto"}) {
      SCOPED_TRACE(history);
      const std::string limits = history == "short_memory" ? "history_terms = 590\n" : history == "exponentials" ? "history_tolerance = 1e-9\n" : "";
      const auto report = folder.run(field_text("history = \"" + history + "\"\n" + limits, source));
      ASSERT_FALSE(report.failed()) << report.cases[0].error;
      const double bound = finding(folder, "history_bound");
      if (history == "auto") {
        EXPECT_LE(bound, 1e-10);
      } else {
        EXPECT_EQ(finding_text(folder, "history_used"), history);
      }
      EXPECT_LT(bound, 1e-2);
      const auto other = read_dataset(folder / "out/mission.h5", "u");
      double worst = 0;
      for (std::size_t i = 0; i < direct.values.size(); ++i) worst = std::max(worst, std::abs(direct.values[i] - other.values[i]));
      EXPECT_LE(worst, (bound + own) * amplification);
      EXPECT_LE(worst, (finding(folder, "history_error") + own * amplification) * 2 * 108 * 4);
    }
  }
}

TEST(DiffusionHistory, IsToldWithTheResults) {
  MissionFolder folder;
  const MissionReport report = folder.run(field_text("scheme = \"bdf2\"\nstart = \"starting_weights\"\n", ""));
  ASSERT_FALSE(report.failed()) << report.cases[0].error;
  EXPECT_NE(report.cases[0].findings.find("history_used="), std::string::npos) << report.cases[0].findings;
  EXPECT_NE(report.cases[0].findings.find("history_bound="), std::string::npos) << report.cases[0].findings;
  EXPECT_GT(finding(folder, "starting_digits_lost"), 0);
  const hid_t file = H5Fopen((folder / "out/mission.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t u = H5Dopen2(file, "u", H5P_DEFAULT);
  EXPECT_TRUE(H5Aexists(file, "history_used") > 0 || H5Aexists(u, "history_used") > 0);
  H5Dclose(u);
  H5Fclose(file);
}

TEST(DiffusionHistory, AsksForTheTablesThatAreUsedAndNoOthers) {
  MissionFolder folder;
  const auto used = [&](const std::string& model, const std::string& kind) {
    const std::vector<ArtifactUse> all = folder.run(field_text(model, "")).cases[0].artifacts;
    return std::ranges::count(all, kind, &ArtifactUse::kind);
  };
  EXPECT_EQ(used("history = \"direct\"\n", "fractional_kernel"), 1);
  EXPECT_EQ(used("history = \"exponentials\"\n", "fractional_kernel"), 0);
  EXPECT_EQ(used("scheme = \"bdf2\"\n", "fractional_kernel"), 0);
  EXPECT_EQ(used("scheme = \"bdf2\"\n", "starting_weights"), 0);
  EXPECT_EQ(used("scheme = \"trapezoidal\"\n", "starting_weights"), 1);
}

/// What a source of amplitude 1 in the mode brings it to at t = 1, from rest.
double driven(MissionFolder& folder, double alpha, const std::string& scheme, std::int64_t steps, const std::string& time) {
  return OneMode{.alpha = alpha,
                 .model = "scheme = \"" + scheme + "\"\n",
                 .time = fmt::format("duration = 1\nsteps = {}\n", steps),
                 .initial = "profile = \"zero\"\n",
                 .more = "[source]\nprofile = \"sine\"\n" + time}
      .value(folder);
}

// y = ∫ (t-s)^(alpha-1) E_{alpha,alpha}(-rate (t-s)^alpha) phi(s) ds; each at two step numbers of a scheme of known order.
TEST(DiffusionSource, DrivesAModeAsItsClosedFormSays) {
  MissionFolder folder;
  const auto expect = [&](double alpha, const std::string& scheme, double order, const std::string& time, double exact) {
    SCOPED_TRACE(scheme + " " + time);
    const double coarse = std::abs(driven(folder, alpha, scheme, 64, time) - exact);
    const double fine = std::abs(driven(folder, alpha, scheme, 128, time) - exact);
    EXPECT_LT(fine, 5e-3);
    EXPECT_GE(std::log2(coarse / fine), order - 0.2);
  };
  for (const double alpha : {0.5, 1.5}) {
    expect(alpha, "bdf2", 2, "", (1 - mittag_leffler(alpha, 1, -kRate)) / kRate);
    expect(alpha, "grunwald", 1, "", (1 - mittag_leffler(alpha, 1, -kRate)) / kRate);
    expect(alpha, "trapezoidal", 2, "time = \"power\"\nexponent = 2\n", 2 * mittag_leffler(alpha, alpha + 3, -kRate));
  }
  expect(1, "bdf3", 3, "time = \"exponential\"\nrate = 0.7\n", (std::exp(-0.7) - std::exp(-kRate)) / (kRate - 0.7));
  const double omega = 2 * pi * 0.75, phase = 0.4;
  const auto swing = [&](double t) { return kRate * std::sin(omega * t + phase) - omega * std::cos(omega * t + phase); };
  expect(1, "bdf2", 2, "time = \"sine\"\nfrequency = 0.75\nphase = 0.4\n",
         (swing(1) - std::exp(-kRate) * swing(0)) / (kRate * kRate + omega * omega));
  const auto charged = [&](double t) { return (1 - mittag_leffler(0.5, 1, -kRate * std::sqrt(t))) / kRate; };
  expect(0.5, "grunwald", 0.8, "time = \"pulse\"\nstart = 0.25\nend = 0.5\n", charged(0.75) - charged(0.5));
}

std::vector<double> last_field(const MissionFolder& folder) {
  auto u = read_dataset(folder / "out/mission.h5", "u");
  std::size_t points = 1;
  for (std::size_t axis = 1; axis < u.shape.size(); ++axis) points *= u.shape[axis];
  u.values.erase(u.values.begin(), u.values.end() - static_cast<std::ptrdiff_t>(points));
  return u.values;
}

// Differences of order 2 have straight lines exactly, so the steady state is one to rounding: the 60 steps of 1 each divide what is left by
// 1 + pi² kappa at least.
TEST(DiffusionSides, ReachTheSteadyStateTheirDataAskFor) {
  MissionFolder folder;
  const auto steady = [&](const std::string& boundary, const std::string& data) {
    const auto report = folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\nkappa = 2\n[domain]\nextent = 10\nlength = 2.0\nboundary = \"" +
                                   boundary + "\"\n[initial]\nprofile = \"zero\"\n[time]\ndt = 1\nsteps = 60\n[boundary]\n" + data);
    EXPECT_FALSE(report.failed()) << report.cases[0].error;
    return last_field(folder);
  };
  const auto expect = [&](const std::vector<double>& u, double first, double spacing, const std::function<double(double)>& exact) {
    ASSERT_EQ(u.size(), 10u);
    for (std::size_t j = 0; j < 10; ++j) EXPECT_NEAR(u[j], exact(first + spacing * static_cast<double>(j)), 1e-11) << j;
  };
  expect(steady("dirichlet", "lower = 1\nupper = 4\n"), 2.0 / 11, 2.0 / 11, [](double x) { return 1 + 1.5 * x; });
  expect(steady("dirichlet_neumann", "lower = 1\nupper = 3\n"), 0.1, 0.2, [](double x) { return 1 + 1.5 * x; });
  expect(steady("neumann_dirichlet", "lower = 3\nupper = 1\n"), 0.1, 0.2, [](double x) { return 1 + 1.5 * (2 - x); });
  expect(steady("dirichlet", "upper = 1\ntime = \"exponential\"\nrate = 3\n"), 2.0 / 11, 2.0 / 11, [](double) { return 0.0; });
}

TEST(DiffusionSides, FillAnInsulatedBoxAtTheRateOfTheirFlux) {
  // D_t of the mean is the flux over the length; implicit Euler has a line in time exactly.
  MissionFolder folder;
  folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 1\nkappa = 0.5\n[domain]\nextent = [8, 5]\nlength = [2.0, 1.0]\n"
             "boundary = \"neumann\"\n[initial]\nprofile = \"zero\"\n[time]\ndt = 0.1\nsteps = 20\n[boundary]\nlower = [3.0, 0.0]\nupper = [-1.0, 0.0]\n");
  double sum = 0;
  for (const double value : last_field(folder)) sum += value;
  EXPECT_NEAR(sum / 40, 2.0 * (3 - 1) / 2, 1e-12);
}

// For alpha ≤ 1 the energy of what nothing drives falls, in the equation and in these schemes (Jin, Lazarov, Zhou 2016).
TEST(DiffusionScheme, EnergyFallsAndNothingBecomesNegativeWhereTheoryHasIt) {
  for (const std::string scheme : {"grunwald", "l1"}) {
    for (const std::string kappa : {"kappa = 0.2\n", "[model.kappa]\nprofile = \"ball\"\nbackground = 0.2\nvalue = 1e-3\nradius = 0.2\n"}) {
      SCOPED_TRACE(scheme + " " + kappa);
      MissionFolder folder;
      std::vector<double> spike(11 * 11);
      spike[37] = 1;
      spike[60] = 5;
      testing::write_dataset(folder / "spike.h5", "u", {11, 11}, spike);
      const auto report = folder.run(fmt::format("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.5\nscheme = \"{}\"\nspace = 2\n{}"
                                                 "[domain]\nextent = [11, 11]\nboundary = [\"neumann\", \"dirichlet\"]\n[initial]\nprofile = \"hdf5\"\n"
                                                 "file = \"spike.h5\"\ndataset = \"u\"\n[time]\ndt = 1e-3\nsteps = 60\n[output]\nevery = 1\n",
                                                 scheme, kappa));
      ASSERT_FALSE(report.failed()) << report.cases[0].error;
      const auto u = read_dataset(folder / "out/mission.h5", "u");
      ASSERT_EQ(u.values.size(), 61u * 121u);
      double before = INFINITY;
      for (std::size_t row = 0; row < 61; ++row) {
        double energy = 0;
        for (std::size_t i = 0; i < 121; ++i) {
          const double value = u.values[row * 121 + i];
          energy += value * value;
          EXPECT_GE(value, -1e-11) << row << " " << i;  // 5 times the residual of a solve
        }
        EXPECT_LT(energy, before) << row;
        before = energy;
      }
    }
  }
}

TEST(DiffusionScheme, StopsWhenAskedWithNothingHalfWritten) {
  for (const std::string kappa : {"kappa = 0.1\n", "[model.kappa]\nprofile = \"layers\"\nat = 0.5\nvalues = [1.0, 2.0]\n"}) {
    SCOPED_TRACE(kappa);
    MissionFolder folder;
    bool begun = false;
    double last = 0;
    const auto report = folder.run("[model]\nequation = \"time_fractional_diffusion\"\nalpha = 0.5\nscheme = \"l1\"\n" + kappa +
                                       "[domain]\nextent = [40, 40]\nboundary = \"neumann\"\n[fft]\nrigor = \"estimate\"\n[initial]\nprofile = \"random\"\n"
                                       "[time]\ndt = 1e-3\nsteps = 20000\n",
                                   "out",
                                   {.progress =
                                        [&](const MissionProgress& at) {
                                          if (at.fraction > 0 && at.fraction < 1) begun = true;
                                          if (at.fraction < 1) last = at.fraction;
                                        },
                                    .stop = [&] { return begun; }});
    EXPECT_TRUE(report.interrupted);
    EXPECT_EQ(report.cases[0].status, CaseStatus::interrupted);
    EXPECT_LT(last, 0.9);
    EXPECT_EQ(testing::names_in(folder / "out"), (std::vector<std::string>{"summary.json"}));
  }
}

}  // namespace
}  // namespace almanac
