// Equations in time alone, from the mission file to the numbers in the result file.
#include "mission_run.hpp"
#include "reference_values.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace almanac {
namespace {

using testing::attribute;
using testing::golden;
using testing::MissionFolder;
using testing::read_dataset;

/// The last value of a mission's only case.
double last_value(MissionFolder& folder, const std::string& text) {
  const MissionReport report = folder.run(text);
  EXPECT_FALSE(report.failed()) << report.cases.front().error;
  const auto y = read_dataset(folder / "out/mission.h5", "y").values;
  return y.empty() ? NAN : y.back();
}

/// Twice as many steps make the error smaller by the order asked for, less 0.25: where the second term of its expansion is a fifth of
/// the first.
template <class Text>
void expect_order(double order, double exact, std::int64_t steps, Text text) {
  MissionFolder folder;
  const double coarse = std::abs(last_value(folder, text(steps)) - exact), fine = std::abs(last_value(folder, text(2 * steps)) - exact);
  EXPECT_GE(std::log2(coarse / fine), order - 0.25) << coarse << " " << fine;
}

std::string times(double duration, std::int64_t steps) { return fmt::format("[time]\nduration = {:.17g}\nsteps = {}\n", duration, steps); }

TEST(RelaxationMission, ReachesTheMittagLefflerFunctionAtSecondOrder) {
  for (const auto& [label, exact] : golden("fractional.json", "R04-relaxation").items()) {
    SCOPED_TRACE(label);
    expect_order(2, std::stod(exact.get<std::string>()), 512, [label = label](std::int64_t steps) {
      return fmt::format("[model]\nequation = \"relaxation\"\nalpha = {}\nlambda = {}\n", testing::number_in(label, "alpha"),
                         testing::number_in(label, "lambda")) +
             times(testing::number_in(label, "t"), steps);
    });
  }
}

// The discrete schemes themselves, from 50 digits: some hundred sums of numbers below 1.
TEST(RelaxationMission, StepsTheDiscreteSchemesExactly) {
  const std::pair<std::string, std::string> schemes[] = {
      {"BDF1", "scheme = \"bdf1\""}, {"BDF2", "scheme = \"bdf2\"\nstart = \"none\""}, {"BDF2c", "start = \"initial\""}, {"L1", "scheme = \"l1\""}};
  MissionFolder folder;
  for (const auto& [label, rows] : golden("fractional.json", "R05-relaxation-discrete").items()) {
    const auto scheme = std::ranges::find(schemes, label.substr(label.rfind(' ') + 1), &std::pair<std::string, std::string>::first);
    ASSERT_NE(scheme, std::end(schemes)) << label;
    for (const auto& [steps, row] : rows.items()) {
      SCOPED_TRACE(label + " N=" + steps);
      const std::string text = fmt::format("[model]\nequation = \"relaxation\"\nalpha = {}\nlambda = {}\n{}\n", testing::number_in(label, "alpha"),
                                           testing::number_in(label, "lambda"), scheme->second);
      EXPECT_NEAR(last_value(folder, text + times(1, std::stoll(steps))), std::stod(row.at("y_N").get<std::string>()), 1e-13);
    }
  }
}

TEST(RelaxationMission, BringsTheExactSolutionAndItsLargestError) {
  MissionFolder folder;
  const MissionReport report = folder.run(
      "[model]\nequation = \"relaxation\"\nalpha = 0.5\nscheme = \"l1\"\n[initial]\nvalue = 2\nunits = \"V\"\n"
      "[time]\ndt = 0.01\nsteps = 100\nunits = \"s\"\n[output]\nevery = 10\n");
  ASSERT_FALSE(report.failed()) << report.cases.front().error;
  const auto file = folder / "out/mission.h5";
  const auto y = read_dataset(file, "y"), exact = read_dataset(file, "exact"), t = read_dataset(file, "t");
  ASSERT_EQ(y.shape, std::vector<hsize_t>{11});
  double largest = 0;
  for (std::size_t i = 0; i < 11; ++i) {
    // exp(t) erfc(sqrt t) for alpha = 1/2; erfc and exp to an ulp or two
    EXPECT_NEAR(exact.values[i], 2 * std::exp(t.values[i]) * std::erfc(std::sqrt(t.values[i])), 1e-14);
    largest = std::max(largest, std::abs(y.values[i] - exact.values[i]));
  }
  EXPECT_GT(largest, 1e-5);
  EXPECT_EQ(attribute<double>(file, "/", "largest_error"), largest);
  EXPECT_EQ(attribute<std::string>(file, "/y", "units"), "V");
  EXPECT_EQ(attribute<std::string>(file, "/", "history_used"), "direct");
  EXPECT_GT(attribute<double>(file, "/", "history_bound"), 0);
  EXPECT_NE(report.cases.front().findings.find("history_used=direct, history_bound="), std::string::npos) << report.cases.front().findings;
  const auto summary = nlohmann::json::parse(std::ifstream(folder / "out/summary.json"));
  EXPECT_EQ(summary["cases"][0]["findings"]["largest_error"].get<double>(), largest);
}

// Steps that grow from (1/n)^3: L1 gains its 2 - alpha back at every time (Stynes, O'Riordan, Gracia 2017), where equal steps leave 1/2.
TEST(RelaxationMission, AGradedMeshGivesL1ItsOrderAtEveryTime) {
  MissionFolder folder;
  const auto largest = [&](const std::string& mesh, int steps) {
    const MissionReport report = folder.run(fmt::format("[model]\nequation = \"relaxation\"\nalpha = 0.5\nscheme = \"l1\"\n"
                                                        "[time]\nduration = 1\nsteps = {}\n{}[output]\nevery = 1\n", steps, mesh));
    EXPECT_FALSE(report.failed()) << report.cases.front().error;
    return attribute<double>(folder / "out/mission.h5", "/", "largest_error");
  };
  const std::string graded = "mesh = \"graded\"\n";
  EXPECT_NEAR(std::log2(largest(graded, 256) / largest(graded, 512)), 1.5, 0.15);
  EXPECT_EQ(attribute<double>(folder / "out/mission.h5", "/", "grading"), 3);
  EXPECT_NEAR(std::log2(largest("", 256) / largest("", 512)), 0.5, 0.15);
}

// With alpha = 1 the step is y = (1 - exp(-(t - 0.25)))+; beside the formula of the exact companion for any alpha.
TEST(RelaxationMission, TakesAForcingAndKnowsItsExactSolution) {
  MissionFolder folder;
  const std::string text =
      "[model]\nequation = \"relaxation\"\nalpha = 1\nscheme = \"bdf2\"\n[initial]\nvalue = 0\n"
      "[forcing]\nshape = \"step\"\nstart = 0.25\n[time]\ndt = 0.0005\nsteps = 2000\n[output]\nevery = 200\n";
  ASSERT_FALSE(folder.run(text).failed());
  const auto file = folder / "out/mission.h5";
  const auto t = read_dataset(file, "t").values, exact = read_dataset(file, "exact").values, forcing = read_dataset(file, "forcing").values;
  for (std::size_t i = 0; i < t.size(); ++i) {
    EXPECT_NEAR(exact[i], t[i] > 0.25 ? 1 - std::exp(0.25 - t[i]) : 0, 1e-14) << t[i];
    EXPECT_EQ(forcing[i], t[i] > 0.25 ? 1 : 0) << t[i];
  }
  // second order although the force jumps, since it is the mean of both sides there: some dt^2, where a whole step off would be dt / 2
  EXPECT_LT(attribute<double>(file, "/", "largest_error"), 1e-6);
}

TEST(OscillationMission, ReachesTheMittagLefflerFunctionAtSecondOrder) {
  for (const auto& [label, exact] : golden("fractional.json", "R06-fractional-oscillator").items()) {
    if (testing::number_in(label, "t") > 10) continue;
    SCOPED_TRACE(label);
    expect_order(2, std::stod(exact.get<std::string>()), 1024, [label = label](std::int64_t steps) {
      return fmt::format("[model]\nequation = \"oscillation\"\nalpha = {}\n", testing::number_in(label, "alpha")) +
             times(testing::number_in(label, "t"), steps);
    });
  }
}

// The damping makes t^0.4 of the initial velocity, so that y has a power t^2.2: third order asks for it among the starting exponents.
TEST(OscillationMission, WithDampingAndASineReachesItsLaplaceTransform) {
  for (const auto& [time, exact] : golden("driven_equations.json", "oscillation").items()) {
    if (std::stod(time) > 2) continue;  // where third order shows from 3000 steps on only
    SCOPED_TRACE(time);
    expect_order(3, std::stod(exact.get<std::string>()), std::llround(100 * std::stod(time)), [t = std::stod(time)](std::int64_t steps) {
      return "[model]\nequation = \"oscillation\"\nscheme = \"bdf3\"\nalpha = 1.8\nomega = 2\ndamping = 0.4\ndamping_order = 0.6\n"
             "[initial]\nvalue = 1\nvelocity = -0.5\n[forcing]\nshape = \"sine\"\namplitude = 0.5\nomega = 3\nphase = 0.25\n" +
             times(t, steps);
    });
  }
}

TEST(OscillationMission, SweepsTheOrderOfADampingThatMayBeNone) {
  MissionFolder folder;
  const MissionReport report = folder.run("[model]\nequation = \"oscillation\"\n[sweep]\ndamping = [0.0, 0.4]\ndamping_order = [0.5, 1.5]\n" + times(1, 100));
  ASSERT_EQ(report.cases.size(), 4u);
  const auto y = [&](const char* name) { return read_dataset(folder / "out" / name, "y").values.at(1); };
  EXPECT_EQ(y("damping=0,damping_order=0.5.h5"), y("damping=0,damping_order=1.5.h5"));
  EXPECT_NE(y("damping=0.4,damping_order=0.5.h5"), y("damping=0.4,damping_order=1.5.h5"));
  EXPECT_THROW(folder.run("[model]\nequation = \"oscillation\"\ndamping_order = 2.5\n" + times(1, 100)), InputError);
}

TEST(BagleyTorvikMission, ReachesItsLaplaceTransformThroughAPulse) {
  for (const auto& [time, exact] : golden("driven_equations.json", "bagley_torvik").items()) {
    if (std::stod(time) < 1) continue;  // where the error happens to change its sign
    SCOPED_TRACE(time);
    expect_order(2, std::stod(exact.get<std::string>()), 800, [t = std::stod(time)](std::int64_t steps) {
      return "[model]\nequation = \"bagley_torvik\"\ndamping = 0.5\nstiffness = 0.5\n"
             "[forcing]\nshape = \"pulse\"\namplitude = 8\nlength = 1\n" +
             times(t, steps);
    });
  }
}

TEST(MultiTermMission, ReachesTheKnownSolutionOfFiveTerms) {
  for (const auto& [time, exact] : golden("fractional.json", "R08-multiterm").items()) {
    if (std::stod(time) > 10) continue;
    SCOPED_TRACE(time);
    expect_order(3, std::stod(exact.get<std::string>()), std::llround(40 * std::stod(time)), [t = std::stod(time)](std::int64_t steps) {
      return "[model]\nequation = \"multi_term\"\nscheme = \"bdf3\"\norders = [0.5, 1, 2, 2.5, 3]\ncoefficients = [1, 4, 1, 1, 1]\nlinear = 4\n"
             "[initial]\nvalues = [1, 1, -1]\n[forcing]\nshape = \"sine\"\namplitude = 6\nomega = 1\nphase = 1.5707963267948966\n" +
             times(t, steps);
    });
  }
}

/// Lorenz's own equations by the classical method of Runge and Kutta, whose error of fourth order is nothing here.
std::array<double, 3> lorenz(double end, int steps) {
  using State = std::array<double, 3>;
  const auto f = [](const State& v) { return State{10 * (v[1] - v[0]), v[0] * (28 - v[2]) - v[1], v[0] * v[1] - 8.0 / 3 * v[2]}; };
  const auto plus = [](const State& v, double h, const State& k) { return State{v[0] + h * k[0], v[1] + h * k[1], v[2] + h * k[2]}; };
  State v{1, 1, 1};
  const double h = end / steps;
  for (int i = 0; i < steps; ++i) {
    const State a = f(v), b = f(plus(v, h / 2, a)), c = f(plus(v, h / 2, b)), d = f(plus(v, h, c));
    for (std::size_t j = 0; j < 3; ++j) v[j] += h / 6 * (a[j] + 2 * b[j] + 2 * c[j] + d[j]);
  }
  return v;
}

TEST(LorenzMission, IsLorenzsSystemAtOrderOne) {
  MissionFolder folder;
  for (const std::string scheme : {"predictor_corrector", "bdf2", "trapezoidal"}) {
    const MissionReport report = folder.run("[model]\nequation = \"fractional_lorenz\"\nalpha = 1\nscheme = \"" + scheme + "\"\n" +
                                            times(0.5, 4000) + "[output]\nevery = 1000\n");
    ASSERT_FALSE(report.failed()) << report.cases.front().error;
    const auto y = read_dataset(folder / "out/mission.h5", "y");
    ASSERT_EQ(y.shape, (std::vector<hsize_t>{5, 3}));
    const auto exact = lorenz(0.5, 4000);
    // dt^2 = 1.6e-8 times third derivatives up to 1e5 and a growth of some 100 over the time
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(y.values[12 + i], exact[i], 1e-2) << scheme;
  }
  EXPECT_EQ(attribute<std::vector<std::string>>(folder / "out/mission.h5", "/component", "names"), (std::vector<std::string>{"x", "y", "z"}));
  const std::string xdmf = testing::bytes_of(folder / "out/mission.xdmf");
  EXPECT_NE(xdmf.find("Polyline\" NumberOfElements=\"1\" NodesPerElement=\"5\""), std::string::npos) << xdmf;
  EXPECT_NE(xdmf.find("Dimensions=\"5 3\""), std::string::npos) << xdmf;
}

// Grunwald's weights of 3000 steps: FFT blocks of several levels. A sum off by b changes y by at most b n^alpha / Gamma(1+alpha) = 65 b.
TEST(EquationMission, AllHistoriesGiveOneSolution) {
  MissionFolder folder;
  const auto values = [&](const std::string& history) {
    const MissionReport report = folder.run("[model]\nequation = \"relaxation\"\nalpha = 0.5\nscheme = \"grunwald\"\n" + history + times(5, 3000));
    EXPECT_FALSE(report.failed()) << report.cases.front().error;
    return read_dataset(folder / "out/mission.h5", "y").values;
  };
  const auto direct = values("history = \"direct\"\n");
  for (const std::string history : {"fft_blocks", "exponentials", "auto", "short_memory"}) {
    const auto other = values("history = \"" + history + "\"\nhistory_tolerance = 1e-11\n");
    const double bound = attribute<double>(folder / "out/mission.h5", "/", "history_bound");
    ASSERT_EQ(other.size(), direct.size());
    double apart = 0;
    for (std::size_t i = 0; i < direct.size(); ++i) apart = std::max(apart, std::abs(other[i] - direct[i]));
    EXPECT_LE(apart, 65 * (bound + 1e-12)) << history;
    EXPECT_EQ(attribute<std::string>(folder / "out/mission.h5", "/", "history"), history);
    EXPECT_LT(bound, 1e-9) << history;
  }
}

TEST(EquationMission, StartingWeightsComeFromTheCache) {
  MissionFolder folder;
  const std::string text = "[model]\nequation = \"relaxation\"\nalpha = 0.6\nscheme = \"trapezoidal\"\nhistory = \"direct\"\n" + times(1, 1500);
  const MissionReport first = folder.run(text, "a");
  ASSERT_FALSE(first.failed()) << first.cases.front().error;
  ASSERT_EQ(first.cases.front().artifacts.size(), 1u);
  EXPECT_EQ(first.cases.front().artifacts.front().kind, "starting_weights");
  EXPECT_EQ(first.cases.front().artifacts.front().source, "computed");
  folder.set_costs(std::chrono::seconds(1));
  folder.restart();
  const MissionReport second = folder.run(text, "b");
  ASSERT_EQ(second.cases.front().artifacts.size(), 1u);
  EXPECT_EQ(second.cases.front().artifacts.front().source, "disk");
  EXPECT_EQ(testing::bytes_of(folder / "a/mission.h5"), testing::bytes_of(folder / "b/mission.h5"));
  EXPECT_GT(attribute<double>(folder / "a/mission.h5", "/", "starting_digits_lost"), 0);
  // the planned needs are those that are used: the orders of several terms are asked for one by one
  const MissionReport plan = folder.run("[model]\nequation = \"bagley_torvik\"\n" + times(1, 100), "c", {.dry_run = true});
  EXPECT_EQ(plan.cases.front().artifacts.size(), 2u);
}

}  // namespace
}  // namespace almanac
