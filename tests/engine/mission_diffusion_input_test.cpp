// What is wrong with a time_fractional_diffusion beyond its plain fields: schemes, histories, meshes, sources, sides, kappa(x).
#include "mission_run.hpp"

#include <almanac/error.hpp>

#include <gtest/gtest.h>

namespace almanac {
namespace {

using testing::MissionFolder;

class DiffusionInput : public ::testing::Test {
 protected:
  /// A mission of these lines in its tables; alpha stands in line 3, [model] lines follow in 4 and on.
  static std::string mission(const std::string& model, const std::string& domain = "", const std::string& time = "dt = 1e-3\nsteps = 20\n",
                             const std::string& more = "", const std::string& alpha = "0.8") {
    return "[model]\nequation = \"time_fractional_diffusion\"\nalpha = " + alpha + "\n" + model + "[domain]\n" +
           (domain.empty() ? "extent = [8, 6]\nboundary = \"neumann\"\n" : domain) + "[time]\n" + time + "[initial]\nprofile = \"random\"\n" + more;
  }

  std::string complaint(const std::string& text) {
    try {
      Mission::load(folder.write("m.toml", text));
      return "";
    } catch (const InputError& error) {
      return error.what();
    }
  }
  /// The message names the line that begins with `at`, and holds every part.
  void expect(const std::string& text, const std::string& at, std::initializer_list<std::string_view> parts) {
    const std::size_t place = ("\n" + text).find("\n" + at);
    ASSERT_NE(place, std::string::npos) << at;
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), '\n');
    const std::string message = complaint(text);
    EXPECT_EQ(message.find((folder / "m.toml").string() + ":" + std::to_string(line) + ": "), 0u) << message << "\nnot at line " << line;
    for (const std::string_view part : parts) EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
  }

  MissionFolder folder;
};

const std::string kKappa = "kappa = 1\n";
const std::string kBall = "[model.kappa]\nprofile = \"ball\"\nbackground = 1\nvalue = 2\nradius = 0.1\n";

TEST_F(DiffusionInput, AcceptsWhatTheOthersAreChangesOf) {
  EXPECT_EQ(complaint(mission(kKappa)), "");
  EXPECT_EQ(complaint(mission(kBall)), "");
}

TEST_F(DiffusionInput, SchemesHaveTheirOrders) {
  expect(mission(kKappa + "scheme = \"bdf7\"\n"), "scheme", {"[model] scheme = \"bdf7\"", "grunwald", "predictor_corrector"});
  expect(mission(kKappa + "scheme = \"l1_2\"\n", "", "dt = 1e-3\nsteps = 20\n", "", "1.2"), "alpha", {"[model] alpha = 1.2", "(0, 1)", "l1_2"});
  expect(mission(kKappa + "scheme = \"l1\"\nstart = \"initial\"\n"), "start", {"belongs to bdf2 … bdf6"});
  expect(mission(kKappa + "scheme = \"bdf2\"\ncorrections = 2\n"), "corrections", {"belongs to predictor_corrector"});
}

TEST_F(DiffusionInput, HistoriesHaveTheirTermsAndSchemes) {
  expect(mission(kKappa + "history = \"long\"\n"), "history", {"auto, direct, fft_blocks, exponentials, short_memory"});
  expect(mission(kKappa + "history_tolerance = 1e-17\n"), "history_tolerance", {"[1e-15, 1]"});
  expect(mission(kKappa + "history_terms = 5\n"), "history_terms", {"belongs to short_memory"});
  expect(mission(kKappa + "history = \"exponentials\"\nscheme = \"bdf2\"\n"), "history", {"grunwald", "fft_blocks"});
}

