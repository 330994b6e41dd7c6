// What is wrong with a mission is said before anything is computed: place, field, value, and what is allowed.
#include "mission_run.hpp"

#include <almanac/error.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace almanac {
namespace {

using testing::MissionFolder;

constexpr std::string_view kDiffusion = R"([mission]
name = "test"
[model]
equation = "time_fractional_diffusion"
alpha = 0.8
kappa = 1e-4
space = "spectral"
[domain]
extent = [8, 6]
length = [1.0, 1.0]
boundary = "neumann"
[initial]
profile = "gaussian"
width = 0.1
[time]
dt = 1e-3
steps = 50
[output]
every = 5
)";

constexpr std::string_view kDerivative = R"([model]
equation = "fractional_derivative"
definition = "grunwald"
orders = [0.1, 0.5]
[signal]
file = "signal.csv"
column = "lead"
rate = 360
)";

std::string changed(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const std::size_t at = result.find(from);
  if (at == std::string::npos) throw std::logic_error("the mission has no " + std::string(from));
  return result.replace(at, from.size(), to);
}

class MissionInput : public ::testing::Test {
 protected:
  MissionInput() {
    folder.write("signal.csv", "t,lead\n0,1\n1,2\n2,4\n");
    folder.write("broken.csv", "lead\n1\ntwo\n");
    folder.write("nan.csv", "lead\n1\nnan\n");
    folder.write("ragged.csv", "t,lead\n1,2\n3\n");
    folder.write("text.txt", "this is not HDF5, though long enough to be looked at\n");
    testing::write_dataset(folder / "field.h5", "image", {8, 6}, std::vector<double>(48, 1.0));
    testing::write_dataset(folder / "small.h5", "image", {4, 6}, std::vector<double>(24, 1.0));
    std::vector<double> holes(48, 1.0);
    holes[13] = NAN;
    testing::write_dataset(folder / "holes.h5", "image", {8, 6}, holes);
  }

  /// What is said about a mission; "" where nothing is wrong.
  std::string complaint(const std::string& text) {
    try {
      Mission::load(folder.write("m.toml", text));
      return "";
    } catch (const InputError& error) {
      return error.what();
    }
  }