TEST_F(DiffusionInput, MeshesHaveTheirSchemes) {
  const std::string graded = "mesh = \"graded\"\nduration = 1\nsteps = 20\n";
  EXPECT_EQ(complaint(mission(kKappa + "scheme = \"l1\"\n", "", graded)), "");
  expect(mission(kKappa, "", graded), "mesh", {"[time] mesh", "grunwald are equal", "l1"});
  expect(mission(kKappa + "scheme = \"l1\"\n", "", graded + "grading = 0.5\n"), "grading", {"[1, 100]"});
  expect(mission(kKappa + "scheme = \"l1\"\nhistory = \"direct\"\n", "", graded), "history", {"graded mesh"});
  expect(mission(kKappa, "", "dt = 1\nsteps = 2\ngrading = 2\n"), "grading", {"graded"});
}

TEST_F(DiffusionInput, StepsThatAnExplicitSchemeCannotTakeAreRefused) {
  EXPECT_EQ(complaint(mission("kappa = 1e-4\nscheme = \"rectangle_explicit\"\n")), "");
  for (const std::string scheme : {"rectangle_explicit", "predictor_corrector"}) {
    expect(mission(kKappa + "scheme = \"" + scheme + "\"\n"), "dt", {"[time] dt", scheme, "not stable", "grunwald"});
    expect(mission(kBall + "", "", "dt = 1e-3\nsteps = 20\n").replace(8, 0, "scheme = \"" + scheme + "\"\n"), "dt", {"not stable"});
  }
  // bdf6 is not A-stable: above one, rates between its steps grow
  expect(mission(kKappa + "scheme = \"bdf6\"\n", "", "dt = 0.1\nsteps = 400\n", "", "1.7"), "dt", {"bdf6", "not stable"});
  EXPECT_EQ(complaint(mission(kKappa + "scheme = \"bdf2\"\n", "", "dt = 0.1\nsteps = 400\n", "", "1.7")), "");
}

// exp(w^4 / 4) a step is what bdf3 makes of a mode of alpha = 2 and w = sqrt(rate) dt; of rates up to 23 and dt = 0.0237, w = 0.11: 3.8e-5.
TEST_F(DiffusionInput, GrowthThatTakesManyStepsIsRefusedAndTheLongestStepsAreNamed) {
  const auto steps = [](const std::string& time, const std::string& scheme = "bdf3") {
    return mission("kappa = 0.25\nscheme = \"" + scheme + "\"\n", "extent = 3\nboundary = \"dirichlet\"\n", time, "", "2.0");
  };
  EXPECT_EQ(complaint(steps("dt = 0.0237\nsteps = 2000\n")), "");
  expect(steps("dt = 0.0237\nsteps = 150000\n"), "dt", {"[time] dt = 0.0237: bdf3 is not stable", "2-fold in 150000", "must be at most 0.01"});
  expect(steps("duration = 3555\nsteps = 150000\n"), "duration", {"[time] duration = 3555: bdf3 is not stable", "must be at most "});
  EXPECT_EQ(complaint(steps("dt = 0.01\nsteps = 150000\n")), "");
  EXPECT_EQ(complaint(steps("dt = 0.0237\nsteps = 150000\n", "bdf2")), "");
  EXPECT_EQ(complaint(mission("kappa = 100\nscheme = \"bdf3\"\n", "", "dt = 0.1\nsteps = 150000\n", "", "1.9")), "");
}

TEST_F(DiffusionInput, GradedMeshesOfManyStepsAreJudgedByTheirLongest) {
  const auto graded = [](const std::string& kappa, const std::string& duration) {
    return mission("kappa = " + kappa + "\nscheme = \"rectangle_explicit\"\n", "", "mesh = \"graded\"\ngrading = 2\nsteps = 5000\nduration = " + duration + "\n");
  };
  EXPECT_EQ(complaint(graded("1e-4", "1")), "");
  expect(graded("1", "100"), "duration", {"[time] duration = 100: rectangle_explicit is not stable", "must be at most "});
}

TEST_F(DiffusionInput, ExtremeValuesAreRefusedWhereTheyStand) {
  const std::string lengths = "extent = [8, 6]\nlength = 1e-60\nboundary = \"neumann\"\n";
  expect(mission("kappa = 1e150\n"), "kappa", {"[model] kappa = 1e150", "[0, 1e+100]"});
  expect(mission("kappa = 1\n", lengths), "kappa", {"[model] kappa = 1", "largest eigenvalue", "at most 1e+100"});
  expect(mission("kappa = 1e90\n", "", "dt = 1e20\nsteps = 20\n"), "dt", {"[time] dt = 1e20", "largest eigenvalue", "step^alpha", "at most 1e+100"});
  expect(mission(kKappa, "", "dt = 1e-90\nsteps = 20\n", "", "2.0"), "dt", {"[time] dt = 1e-90", "dt^-2", "[1e-100, 1e+100]"});
  expect(mission("scheme = \"l1\"\nkappa = 1e-4\n", "", "mesh = \"graded\"\ngrading = 100\nduration = 1\nsteps = 100\n"), "duration",
         {"(first step)^-alpha", "[1e-100, 1e+100]"});
  expect(mission(kKappa, "", "dt = 1e-3\nsteps = 20\n", "amplitude = 1e150\n"), "amplitude", {"[initial] amplitude = 1e150", "[-1e+100, 1e+100]"});
  expect(mission(kKappa, "", "dt = 1e3\nsteps = 20\n", "[source]\nprofile = \"sine\"\ntime = \"power\"\nexponent = 50\n"), "exponent",
         {"[source] exponent = 50", "at the last time", "at most 1e+100"});
  testing::write_dataset(folder / "huge.h5", "u", {8, 6}, std::vector<double>(48, 1e200));
  expect(mission(kKappa, "", "dt = 1e-3\nsteps = 20\n", "[source]\nprofile = \"hdf5\"\nfile = \"huge.h5\"\ndataset = \"u\"\n"), "dataset",
         {"[source] dataset = \"u\"", "1e+200", "[-1e+100, 1e+100]"});
}

TEST_F(DiffusionInput, ATableOfSidesWithoutDataLeavesSpaceAsItIs) {
  EXPECT_EQ(complaint(mission("kappa = 1\nspace = \"spectral\"\n", "", "dt = 1e-3\nsteps = 20\n", "[boundary]\n")), "");
  EXPECT_EQ(complaint(mission("kappa = 0\n", "", "dt = 1e-3\nsteps = 20\n", "[boundary]\n")), "");
}

TEST_F(DiffusionInput, SourcesAreAProfileAndAFactorOfTime) {
  const auto source = [](const std::string& lines) { return mission(kKappa, "", "dt = 1e-3\nsteps = 20\n", "[source]\n" + lines); };
  EXPECT_EQ(complaint(source("profile = \"gaussian\"\nwidth = 0.1\ntime = \"pulse\"\nend = 0.1\n")), "");
  expect(source("time = \"constant\"\n"), "[source]", {"[source] profile is missing"});
  expect(source("profile = \"sine\"\ntime = \"sometimes\"\n"), "time", {"constant, exponential, sine, power, pulse"});
  expect(source("profile = \"sine\"\ntime = \"exponential\"\nrate = -1\n"), "rate", {"[source] rate = -1", "[0, 1e+100]"});
  expect(source("profile = \"sine\"\ntime = \"sine\"\nfrequency = 0\n"), "frequency", {"[1e-100, 1e+100]"});
  expect(source("profile = \"sine\"\ntime = \"power\"\nexponent = -0.5\n"), "exponent", {"[0, 100]"});
  expect(source("profile = \"sine\"\ntime = \"pulse\"\nstart = 2\nend = 2\n"), "end", {"[source] end = 2", "(2, 1e+100]"});
  expect(source("profile = \"sine\"\nrate = 1\n"), "rate", {"[source] rate = 1", "no such field"});
}