  /// The message begins with the mission's line and holds every part.
  void expect(const std::string& text, int line, std::initializer_list<std::string_view> parts) {
    const std::string message = complaint(text);
    EXPECT_EQ(message.find((folder / "m.toml").string() + (line > 0 ? ":" + std::to_string(line) + ": " : ":")), 0u) << message;
    for (std::string_view part : parts) EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  void expect_change(std::string_view from, std::string_view to, int line, std::initializer_list<std::string_view> parts) {
    SCOPED_TRACE(to);
    expect(changed(kDiffusion, from, to), line, parts);
  }
  void expect_signal(std::string_view from, std::string_view to, int line, std::initializer_list<std::string_view> parts) {
    SCOPED_TRACE(to);
    expect(changed(kDerivative, from, to), line, parts);
  }
  void expect_initial(std::string_view initial, int line, std::initializer_list<std::string_view> parts) {
    expect_change("profile = \"gaussian\"\nwidth = 0.1", initial, line, parts);
  }

  MissionFolder folder;
};

TEST_F(MissionInput, AcceptsTheMissionsTheOthersAreChangesOf) {
  EXPECT_EQ(complaint(std::string(kDiffusion)), "");
  EXPECT_EQ(complaint(std::string(kDerivative)), "");
}

TEST_F(MissionInput, AcceptsTheMissionsThatComeWithIt) {
  for (const char* name : {"photograph", "heartbeat", "ripple", "inclusion"}) {
    EXPECT_NO_THROW(Mission::load(std::string(ALMANAC_DATA_FOLDER "/missions/") + name + ".toml")) << name;
  }
}

TEST_F(MissionInput, NamesTheLineOfWhatIsNoToml) { expect_change("dt = 1e-3", "dt = = 1", 16, {}); }

TEST_F(MissionInput, AFileThatIsNotThereAndAFolderAreBadInput) {
  EXPECT_THROW(Mission::load(folder / "nowhere.toml"), InputError);
  EXPECT_THROW(Mission::load(folder / "."), InputError);
}

TEST_F(MissionInput, RefusesTyposAndNamesTheNearestWord) {
  expect_change("alpha = 0.8", "alpah = 0.8", 3, {"[model] alpha is missing", "line 5 has alpah"});
  expect_change("space = \"spectral\"", "spcae = 2", 7, {"[model] spcae = 2", "did you mean space?"});
  expect_change("[domain]", "[domian]", 0, {"[domain] extent is missing", "line 8 has domian"});
  expect_change("[output]", "[outputs]", 18, {"[outputs]", "did you mean output?"});
  expect_change("every = 5", "evry = 5", 19, {"evry = 5", "did you mean every?"});
  expect_change("name = \"test\"", "nam = \"test\"", 2, {"nam = \"test\"", "did you mean name?"});
  expect_change("equation = \"time_fractional_diffusion\"", "equation = \"diffusion\"", 4,
                {"[model] equation = \"diffusion\"", "time_fractional_diffusion", "fractional_derivative"});
  expect_change("width = 0.1", "width = 0.1\nmode = 3", 15, {"[initial] mode = 3"});
}

TEST_F(MissionInput, RefusesValuesOfTheWrongType) {
  expect_change("alpha = 0.8", "alpha = \"much\"", 5, {"[model] alpha = \"much\"", "lie in (0, 2]"});
  expect_change("alpha = 0.8", "alpha = true", 5, {"alpha = true"});
  expect_change("alpha = 0.8", "alpha = [0.5]", 5, {"alpha = [0.5]"});
  expect_change("steps = 50", "steps = 50.0", 17, {"[time] steps = 50", "whole number"});
  expect_change("extent = [8, 6]", "extent = \"8x6\"", 9, {"[domain] extent = \"8x6\""});
  expect_change("boundary = \"neumann\"", "boundary = 3", 11, {"[domain] boundary = 3", "periodic, dirichlet, neumann"});
  expect_change("name = \"test\"", "name = 3", 2, {"[mission] name = 3"});
  expect_change("[time]\ndt = 1e-3\nsteps = 50", "time = 3", 0, {"time"});
  expect("model = 3\n", 1, {"model = 3", "[model]"});
}

TEST_F(MissionInput, RefusesValuesOutsideTheirRange) {
  for (const char* alpha : {"0", "-0.5", "2.1", "nan", "inf"}) {
    expect_change("alpha = 0.8", std::string("alpha = ") + alpha, 5, {"[model] alpha = ", "lie in (0, 2]"});
  }
  for (const char* dt : {"0.0", "-1e-3", "nan", "inf"}) expect_change("dt = 1e-3", std::string("dt = ") + dt, 16, {"[time] dt = ", "[1e-100, 1e+100]"});
  expect_change("dt = 1e-3", "dt = 1e308", 16, {"[time] dt", "[1e-100, 1e+100]"});
  expect(changed(changed(kDiffusion, "alpha = 0.8", "alpha = 2"), "dt = 1e-3", "dt = 1e-90"), 16, {"[time] dt", "dt^-2 = 1e+180"});
  expect_change("kappa = 1e-4", "kappa = -1", 6, {"[model] kappa = -1", "[0, 1e+100]"});
  expect_change("kappa = 1e-4", "kappa = 1e308", 6, {"kappa", "[0, 1e+100]"});
  expect_change("steps = 50", "steps = 0", 17, {"[time] steps = 0", "[1, "});
  expect_change("steps = 50", "steps = 1000000000000", 17, {"[time] steps = 1000000000000"});
  expect_change("every = 5", "every = 0", 19, {"[output] every = 0"});
  expect_change("length = [1.0, 1.0]", "length = [1.0, 0.0]", 10, {"[domain] length = [1, 0]"});
  expect_change("length = [1.0, 1.0]", "length = [1.0, 1.0, 1.0]", 10, {"[domain] length", "one an axis"});
  expect_change("boundary = \"neumann\"", "boundary = \"open\"", 11, {"\"open\"", "periodic, dirichlet, neumann"});
  expect_change("space = \"spectral\"", "space = 3", 7, {"[model] space = 3", "spectral, 2, 4, 6"});
  expect_change("space = \"spectral\"", "scheme = \"l7\"", 7, {"[model] scheme = \"l7\"", "grunwald"});
  expect_change("every = 5", "colormap = \"jet\"", 19, {"[output] colormap = \"jet\"", "gray"});
  expect_change("[output]", "[fft]\nthreads = 0\n[output]", 19, {"[fft] threads = 0"});
  expect_change("[output]", "[fft]\nrigor = \"some\"\n[output]", 19, {"[fft] rigor = \"some\"", "estimate, measure, patient, exhaustive, adaptive"});
  expect_change("[output]", "[cache]\ntags = [\".hidden\"]\n[output]", 19, {"[cache] tags", "dot"});
}

TEST_F(MissionInput, RefusesExtentsThatOverflowOrDoNotFitMemory) {
  expect_change("extent = [8, 6]", "extent = [0, 6]", 9, {"[domain] extent = [0, 6]"});
  expect_change("extent = [8, 6]", "extent = []", 9, {"[domain] extent = []"});
  expect_change("extent = [8, 6]", "extent = [2, 2, 2, 2]", 9, {"1 to 3 axes"});
  expect_change("extent = [8, 6]", "extent = [1099511627776, 1099511627776]", 9, {"2^40"});
  expect_change("extent = [8, 6]", "extent = [9223372036854775807, 3]", 9, {"[domain] extent"});
  expect_change("extent = [8, 6]", "extent = [1000000, 1000000]", 9, {"[domain] extent = [1000000, 1000000]", "memory"});
  expect_change("extent = [8, 6]", "extent = [4096, 65536]\nunits = \"m\"", 9, {"a case needs", "of memory, this machine has"});
}

TEST_F(MissionInput, FiniteDifferencesWantEnoughPoints) {
  expect_change("space = \"spectral\"", "space = 6", 9, {"[domain] extent = [8, 6]", "at least 7 points"});
}

TEST_F(MissionInput, SaysWhatAProfileMisses) {
  expect_initial("width = 0.1", 12, {"[initial] profile is missing", "gaussian, sine, random, hdf5"});
  expect_initial("profile = \"bump\"", 13, {"[initial] profile = \"bump\""});
  expect_initial("profile = \"gaussian\"", 12, {"[initial] width is missing"});
  expect_initial("profile = \"gaussian\"\nwidth = 0", 14, {"[initial] width = 0"});
  expect_initial("profile = \"gaussian\"\nwidth = 1\ncentre = [1, 2, 3]", 15, {"[initial] centre", "one an axis"});
  expect_initial("profile = \"sine\"\nmode = [1, 6]", 14, {"[initial] mode = [1, 6]", "axis 1", "neumann", "[0, 5]"});
  expect_initial("profile = \"random\"\nseed = -1", 14, {"[initial] seed = -1"});
  expect_initial("profile = \"random\"\nsmoothness = -1", 14, {"[initial] smoothness = -1"});
}

TEST_F(MissionInput, SaysWhatIsWrongWithAnHdf5Field) {
  const auto hdf5 = [](std::string_view file, std::string_view dataset) {
    return "profile = \"hdf5\"\nfile = \"" + std::string(file) + "\"\ndataset = \"" + std::string(dataset) + "\"";
  };
  expect_initial(hdf5("nowhere.h5", "image"), 14, {"[initial] file = \"nowhere.h5\"", "No such file"});
  expect_initial(hdf5("text.txt", "image"), 14, {"[initial] file = \"text.txt\"", "not an HDF5 file"});
  expect_initial(hdf5(".", "image"), 14, {"[initial] file"});
  expect_initial(hdf5("field.h5", "picture"), 15, {"[initial] dataset = \"picture\"", "no dataset"});
  expect_initial(hdf5("small.h5", "image"), 15, {"[initial] dataset = \"image\"", "4x6", "8x6"});
  expect_initial(hdf5("holes.h5", "image"), 15, {"[initial] dataset = \"image\"", "nan", "(2, 1)", "finite"});
  expect_initial("profile = \"hdf5\"\ndataset = \"image\"", 12, {"[initial] file is missing"});
  EXPECT_EQ(complaint(changed(kDiffusion, "profile = \"gaussian\"\nwidth = 0.1", hdf5("field.h5", "image"))), "");
}

TEST_F(MissionInput, AnInitialVelocityWantsAlphaAboveOne) {
  const std::string velocity = "width = 0.1\n[initial.velocity]\nprofile = \"sine\"";
  expect_change("width = 0.1", velocity, 15, {"[initial] velocity", "alpha above 1", "alpha = 0.8"});
  EXPECT_EQ(complaint(changed(changed(kDiffusion, "width = 0.1", velocity), "alpha = 0.8", "alpha = 1.2")), "");
  expect_change("width = 0.1", velocity + "\n[sweep]\nalpha = [1.5, 1.0]", 15, {"alpha = 1"});
}

TEST_F(MissionInput, RefusesSweepsOfWhatCannotBeSwept) {
  const auto sweep = [&](std::string_view field, int line, std::initializer_list<std::string_view> parts) {
    expect_change("[output]", "[sweep]\n" + std::string(field) + "\n[output]", line, parts);
  };
  sweep("alhpa = [0.5, 0.8]", 19, {"[sweep] alhpa", "did you mean alpha?"});
  sweep("width = [0.5, 0.8]", 19, {"[sweep] width", "alpha, "});
  sweep("alpha = 0.5", 19, {"[sweep] alpha = 0.5", "list"});
  sweep("alpha = []", 19, {"[sweep] alpha = []"});
  sweep("alpha = [0.5, 0.5]", 19, {"[sweep] alpha = 0.5", "only once"});
  sweep("alpha = [0.5, 3.0]", 19, {"[sweep] alpha = 3", "lie in (0, 2]"});
  sweep("alpha = [0.5, [1]]", 19, {"[sweep] alpha"});
  sweep("space = [\"../../x\"]", 19, {"[sweep] space"});
  sweep("dt = [1e-3, 0.0]", 19, {"[sweep] dt = 0", "[1e-100, 1e+100]"});
}

TEST_F(MissionInput, SaysWhatIsWrongWithASignal) {
  expect_signal("signal.csv", "nowhere.csv", 6, {"[signal] file = \"nowhere.csv\"", "No such file"});
  expect_signal("column = \"lead\"", "column = \"led\"", 7, {"[signal] column = \"led\"", "t, lead"});
  expect_signal("column = \"lead\"", "column = 2", 7, {"[signal] column = 2"});
  expect_signal("column = \"lead\"", "column = 0.5", 7, {"[signal] column = 0.5"});
  expect_signal("column = \"lead\"\n", "", 6, {"[signal] file", "2 columns"});
  expect_signal("signal.csv", "broken.csv", 7, {"broken.csv:3", "\"two\" is not a finite number"});
  expect_signal("signal.csv", "nan.csv", 7, {"nan.csv:3"});
  expect_signal("signal.csv", "ragged.csv", 7, {"ragged.csv:3", "1 cells"});
  expect_signal("column = \"lead\"", "dataset = \"lead\"", 6, {"not an HDF5 file"});
  expect_signal("file = \"signal.csv\"\ncolumn = \"lead\"", "file = \"field.h5\"\ndataset = \"image\"", 7, {"one axis", "8x6"});
  expect_signal("rate = 360\n", "", 5, {"[signal] dt", "sampling_hz"});
  expect_signal("rate = 360", "rate = 0", 8, {"[signal] rate = 0"});
  expect_signal("rate = 360", "rate = 360\ndt = 0.1", 8, {"either dt or rate"});
  expect_signal("orders = [0.1, 0.5]", "orders = []", 4, {"[model] orders = []"});
  expect_signal("orders = [0.1, 0.5]", "orders = [0.1, 9.0]", 4, {"[model] orders = 9", "lie in [-2, 4]"});
  expect_signal("orders = [0.1, 0.5]\n", "", 1, {"[model] order is missing"});
  expect_signal("definition = \"grunwald\"", "definition = \"riesz\"", 3, {"[model] definition = \"riesz\"", "grunwald"});
  expect_signal("[signal]", "[domain]\nextent = 3\n[signal]", 5, {"[domain] is not a table this mission has"});
}

TEST_F(MissionInput, MoreJobsThanMemoryAreRefused) {
  const auto mission = Mission::load(folder.write("m.toml", changed(kDiffusion, "extent = [8, 6]", "extent = [2048, 2048]") + "[sweep]\nalpha = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]\nkappa = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]\ndt = [0.1, 0.2, 0.3, 0.4]\n"));
  EXPECT_THROW(mission.run(folder.engine(), {.output = folder / "out", .jobs = 324}), InputError);
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace
}  // namespace almanac