TEST_F(DiffusionInput, SidesHaveDataWhereTheyAreSides) {
  const auto sides = [](const std::string& lines, const std::string& model = kKappa) {
    return mission(model, "extent = [8, 6]\nboundary = [\"periodic\", \"neumann\"]\n", "dt = 1e-3\nsteps = 20\n", "[boundary]\n" + lines);
  };
  EXPECT_EQ(complaint(sides("upper = [0.0, 1.0]\n")), "");
  expect(sides("upper = 1\n"), "upper", {"[boundary] upper = 1", "axis 0 is periodic"});
  expect(sides("upper = [0.0, 1.0, 2.0]\n"), "upper", {"one an axis"});
  expect(sides("lower = [0.0, inf]\n"), "lower", {"[-1e+100, 1e+100]"});
  expect(sides("upper = [0.0, 1.0]\n", "kappa = 1\nspace = \"spectral\"\n"), "space", {"[model] space", "2 where [boundary]"});
  expect(sides("upper = [0.0, 1.0]\n", "kappa = 0\n"), "kappa", {"[model] kappa = 0", "1e-100"});
}

TEST_F(DiffusionInput, AVaryingKappaIsPositiveAndOfTheDomainsShape) {
  const auto kappa = [](const std::string& lines) { return mission("[model.kappa]\n" + lines); };
  expect(kappa("profile = \"gaussian\"\n"), "profile", {"ball, layers, hdf5"});
  expect(kappa("profile = \"ball\"\nbackground = 0\nvalue = 1\nradius = 1\n"), "background", {"[model.kappa] background = 0", "1e-100"});
  expect(kappa("profile = \"ball\"\nbackground = 1\nvalue = 1\nradius = 0\n"), "radius", {"[1e-100, 1e+100]"});
  expect(kappa("profile = \"layers\"\naxis = 2\nat = 0.5\nvalues = [1.0, 2.0]\n"), "axis", {"[0, 1]"});
  expect(kappa("profile = \"layers\"\nat = [0.5, 0.5]\nvalues = [1.0, 2.0, 3.0]\n"), "at", {"increasing"});
  expect(kappa("profile = \"layers\"\nat = [0.5]\nvalues = [1.0]\n"), "values", {"be 2"});
  expect(mission("solve_tolerance = 1e-16\n" + kBall), "solve_tolerance", {"[1e-14, 0.01]"});
  expect(mission(kKappa + "solve_tolerance = 1e-10\n"), "solve_tolerance", {"kappa that varies"});
  expect(mission("space = 4\n" + kBall), "space", {"2 where kappa varies"});
  std::vector<double> holes(48, 1.0);
  holes[13] = -2;
  testing::write_dataset(folder / "kappa.h5", "kappa", {8, 6}, holes);
  expect(kappa("profile = \"hdf5\"\nfile = \"kappa.h5\"\ndataset = \"kappa\"\n"), "dataset", {"at (2, 1) it is -2", "[1e-100, 1e+100]"});
  testing::write_dataset(folder / "small.h5", "kappa", {4, 6}, std::vector<double>(24, 1.0));
  expect(kappa("profile = \"hdf5\"\nfile = \"small.h5\"\ndataset = \"kappa\"\n"), "dataset", {"4x6", "8x6"});
}

TEST_F(DiffusionInput, APastThatDoesNotFitSaysHowMuchItIsAndWhatToChoose) {
  const std::string domain = "extent = [512, 512]\nboundary = \"neumann\"\n", time = "dt = 1e-3\nsteps = 2000000\n";
  const std::string direct = "history = \"direct\"\n";
  expect(mission(direct + kBall, domain, time), "history", {"[model] history", "does not fit", "bytes for a history by direct", "exponentials"});
  const std::string l1 = mission("scheme = \"l1\"\n" + direct + kBall, domain, time);
  expect(l1, "history", {"does not fit", "bytes", "scheme = grunwald"});
  EXPECT_EQ(complaint(mission(kBall, domain, time)), "");  // exponentials
  expect(mission("scheme = \"l1\"\n" + kBall, domain, "mesh = \"graded\"\nduration = 1\nsteps = 200000\n"), "mesh", {"memory"});
}

}  // namespace
}  // namespace almanac
